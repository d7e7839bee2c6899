#!/usr/bin/env bash
# gcc asks for SOURCE_DATE_EPOCH only where the date or the time is used, however its macro came to be.
#
# Expected: that a compiler looks at SOURCE_DATE_EPOCH tells nothing of the source. Who wants to know whether the time of
# the day is in an object looks for the macros' names in the sources, as ccache and sccache do, and misses those that are
# pasted of two parts.
# Seen, with gcc 12.2.0 on glibc 2.36, by a library in LD_PRELOAD that notes each `getenv`: cc1 asks for the variable when
# `__DATE__` or `__TIME__` is expanded, given by the source, by `-D`, or pasted (`__TI##ME__`), and not otherwise: not for `__FILE__`,
# not for the name in a comment or a string, and not for `__TIMESTAMP__`, which is the time of the file.
#
# Why it matters: a trace of what gcc asks for tells exactly which objects have the time in them; the names in a source do not.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
[ "$(gcc -dumpfullversion)" = 12.2.0 ] || { echo 'wants gcc 12.2.0' >&2; exit 2; }

cat >trace.c <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
#include <unistd.h>
/* To descriptor 9. */
char *getenv(const char *name)
{
    if (!strcmp(name, "SOURCE_DATE_EPOCH") && write(9, "asked\n", 6) < 0) _exit(99);
    char *(*real)(const char *) = dlsym(RTLD_NEXT, "getenv");
    return real(name);
}
C
gcc -shared -fPIC -O1 trace.c -o trace.so -ldl

asks() { # WANTED TEXT OPTION…: whether gcc asks for the variable when it compiles the text
    local wanted=$1 seen
    printf '%b\n' "$2" >a.c
    shift 2
    env LD_PRELOAD="$work/trace.so" gcc -c a.c -o a.o "$@" 9>asked
    seen=$([ -s asked ] && echo asked || echo 'not asked')
    echo "$(tr '\n' ' ' <a.c)$*: $seen"
    [ "$seen" = "$wanted" ] || { echo "this was: $wanted" >&2; exit 1; }
}

asks asked 'char *f = __DATE__;'
asks asked 'char *f = __TIME__;'
asks asked 'char *f = T;' -DT=__TIME__
asks asked '#define JOIN(a, b) a##b\nchar *f = JOIN(__TI, ME__);'
asks 'not asked' 'char *f = __FILE__; /* __TIME__ */'
asks 'not asked' 'char *f = "__DATE__";'
asks 'not asked' 'char *f = __TIMESTAMP__;'
