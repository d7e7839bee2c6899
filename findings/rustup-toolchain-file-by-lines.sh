#!/usr/bin/env bash
# rustup decides by the number of lines whether a `rust-toolchain` file is TOML.
#
# Expected: by its manual `rust-toolchain` holds TOML, or, "for backwards compatibility", just the name of a toolchain. Both can be told apart,
# since no name is a TOML document; blank lines mean nothing in either.
# Seen, with rustup 1.29.0:
# - `toolchain.channel = "1.95.0"`, TOML on one line, is looked up as the *name* of a custom toolchain, which "is not installed".
#   With an empty line below it is read as TOML, and chooses 1.95.0. As `rust-toolchain.toml` it is read in both cases.
# - `1.95.0` with an empty line above or below, as editors and heredocs leave it, cannot be parsed (as TOML); spaces around the name
#   are taken away.
#
# Why it matters: Nix expressions, CI actions and editors read this file by rules of their own, mostly "try TOML, else a name" or
# "trim, else TOML". For both kinds above they choose another toolchain than rustup, or one where rustup refuses.
set -euo pipefail

work=$(mktemp -d)
unset RUSTUP_TOOLCHAIN
trap 'rm -rf "$work"' EXIT
cd "$work"

is() { # what, seen, wanted
    echo "$1: $2"
    [ "$2" = "$3" ] || { echo "this was: $3" >&2; exit 1; }
}

rustup --version 2>log | grep -qF 'rustup 1.29.0 ' || { echo 'wants rustup 1.29.0' >&2; exit 2; }
rustup toolchain list | grep -q '^1\.95\.0-' || { echo 'wants the toolchain 1.95.0' >&2; exit 2; }

chosen() { # name of the file, its text as printf has it
    rm -f rust-toolchain*
    # shellcheck disable=SC2059 # the text is the format
    printf "$2" >"$1"
    if rustup show active-toolchain >chosen 2>log; then
        sed 's/-.*//' chosen
    else
        sed -n -e "s/^error: \(custom toolchain\) .* \(is not installed\)$/\1 \2/p" -e "s/^error: \(could not parse\) .*/\1/p" log
    fi
}
toml='toolchain.channel = "1.95.0"\n'
is 'a name' "$(chosen rust-toolchain '1.95.0\n')" 1.95.0
is 'a name, spaces' "$(chosen rust-toolchain ' 1.95.0 \n')" 1.95.0
is 'a name, empty line below' "$(chosen rust-toolchain '1.95.0\n\n')" 'could not parse'
is 'a name, empty line above' "$(chosen rust-toolchain '\n1.95.0\n')" 'could not parse'
is 'TOML on one line' "$(chosen rust-toolchain "$toml")" 'custom toolchain is not installed'
is 'TOML, empty line below' "$(chosen rust-toolchain "$toml\n")" 1.95.0
is 'TOML on one line, .toml' "$(chosen rust-toolchain.toml "$toml")" 1.95.0
