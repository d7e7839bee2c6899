#!/usr/bin/env bash
# Nix 2.8 reads one number as three, by the format that it is in, and writes fractions with six digits.
#
# Expected: a number that Nix cannot hold is an error; one that it can hold is what comes out again.
# Seen, with Debian 12's Nix 2.8.0, no message in any case:
# - 18446744073709551615 is -1 by `fromJSON` and 9223372036854775807 by `fromTOML` (which should refuse it, by TOML's
#   specification); as `fromJSON "18446744073709551616"`, one more, it is a floating point number.
# - 9223372036854775808 is *negative* by `fromJSON`.
# - `toJSON 16777217.0` is 1.67772e+07: whole numbers of more than six digits change on their way through `toJSON`.
# Python's json and tomllib, which nixpkgs' fetchers use for the same files, keep every digit.
#
# Why it matters: what Nix code for Rust reads is JSON and TOML made by others. Cargo's fingerprints, for one, are JSON with
# unsigned 64 bit digests: half of them come out negative, none of them wrong enough to fail. Digests and numbers
# of more than six digits have to be strings on their way into and out of an evaluation.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

is() { # what, seen, wanted
    echo "$1: $2"
    [ "$2" = "$3" ] || { echo "this was: $3" >&2; exit 1; }
}

[ "$(nix-instantiate --version)" = 'nix-instantiate (Nix) 2.8.0' ] || { echo 'wants Nix 2.8.0' >&2; exit 2; }
python3 -c 'import tomllib' || { echo 'wants Python 3.11 or later' >&2; exit 2; }

# No daemon, no store of the machine's.
mkdir etc
export NIX_STORE_DIR=$work/store NIX_STATE_DIR=$work/state NIX_CONF_DIR=$work/etc NIX_REMOTE='' HOME=$work
unset NIX_CONFIG NIX_USER_CONF_FILES
nix_says() { nix-instantiate --eval --strict --expr "$1"; }
python_says() { python3 -c "import json, tomllib; print($1)"; }

for row in \
    '9223372036854775807 9223372036854775807 9223372036854775807' \
    '9223372036854775808 -9223372036854775808 9223372036854775807' \
    '18446744073709551615 -1 9223372036854775807' \
    '18446744073709551616 1.84467e+19 9223372036854775807'; do
    read -r number json toml <<<"$row"
    is "$number, Python's json" "$(python_says "json.loads('$number')")" "$number"
    is "$number, Python's tomllib" "$(python_says "tomllib.loads('n = $number')['n']")" "$number"
    is "$number, fromJSON" "$(nix_says "builtins.fromJSON \"$number\"")" "$json"
    is "$number, fromTOML" "$(nix_says "(builtins.fromTOML \"n = $number\").n")" "$toml"
done

is '16777217.0, toJSON' "$(nix_says 'builtins.toJSON 16777217.0')" '"1.67772e+07"'
is '16777217.0 = 16777220.0' "$(nix_says '16777217.0 == 16777220.0')" false
is 'the same, through JSON' \
    "$(nix_says 'with builtins; fromJSON (toJSON 16777217.0) == fromJSON (toJSON 16777220.0)')" true
