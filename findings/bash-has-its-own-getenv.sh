#!/usr/bin/env bash
# No preloaded library sees which variables a bash script reads, and rustc asks for some before the library is set up.
#
# Expected: a library in LD_PRELOAD that wraps `getenv` and `secure_getenv` of libc sees which variables of the environment decide what
# a compiler does; its constructor runs before the program's code.
# Seen, with bash 5.2.15, gcc 12.2.0 and rustc 1.95.0 on glibc 2.36:
# - bash exports a `getenv` of its own, and what a program exports goes before what is preloaded: the preloaded one is
#   never called, whatever a script reads. gcc and rustc do call it.
# - rustc's libLLVM and its allocator ask for three variables (LLVM_OVERRIDE_PRODUCER and MALLOC_CONF among them, which
#   both have an effect) before the constructor of the preloaded library has run: one that needs it loses those.
#
# Why it matters: who traces the inputs of compilers in this way (to know what a key has to hold) has a hole exactly where
# nixpkgs puts most of its own variables: its wrappers of cc, ld and rustc are bash scripts.
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
bash --version | grep -qF 'version 5.2.15' || { echo 'wants bash 5.2.15' >&2; exit 2; }

cat >trace.c <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>
/* To descriptor 9, without memory or streams of libc. */
static void tell(const char *what, const char *name)
{
    char line[300];
    int length = snprintf(line, sizeof line, "%s %s\n", what, name);
    if (write(9, line, length) < 0) _exit(99);
}
char *getenv(const char *name)
{
    tell("getenv", name);
    char *(*real)(const char *) = dlsym(RTLD_NEXT, "getenv");
    return real(name);
}
char *secure_getenv(const char *name)
{
    tell("secure_getenv", name);
    char *(*real)(const char *) = dlsym(RTLD_NEXT, "secure_getenv");
    return real(name);
}
__attribute__((constructor)) static void constructor(void) { tell("constructor", ""); }
C
gcc -shared -fPIC -O1 trace.c -o trace.so -ldl
traced() { # a command: its trace, without the `env` that sets the variable
    env LD_PRELOAD="$work/trace.so" "$@" 9>trace >output
    cat trace
}

export SOME_VARIABLE=value
cat >script <<'SH'
echo "$SOME_VARIABLE" "$LANG" ~ "$(printf %s "$HOME")"
SH
is 'bash' "$(traced bash script)" 'constructor '
is 'what it read' "$(cut -d' ' -f1 output)" value
is "bash's own" "$(nm -D "$(command -v bash)" | grep -oE '[A-Z] getenv(@.*)?$')" 'T getenv'
traced gcc --version | grep -qx 'getenv GCC_EXEC_PREFIX' || { echo 'gcc asked for no GCC_EXEC_PREFIX' >&2; exit 1; }
echo 'gcc: getenv GCC_EXEC_PREFIX'

rustc=$(rustc --print sysroot)/bin/rustc
traced "$rustc" -V >rustc.trace
is 'rustc, before the constructor' "$(sed '/constructor/,$d' rustc.trace | sort -u | paste -sd ' ')" \
    'getenv LLVM_IGNORED_ENV_VAR getenv LLVM_OVERRIDE_PRODUCER secure_getenv MALLOC_CONF'
