#!/usr/bin/env bash
# gcc's -frandom-seed decides what is in an object in fewer cases than its manual says, and is written into more.
#
# Expected: gcc's manual: the seed is used "to generate certain symbol names that have to be different in every compiled file"
# and "to place unique stamps in coverage data files and the object files that produce them". So objects of C++ with anonymous
# namespaces and constructors of static objects, and all with --coverage, are others with another seed.
# Seen, with gcc and g++ 11, 12, 13, 14, 15 and 16 of Debian (bookworm, sid), at -O0 to -O3:
# - Those objects are the same, with --coverage too (and the notes, .gcno), but for -flto, which has it in names of sections.
# - What writes options down writes the seed: -g (DW_AT_producer), -frecord-gcc-switches, -fverbose-asm (with -S or
#   -save-temps), the messages of -v, and reports of diagnostics (-fdiagnostics-format=sarif-file).
# - clang 13 to 23 takes the option and goes by nothing of it. It writes it down with -frecord-gcc-switches, and 18 alone with
#   -g.
#
# Why it matters: nixpkgs gives compilers ten characters of the derivation's output path as the seed. A cache that has it in
# each key shares no object of C between derivations; one that has it in none has debug information with another derivation's.
#
# COMPILER and COMPILER_CXX name others to try.
set -euo pipefail

cc=${COMPILER:-gcc} cxx=${COMPILER_CXX:-g++}
[[ $("$cc" -dumpfullversion) =~ ^1[1-6]\. ]] || { echo 'wants gcc 11 to 16' >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat >a.c <<'C'
static int sum;
static void __attribute__((constructor)) first(void) { sum = 3; }
int add(int more) { sum += more; return sum; }
C
cat >a.cc <<'C'
namespace { struct A { A(); int a; }; A::A() : a(3) {} A all; }
static int one() { static int a = all.a; return a; }
int f() { return one() + [](int b) { static int c = b; return c; }(2); }
C

compile() { # seed, directory for what it makes, source, options
    rm -rf here && mkdir here
    cp "$3" here
    (
        cd here
        compiler=$cc
        [[ $3 != *.cc ]] || compiler=$cxx
        "$compiler" "${@:4}" -frandom-seed="$1" -c "$3" -o a.o
    )
    rm -rf "$2" && mv here "$2"
}
is() { # wanted, options
    local source seen=same
    for source in a.c a.cc; do
        compile one first "$source" "${@:2}"
        compile two second "$source" "${@:2}"
        diff -rq first second >differ || seen=other
    done
    echo "${*:2}: $seen"
    [ "$seen" = "$1" ] || { echo "this was: $1" >&2; exit 1; }
}

is same -O0
is same -O2
is same -O3 -fno-common -fdata-sections
is same -O2 --coverage
is same -O2 -fprofile-generate
is same -O2 -fsanitize=undefined
is same -O2 -save-temps
is other -O2 -g
is other -O2 -flto
is other -O2 -frecord-gcc-switches
is other -O2 -save-temps -fverbose-asm
