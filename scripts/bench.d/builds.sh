# shellcheck shell=bash disable=SC2034,SC2154 # root, work: scripts/bench and scripts/setup set them; others read the rest
# Builds of the derivations of builds.nix in the sandbox, through the daemon in `directory`.
trap 'stop_daemon; rm -rf "$work"' EXIT

# begin_crate NAME [VERSION]: begins with a program of crates.io, of the version that is measured here where none is given.
begin_crate() {
    local version=${2-} crate crates
    case $1 in
        ripgrep) version=${version:-15.2.0} ;;
        bat) version=${version:-0.26.1} ;;
    esac
    [[ -n $version ]] || fail "which version of $1? ripgrep and bat alone have one by default"
    crate=$(need_crate "$1" "$version")
    crates=$(need_vendored "$crate/Cargo.lock")
    begin_program "$crate" "$crates"
}

# begin_program SOURCE VENDORED: says what is built from now on, and makes `directory`, with `reports` in it, which are
# /reports in the sandbox.
begin_program() {
    name=${1##*/} source=$1 vendored=$2 directory=$work/${1##*/}
    mkdir -p "$directory/reports" "$directory/socket"
    # Build users read and write in them.
    chmod 755 "$work" "$directory"
    chmod 1777 "$directory/reports"
}

# realise JOBS DERIVATION… [OPTION…]
realise() {
    nix-store --realise --max-jobs "$@" --option extra-sandbox-paths "/run/nix-sccache=$directory/socket /reports=$directory/reports" \
        >/dev/null 2>"$directory/log" || fail "$name: the build failed: $(tail -n 50 "$directory/log")"
}

# instantiate ATTRIBUTE: of builds.nix, as a build that no other is; leaves its path in `derivation`.
run=0
instantiate() {
    run=$((run + 1))
    derivation=$(nix-instantiate --option plugin-files "$root/target/release/libnix_sccache.so" "$root/scripts/bench.d/builds.nix" \
        --attr "$1" --argstr name "$name" --argstr source "$source" --argstr vendored "$vendored" \
        --argstr run "${work##*/}-$run" --argstr rust "$stored_rust" 2>"$directory/log") || fail "$name: $(cat "$directory/log")"
}

# instantiate_with_inputs ATTRIBUTE: and builds what it is built of, which is not to be timed.
instantiate_with_inputs() {
    instantiate inputs
    realise 1 "$derivation"
    instantiate "$1"
}

# median: of the numbers on standard input.
median() {
    sort --general-numeric-sort | awk '{ value[NR] = $1 } END { print (value[int((NR + 1) / 2)] + value[int(NR / 2) + 1]) / 2 }'
}
