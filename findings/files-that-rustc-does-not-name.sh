#!/usr/bin/env bash
# rustc has two ways to say which files it writes, and neither names all of them.
#
# Expected: `--print file-names` gives the names of the files that a call makes, and `--json=artifacts` each file that was written.
# Seen, with rustc 1.95.0:
# - `--print file-names` does not look at `-o`, `--emit=link=FILE` or the kinds of `--emit`: it answers `libone.rlib`
#   for a call that writes `other.rlib`, and for one that writes `libone.rmeta` alone.
# - with `-o other.rlib` and two kinds of `--emit`, the library is called `libone.rlib` after all, and its metadata
#   `libother.rmeta`. A warning says that the name is "adapted".
# - `-C split-debuginfo=unpacked` leaves a `.dwo` file beside a library, `packed` a `.dwp` beside a program. Neither list
#   has them, dep-info has not, either.
#
# Why it matters: a cache that stores what these name (sccache asks the first question before each call) brings back a library without
# its debug information, and a debugger then finds nothing; or it stores under a name that nobody looks for.
set -euo pipefail

for name in "${!RUSTC_@}"; do unset "$name"; done
work=$(mktemp -d)
export RUSTUP_TOOLCHAIN=1.95.0
trap 'rm -rf "$work"' EXIT
cd "$work"

is() { # what, seen, wanted
    echo "$1: $2"
    [ "$2" = "$3" ] || { echo "this was: $3" >&2; exit 1; }
}

rustc -V | grep -qF 'rustc 1.95.0 ' || { echo 'wants rustc 1.95.0' >&2; exit 2; }

echo 'pub fn one() -> u32 { 1 }' >one.rs
echo 'fn main() { println!("main"); }' >main.rs
call() { # arguments: what is said beforehand, what is told afterwards, what is there
    local said told there
    rm -rf out
    mkdir out
    cd out
    said=$(rustc "$@" --print file-names 2>../messages | paste -sd ' ')
    told=$(rustc "$@" --error-format=json --json=artifacts 2>&1 | sed -n 's/.*"artifact":"\([^"]*\)".*/\1/p' | sort | paste -sd ' ')
    there=$(find . -type f | sed -e 's,^\./,,' -e 's/\.[0-9a-f]*-cgu/.HASH-cgu/' | sort | paste -sd ' ')
    cd ..
    echo "said $said, told $told, there $there"
}
library=(../one.rs --crate-type rlib)
is 'plain' "$(call "${library[@]}")" 'said libone.rlib, told libone.rlib, there libone.rlib'
is '-o' "$(call "${library[@]}" -o other.rlib)" 'said libone.rlib, told other.rlib, there other.rlib'
is '--emit=link=' "$(call "${library[@]}" --emit=link=other.rlib)" 'said libone.rlib, told other.rlib, there other.rlib'
is '--emit=metadata' "$(call "${library[@]}" --emit=metadata)" 'said libone.rlib, told libone.rmeta, there libone.rmeta'
is '-o, --emit=metadata,link' "$(call "${library[@]}" --emit=metadata,link -o other.rlib)" \
    'said libone.rlib, told libone.rlib libother.rmeta, there libone.rlib libother.rmeta'
is 'unpacked' "$(call "${library[@]}" -g -C split-debuginfo=unpacked)" \
    'said libone.rlib, told libone.rlib, there libone.rlib one.one.HASH-cgu.0.rcgu.dwo'
is 'packed' "$(call ../main.rs -g -C split-debuginfo=packed)" 'said main, told main, there main main.dwp'
