#!/usr/bin/env bash
# `cargo vendor` leaves two files out of each crate, and with them a crate that compiles does not.
#
# Expected: what `cargo vendor` lays out is the crate as cargo compiles it without; its manual says nothing of files that are left out.
# Seen, with cargo 1.95.0: `.gitignore` and `.gitattributes` are missing, in every folder of the crate, although they are in
# the crate's package. `.github`, `.gitkeep`, `.gitmodules` and `.npmignore` are there. A crate that has one of them as data
# (`include_str!("template/.gitignore")`, as generators of projects do) compiles from its archive or git, and not when vendored.
# With `--quiet`, `cargo vendor` also prints no configuration into the file that its output is redirected to, so that the next
# build does not use what was vendored.
#
# Why it matters: nixpkgs, crane and others lay out vendored crates of their own from the same archives, with these files in them. So the
# folder differs by who made it, in contents and in `.cargo-checksum.json`; digests of one are not those of the other.
set -euo pipefail

for name in "${!RUSTC_@}" "${!GIT_@}"; do unset "$name"; done
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_TARGET_DIR CARGO_BUILD_TARGET
work=$(mktemp -d)
export RUSTUP_TOOLCHAIN=1.95.0
trap 'rm -rf "$work"' EXIT
cd "$work"

is() { # what, seen, wanted
    echo "$1: $2"
    [ "$2" = "$3" ] || { echo "this was: $3" >&2; exit 1; }
}

cargo -V | grep -qF 'cargo 1.95.0 ' || { echo 'wants cargo 1.95.0' >&2; exit 2; }

new() { # name of a crate, its source file, its text
    mkdir -p "$1/src"
    printf '[package]\nname = "%s"\nversion = "0.1.0"\nedition = "2021"\n' "$1" >"$1/Cargo.toml"
    echo "$3" >"$1/src/$2"
}
new generator lib.rs 'pub const IGNORED: &str = include_str!("../template/.gitignore");'
mkdir generator/template
for name in .gitattributes .gitignore .gitkeep .gitmodules .npmignore; do echo '# nothing' >generator/template/$name; done
git -C generator init --quiet
git -C generator add .
git -C generator -c user.name=somebody -c user.email=somebody@example.org commit --quiet --message 'Add a template'

new program main.rs 'fn main() { print!("{}", generator::IGNORED) }'
printf '[dependencies]\ngenerator = { git = "file://%s" }\n' "$work/generator" >>program/Cargo.toml
cd program
is 'packaged' "$(cargo package --list --manifest-path ../generator/Cargo.toml 2>../messages | grep -o '\.git[a-z]*$\|\.npm.*' | sort | paste -sd ' ')" \
    '.gitattributes .gitignore .gitkeep .gitmodules .npmignore'
is 'from git' "$(cargo run --quiet)" '# nothing'

mkdir .cargo
cargo vendor --quiet >.cargo/config.toml
is 'configuration, quiet' "$(cat .cargo/config.toml)" ''
cargo vendor >.cargo/config.toml 2>../messages
is 'configuration' "$(grep -c vendored-sources .cargo/config.toml)" 2
is 'vendored' "$(find vendor/generator/template -name '.*' -printf '%f\n' | sort | paste -sd ' ')" '.gitkeep .gitmodules .npmignore'
rm -rf target
if cargo run --quiet 2>../messages; then echo 'this failed' >&2; exit 1; fi
is 'build' "$(grep -o "couldn't read .*vendor/generator/src/../template/.gitignore" ../messages | sed 's/`.*\(vendor\)/\1/')" \
    "couldn't read vendor/generator/src/../template/.gitignore"
