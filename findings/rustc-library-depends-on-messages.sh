#!/usr/bin/env bash
# What rustc is asked to *tell* about a library, or to write beside it, is in the library.
#
# Expected: one source, one compiler and the same options for code give one library, however the files are announced
# and whatever else is written next to it.
# Seen, with rustc 1.95.0:
# - `--json=artifacts`, which has rustc name each file that it wrote on stderr, gives other bytes. So does
#   `dep-info` or `metadata` among what `--emit` names, and to say `-C split-debuginfo=off` where nothing else
#   is on anyway. The format of the messages, their colours, lints and `--cap-lints` do not.
# - It is the crate's own hash that differs: a crate that was compiled against the one library is refused beside the
#   other (E0460, "possibly newer version"), although only messages differ.
#
# Why it matters: a cache that adds `--json=artifacts` or `--emit=dep-info` to a call, to learn which
# files it is about, changes the library and with it all that depends on it. A key may leave out lints and formats
# of messages, but never the kinds of `--emit` or of `--json`.
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

echo 'pub fn length(text: &str) -> usize { text.len() }' >words.rs
echo 'pub fn twice(text: &str) -> usize { 2 * words::length(text) }' >lines.rs
echo 'fn main() { println!("{}", lines::twice("four")) }' >main.rs
library() { rustc --crate-type rlib --emit=link words.rs "$@" 2>messages; }

library
cp libwords.rlib plain.rlib
rustc --crate-type rlib --edition 2021 --extern words=libwords.rlib lines.rs
compare() { # options: is the library the same, and does the program link with it
    local bytes=same linked=links
    library "$@"
    cmp -s plain.rlib libwords.rlib || bytes=other
    rustc --edition 2021 -L . --extern lines=liblines.rlib main.rs 2>messages || linked=$(grep -o 'E0460' messages | head -1)
    echo "$bytes, $linked"
}
is 'again' "$(compare)" 'same, links'
for options in '--error-format=json' '--color=always' '--cap-lints=allow' '-Dwarnings'; do
    is "$options" "$(compare "$options")" 'same, links'
done
is '--json=artifacts' "$(compare --error-format=json --json=artifacts)" 'other, E0460'
is '--json=diagnostic-short' "$(compare --error-format=json --json=diagnostic-short)" 'same, links'
is 'artifacts were told' "$(library --error-format=json --json=artifacts; grep -c '"artifact":"libwords.rlib"' messages)" 1
for options in '--emit=dep-info' '--emit=metadata' '-Csplit-debuginfo=off'; do
    is "$options, too" "$(compare "$options")" 'other, E0460'
done
