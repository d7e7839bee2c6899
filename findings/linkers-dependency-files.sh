#!/usr/bin/env bash
# `--dependency-file` of GNU ld and gold leaves out a file that decides what is linked.
#
# Expected: the dependency file names every file whose change can change the output: by ld's manual "all the input files
# that were read to produce it".
# Seen, with GNU ld 2.40, gold of binutils 2.40, and the lld 22 of rustc 1.95.0:
# - the file of `--retain-symbols-file` is in lld's list alone, although it decides the symbol table in all three;
#   version scripts and lists of dynamic symbols are in all of them.
# - a library that another shared library needs is in GNU ld's list alone, since it alone opens it (found by `-rpath-link`).
# - response files (`@args`) are in none: they are options, and what they name is listed.
#
# Why it matters: it is the one way in which linkers tell what they read, so build systems rebuild, and caches find
# programs, by it. With GNU ld and gold the list of symbols to keep has to be found among the arguments.
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
ld.bfd --version | grep -qF ' 2.40' || { echo 'wants binutils 2.40' >&2; exit 2; }
lld=$(rustc --print sysroot)/lib/rustlib/x86_64-unknown-linux-gnu/bin/gcc-ld

mkdir lib
echo 'int deep(void) { return 1; }' | gcc -shared -fPIC -xc - -o lib/libdeep.so
echo 'int deep(void); int near(void) { return deep(); }' | gcc -shared -fPIC -xc - -o lib/libnear.so -Llib -ldeep
echo 'int near(void); int kept = 3; int other = 4; int main(void) { return near(); }' >main.c
gcc -c main.c
echo '{ global: kept; local: *; };' >version-script
echo '{ kept; };' >dynamic-list
echo '-Llib -lnear' >args

link() { # options that choose the linker; then the words that main's dependency file has of those that matter
    local linker=("$@")
    gcc "${linker[@]}" -no-pie main.o @args -o main -Wl,-rpath-link,lib -Wl,--export-dynamic -Wl,--dependency-file=depfile \
        -Wl,--version-script=version-script -Wl,--dynamic-list=dynamic-list -Wl,--retain-symbols-file=retain
    grep -oE '[^ \:]+' depfile | sed 's,^\./,,' | grep -xE 'main.o|args|retain|version-script|dynamic-list|lib/.*' | sort -u | paste -sd ' '
}
for linker in bfd gold lld; do
    case $linker in
        bfd) expected='dynamic-list lib/libdeep.so lib/libnear.so main.o version-script' ;;
        gold) expected='dynamic-list lib/libnear.so main.o version-script' ;;
        lld) expected='dynamic-list lib/libnear.so main.o retain version-script' ;;
    esac
    options=("-fuse-ld=$linker")
    [ "$linker" != lld ] || options+=("-B$lld")
    printf 'kept\nmain\n' >retain
    is "$linker" "$(link "${options[@]}")" "$expected"
    cp main one
    printf 'kept\nother\nmain\n' >retain
    link "${options[@]}" >log
    is "$linker, the list decides" "$(cmp -s one main && echo no || echo yes)" yes
done
