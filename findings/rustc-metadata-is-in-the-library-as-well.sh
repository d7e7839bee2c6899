#!/usr/bin/env bash
# A library of rustc's holds its own metadata file, byte for byte; metadata alone is another.
#
# Expected: with `--emit=metadata,link`, as cargo has it, `libNAME.rmeta` and `libNAME.rlib` are two files of two contents.
# Seen, with rustc 1.95.0: the whole .rmeta lies in the .rlib, uncompressed, as a part of its member lib.rmeta. But the .rmeta that
# `--emit=metadata` makes (`cargo check`) of the same source is not that of `--emit=metadata,link`.
#
# Why it matters: a cache that stores both has the metadata twice, which of a release build's libraries is a third of all bytes and
# more; and what is stored for a check cannot stand in for what a build needs.
set -euo pipefail

work=$(mktemp -d)
export RUSTUP_TOOLCHAIN=1.95.0
trap 'rm -rf "$work"' EXIT
cd "$work"
rustc -V | grep -qF 'rustc 1.95.0 ' || { echo 'wants rustc 1.95.0' >&2; exit 2; }

echo '/// Adds.
pub fn add<T: std::ops::Add>(a: T, b: T) -> T::Output { a + b }' >a.rs
mkdir both alone
rustc --crate-name a --crate-type lib --emit=metadata,link --out-dir both a.rs
rustc --crate-name a --crate-type lib --emit=metadata --out-dir alone a.rs

is_in() { # FILE LIBRARY
    python3 -c 'import sys; part, whole = (open(name, "rb").read() for name in sys.argv[1:]); print("yes" if part in whole else "no")' "$@"
}
is() { # what, seen, wanted
    echo "$1: $2"
    [ "$2" = "$3" ] || { echo "this was: $3" >&2; exit 1; }
}
is 'the metadata of both is in the library' "$(is_in both/liba.rmeta both/liba.rlib)" yes
is 'the metadata alone is in the library' "$(is_in alone/liba.rmeta both/liba.rlib)" no
