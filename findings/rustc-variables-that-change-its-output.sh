#!/usr/bin/env bash
# Variables of the environment that no manual of rustc's has, and that change what it writes.
#
# Expected: what a release of rustc makes depends on its arguments, the sources, and the variables that they name (`env!`); those are in
# dep-info. What else it reads for itself is for its developers (RUSTC_LOG), or about messages.
# Seen, with rustc 1.95.0 on x86_64-linux:
# - LLD_VERSION replaces what rustc's own lld, the default linker there, writes of itself into the program's .comment.
# - LLVM_OVERRIDE_PRODUCER replaces the producer in the bitcode that each library has embedded.
# - MALLOC_CONF is read by the allocator in it: `stats_print:true` adds dozens of lines to stderr, where a wrapper
#   (and cargo) expects messages, with any call, even `rustc -V`.
# None of them is in dep-info's list of variables.
#
# Why it matters: a cache whose key has none of them gives a program of one environment to another; one that keeps and repeats stderr
# repeats the statistics.
set -euo pipefail

for name in "${!RUSTC_@}"; do unset "$name"; done
unset LLD_VERSION LLVM_OVERRIDE_PRODUCER MALLOC_CONF
work=$(mktemp -d)
export RUSTUP_TOOLCHAIN=1.95.0
trap 'rm -rf "$work"' EXIT
cd "$work"

is() { # what, seen, wanted
    echo "$1: $2"
    [ "$2" = "$3" ] || { echo "this was: $3" >&2; exit 1; }
}

rustc -V | grep -qF 'rustc 1.95.0 ' || { echo 'wants rustc 1.95.0' >&2; exit 2; }

echo 'fn main() {}' >main.rs
echo 'pub fn one() -> u32 { 1 }' >one.rs
compare() { # NAME=VALUE, arguments of rustc
    local variable=$1
    shift
    rustc --emit=dep-info=info,link=out "$@" && mv out plain
    env "$variable" rustc --emit=dep-info=info,link=out "$@" && mv out changed
    cmp -s plain changed && echo -n same || echo -n other
    grep '^# env-dep' info || true
}
is 'SOME_VARIABLE, program' "$(compare SOME_VARIABLE=1 main.rs)" same
is 'LLD_VERSION, program' "$(compare LLD_VERSION=Linker main.rs)" other
is '.comment' "$(readelf --string-dump=.comment changed | grep -oE 'Linker$')" Linker
is '.comment without' "$(readelf --string-dump=.comment plain | grep -oE 'Linker: LLD [0-9]+')" 'Linker: LLD 22'
is 'LLD_VERSION, library' "$(compare LLD_VERSION=Linker --crate-type rlib one.rs)" same
is 'LLVM_OVERRIDE_PRODUCER, library' "$(compare LLVM_OVERRIDE_PRODUCER=Producer --crate-type rlib one.rs)" other
is 'LLVM_OVERRIDE_PRODUCER, program' "$(compare LLVM_OVERRIDE_PRODUCER=Producer main.rs)" same

rustc -V 2>messages >log
is 'lines on stderr' "$(wc -l <messages)" 0
MALLOC_CONF=stats_print:true rustc -V 2>messages >log
is 'with MALLOC_CONF' "$(head -1 messages)" '___ Begin jemalloc statistics ___'
