#!/usr/bin/env bash
# gcc's and rustc's prefix maps look alike and mean different things.
#
# Expected: `-ffile-prefix-map=/build/src=/src` and `--remap-path-prefix=/build/src=/src` hide the same folder in the C and in the
# Rust half of a build; both manuals speak of a prefix, or of files residing in a directory.
# Seen, with gcc 12.2.0 and rustc 1.95.0:
# - gcc maps the *text*: the map of /build/src turns /build/src2/main.c into /src2/main.c. rustc maps whole names of
#   folders and leaves /build/src2 alone.
# - a slash at the end is text to gcc, too: a map of /build/src/ to /src gives /srcfile.c; to rustc it makes no difference.
# Alike: of several maps that fit, the last one on the command line counts, once; and a map is split at its last `=`.
#
# Why it matters: builders turn one list of folders into both options. A folder beside the mapped one is renamed in one language
# only, to something that does not exist; and a cache that takes paths out of its keys by such maps has to do it as the compiler
# at hand does.
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
[ "$(gcc -dumpfullversion)" = 12.2.0 ] || { echo 'wants gcc 12.2.0' >&2; exit 2; }

mkdir src src2 src=1
for folder in src src2 src=1; do
    echo 'const char *file(void) { return "<" __FILE__ ">"; }' >$folder/file.c
    echo 'pub fn file() -> &'\''static str { concat!("<", file!(), ">") }' >$folder/file.rs
done
# The name that is in the object, with the temporary folder written as /build.
name_in() { strings "$1" | sed -n "s,.*<\(.*\)>.*,\1,p" | sed "s,^$work/,/build/," | head -1; }
c() { # folder, maps
    local folder=$1 maps=() map
    shift
    for map in "$@"; do maps+=("-ffile-prefix-map=$map"); done
    gcc -c "$work/$folder/file.c" -o c.o "${maps[@]}"
    name_in c.o
}
rust() { # folder, maps
    local folder=$1 maps=() map
    shift
    for map in "$@"; do maps+=("--remap-path-prefix=$map"); done
    rustc --crate-type lib --emit=obj -o rust.o "${maps[@]}" "$work/$folder/file.rs"
    name_in rust.o
}

is 'src by src, C' "$(c src "$work/src=/src")" /src/file.c
is 'src by src, Rust' "$(rust src "$work/src=/src")" /src/file.rs
is 'src2 by src, C' "$(c src2 "$work/src=/src")" /src2/file.c
is 'src2 by src, Rust' "$(rust src2 "$work/src=/src")" /build/src2/file.rs
is 'src by src/, C' "$(c src "$work/src/=/src")" /srcfile.c
is 'src by src/, Rust' "$(rust src "$work/src/=/src")" /src/file.rs
is 'src=1 by src=1, C' "$(c src=1 "$work/src=1=/src")" /src/file.c
is 'src=1 by src=1, Rust' "$(rust src=1 "$work/src=1=/src")" /src/file.rs
is 'two maps, C' "$(c src "$work/src=/first" "$work=/second")" /second/src/file.c
is 'two maps, Rust' "$(rust src "$work/src=/first" "$work=/second")" /second/src/file.rs
