# shellcheck shell=bash
# Calls and builds through the cache of a checkout, with what comes of each, for the scripts of bug reports and for
# trying things out. Any script or shell sources it, wherever it is, after scripts/build:
#
#     source scripts/lib/cases.sh
#     lay_out; start_daemon                          # the shim below $T, and a daemon with an empty cache
#     nsr one "$SC" gcc -c a.c -o a.o                # a call in a session; $T/one.log, .json, .out and .err
#     num one hits                                   # a number of the report
#     nb two make.nix && grep hits "$T/two.log"      # a derivation: { pkgs, lib, add, run }: pkgs.stdenv.mkDerivation (add { … })
#     stop_daemon; rm -rf "$T"
#
# WORK is the checkout, by default the one of this file; T the directory of all this, by default a new one.
: "${WORK:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
if [[ -z ${T-} ]]; then
    T=$(mktemp -d "${TMPDIR:-/tmp}/nix-sccache-XXXXXX")
    # Build users read in it.
    chmod 755 "$T"
fi
[[ -n ${NIX_SCCACHE_TEST_SCCACHE-} && -n ${NIX_CONF_DIR-} ]] || eval "$("$WORK/scripts/setup" sandbox)"
# shellcheck source=scripts/lib/say.sh
source "$WORK/scripts/lib/say.sh"
# shellcheck source=scripts/lib/daemon.sh
source "$WORK/scripts/lib/daemon.sh"

# What stands in front of a compiler: "$SC" gcc …
SC=$T/shim/bin/sccache

# lay_out: the shim in $T/shim, as its package is, and the tool beside it.
lay_out() {
    mkdir -p "$T/shim/bin" "$T/shim/libexec/nix-sccache"
    cp "$WORK"/target/release/{nix-sccache,nix-sccache-shim} "$T/shim/bin"
    cp "$WORK/target/release/libnix_sccache_trace.so" "$T/shim/libexec/nix-sccache"
    local link
    for link in bin/sccache libexec/nix-sccache/rustc libexec/nix-sccache/cargo; do
        ln -sf "$T/shim/bin/nix-sccache-shim" "$T/shim/$link"
    done
}

# start_daemon [VARIABLE=VALUE…]: with further settings.
start_daemon() {
    start_daemon_in "$T" "$@"
}

# nsr NAME COMMAND…: runs it in a session; leaves a line a call in $T/NAME.log, the report in $T/NAME.json, and what it
# printed in $T/NAME.out and $T/NAME.err. Numbers are those of libraries and C: what is linked passes by, unless
# NIX_SCCACHE_LINKS says otherwise.
nsr() {
    local name=$1
    shift
    env NIX_SCCACHE_SCCACHE="$NIX_SCCACHE_TEST_SCCACHE" NIX_SCCACHE_TRANSPORT=server \
        NIX_SCCACHE_LINKS="${NIX_SCCACHE_LINKS-never}" SCCACHE_IGNORE_SERVER_IO_ERROR=1 RUSTC_WRAPPER="$SC" CARGO_INCREMENTAL=0 \
        SCCACHE_SERVER_UDS="$T/socket/sccache.sock" SCCACHE_CLIENT_SIDE=true \
        "$T/shim/bin/nix-sccache" run --log "$T/$name.log" --report "$T/$name.json" -- "$@" >"$T/$name.out" 2>"$T/$name.err"
}

# num NAME FIELD: prints a number of the report of a session.
num() {
    python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$T/$1.json" "$2"
}

# nb NAME FILE [OPTION…]: builds the derivation of scripts/lib/cases.nix in the sandbox, through the daemon or, with PLAIN=1,
# without the cache; prints its output, and leaves its log in $T/NAME.log.
nb() {
    local name=$1 file=$2 cached=()
    shift 2
    [[ -z ${PLAIN-} ]] || cached=(--arg cached false)
    mkdir -p "$T/reports"
    chmod 1777 "$T/reports"
    nix-build --option plugin-files "$WORK/target/release/libnix_sccache.so" "$WORK/scripts/lib/cases.nix" \
        --no-out-link --argstr make "$(realpath "$file")" --argstr run "$(date +%s%N)" "${cached[@]}" \
        --option extra-sandbox-paths "/run/nix-sccache=$T/socket /reports=$T/reports" "$@" 2>"$T/$name.log"
}
