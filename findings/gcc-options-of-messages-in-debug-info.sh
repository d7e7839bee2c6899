#!/usr/bin/env bash
# gcc -g writes options that decide nothing about code into the object, and -save-temps changes it.
#
# Expected: what is in the debug information (DW_AT_producer) is "options that may affect code generation", as gcc's
# manual says of -grecord-gcc-switches; -frandom-seed makes builds reproducible, -save-temps keeps files.
# Seen, with gcc 12.2.0:
# - `-fmax-errors=3` and `-fmessage-length=0`, which are about messages, are written there; `-Wall`,
#   `-fdiagnostics-color` and the prefix maps are not.
# - `-frandom-seed=X` changes nothing in an object without -g, and each object with -g, by being written into it.
# - `-flto` is the one where it is needed: without a seed two runs give two objects, as names of sections are random.
# - `-save-temps` changes the line table: what is compiled then is preprocessed text, in which the columns are others.
#
# Why it matters: nixpkgs gives gcc ten characters of the derivation's output path as the seed, for reproducible builds. With
# -g each object of each derivation is another for it. A key may leave the seed out where there is neither -g nor -flto (nor
# coverage), and nothing else of these. And an object that is compiled from preprocessed text, as distributed compilers
# do it, is not the same object.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

is() { # what, seen, wanted
    echo "$1: $2"
    [ "$2" = "$3" ] || { echo "this was: $3" >&2; exit 1; }
}

[ "$(gcc -dumpfullversion)" = 12.2.0 ] || { echo 'wants gcc 12.2.0' >&2; exit 2; }

cat >sum.c <<'C'
static int sum;
int add(int more) { sum += more; return   sum; }
C
object() { gcc -c sum.c -o "$@"; }
compare() { # options with which to compile, options to add
    local base=$1
    # shellcheck disable=SC2086 # a list of options
    object plain.o $base && object more.o $base $2
    cmp -s plain.o more.o && echo same || echo other
}
producer() { readelf --debug-dump=info more.o | sed -n 's/.*DW_AT_producer//p' | grep -oE -e '-f(max|random)[^ ]*'; }

is '-g, again' "$(compare -g '')" same
is '-g -Wall' "$(compare -g -Wall)" same
is '-g -fdiagnostics-color=always' "$(compare -g -fdiagnostics-color=always)" same
is '-g -ffile-prefix-map' "$(compare -g -ffile-prefix-map=/not/there=/other)" same
is '-g -fmax-errors=3' "$(compare -g -fmax-errors=3)" other
object more.o -g -fmax-errors=3
is 'producer' "$(producer)" -fmax-errors=3
is '-g -fmessage-length=0' "$(compare -g -fmessage-length=0)" other

is '-frandom-seed' "$(compare -O2 -frandom-seed=one)" same
is '-g -frandom-seed' "$(compare -g -frandom-seed=one)" other
object more.o -g -frandom-seed=one
is 'producer' "$(producer)" -frandom-seed=one
is '-flto, again' "$(compare -flto '')" other
is '-flto -frandom-seed, again' "$(compare '-flto -frandom-seed=one' '')" same

is '-save-temps' "$(compare -O2 -save-temps)" same
is '-g -save-temps' "$(compare -g -save-temps)" other
columns() { readelf --debug-dump=rawline "$1" | sed -n 's/.*Set column to //p' | tr '\n' ' '; }
is 'columns' "$(columns plain.o)" '19 25 43 48 '
is 'columns with -save-temps' "$(columns more.o)" '19 25 41 46 '
