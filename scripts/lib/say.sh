# shellcheck shell=bash
# What the scripts say to people: on stderr, so that a script's stdout stays its result.

say() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
}

fail() {
    say "error: $*"
    exit 1
}
