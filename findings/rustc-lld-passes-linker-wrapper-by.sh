#!/usr/bin/env bash
# rustc's own lld passes by the `ld` that a C compiler was told to use.
#
# Expected: rustc links by the C compiler that `-C linker` names, and that one by the `ld` which it was made to use
# (`-B FOLDER`, as nixpkgs' and other wrapped compilers have it). Rust 1.90 only changed which linker is the default.
# Seen, with rustc 1.95.0 on x86_64-linux, gcc 12.2.0 and binutils 2.40:
# - rustc adds `-fuse-ld=lld` and a `-B` of its own, so gcc runs rustc's `ld.lld`, and a wrapper that is called `ld` is not run:
#   what it adds to each link (run paths, here) is missing, and no message says so.
# - LD_RUN_PATH, which GNU ld reads, does nothing, either.
# - `-C link-arg=-fuse-ld=bfd` does not bring the wrapper back (`ld.bfd` is looked for), and `-C link-self-contained=-linker`
#   alone fails ("cannot find 'ld'"); `-C linker-features=-lld` does. A wrapper that is called `ld.lld` is run, if its `-B` comes first.
#
# Why it matters: programs that found their libraries with Rust 1.89 are linked and installed with 1.90, and do not start. Whatever
# wraps `ld` in order to record, cache or change links sees none of Rust's.
set -euo pipefail

for name in "${!RUSTC_@}"; do unset "$name"; done
work=$(mktemp -d)
export RUSTUP_TOOLCHAIN=1.95.0 LC_ALL=C
trap 'rm -rf "$work"' EXIT
cd "$work"

is() { # what, seen, wanted
    echo "$1: $2"
    [ "$2" = "$3" ] || { echo "this was: $3" >&2; exit 1; }
}

rustc -V | grep -qF 'rustc 1.95.0 ' || { echo 'wants rustc 1.95.0' >&2; exit 2; }
[ "$(rustc -vV | sed -n 's/^host: //p')" = x86_64-unknown-linux-gnu ] || { echo 'wants x86_64-linux' >&2; exit 2; }
[ "$(gcc -dumpfullversion)" = 12.2.0 ] || { echo 'wants gcc 12.2.0' >&2; exit 2; }

mkdir wrapped renamed
for name in wrapped/ld renamed/ld.lld; do
    printf '#!/bin/sh\nexec /usr/bin/ld.bfd -rpath /from/the/wrapper "$@"\n' >$name
    printf '#!/bin/sh\nexec gcc "-B%s" "$@"\n' "$work/${name%/*}" >"${name%/*}/cc"
    chmod +x $name "${name%/*}/cc"
done
echo 'int main(void) { return 0; }' >main.c
echo 'fn main() {}' >main.rs

run_path() { # a command that links `main`: the run path, or "fails"
    rm -f main
    if "$@" -o main 2>messages; then
        readelf --dynamic main | sed -n 's/.*(R.*PATH).*\[\(.*\)\]/\1/p' | grep . || echo none
    else
        grep -o "cannot find 'ld'" messages
    fi
}
rust=(rustc main.rs -C linker=wrapped/cc)
is 'C' "$(run_path wrapped/cc main.c)" /from/the/wrapper
is 'Rust' "$(run_path "${rust[@]}")" none
is 'Rust, -fuse-ld=bfd' "$(run_path "${rust[@]}" -C link-arg=-fuse-ld=bfd)" none
is 'Rust, link-self-contained=-linker' "$(run_path "${rust[@]}" -C link-self-contained=-linker)" "cannot find 'ld'"
is 'Rust, linker-features=-lld' "$(run_path "${rust[@]}" -C linker-features=-lld)" /from/the/wrapper
is 'Rust, wrapper called ld.lld' "$(run_path rustc main.rs -C linker=renamed/cc)" /from/the/wrapper

export LD_RUN_PATH=/from/the/environment
is 'LD_RUN_PATH, C' "$(run_path gcc main.c)" /from/the/environment
is 'LD_RUN_PATH, Rust' "$(run_path rustc main.rs)" none
is 'LD_RUN_PATH, Rust, linker-features=-lld' "$(run_path rustc main.rs -C linker-features=-lld)" /from/the/environment
