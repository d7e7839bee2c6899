#!/usr/bin/env bash
# cargo reports success for a crate that would not compile, and clippy ignores settings that have just been made.
#
# Expected: `cargo build` and `cargo clippy` run the compiler again when something that it looks at has changed; where they do not, a clean
# build has the same result.
# Seen, with cargo, rustc and clippy 1.95.0: what counts are the files that were *read*. rustc also looks for `part/mod.rs` beside
# `part.rs`, and clippy for `clippy.toml`; when one of them appears nothing runs.
# - With both module files there a clean build fails (E0761), `cargo build` of a folder that was built before goes on to succeed.
# - A first `clippy.toml` has no effect until something else in the crate changes. Nor has a change of it after that: clippy has
#   still not read it once.
# strace shows that rustc asks for the file that is not there.
#
# Why it matters: a cache that goes by dep-info alone gives a library where the compiler would refuse. Whoever keeps
# what was read has to keep what was looked for and not found.
set -euo pipefail

for name in "${!RUSTC_@}" "${!CLIPPY_@}"; do unset "$name"; done
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
command -v strace >log || { echo 'wants strace' >&2; exit 2; }

mkdir src
printf '[package]\nname = "example"\nversion = "0.1.0"\nedition = "2021"\n' >Cargo.toml
printf 'mod part;\n\npub fn sum(a: u32, b: u32, c: u32) -> u32 {\n    a + b + c + part::PART\n}\n' >src/lib.rs
echo 'pub const PART: u32 = 1;' >src/part.rs

outcome() { # a command of cargo's: what came of it
    if cargo "$@" 2>messages; then
        grep -o 'too many arguments (3/.)' messages || echo well
    else
        grep -o 'error\[E[0-9]*\]' messages
    fi
}
is 'clippy' "$(outcome clippy)" well
echo 'too-many-arguments-threshold = 2' >clippy.toml
is 'clippy.toml appeared' "$(outcome clippy)" well
echo 'too-many-arguments-threshold = 1' >clippy.toml
is 'clippy.toml changed' "$(outcome clippy)" well
rm -rf target
is 'clean' "$(outcome clippy)" 'too many arguments (3/1)'
echo 'too-many-arguments-threshold = 2' >clippy.toml
is 'clippy.toml changed again' "$(outcome clippy)" 'too many arguments (3/2)'

is 'build' "$(outcome build)" well
mkdir src/part
cp src/part.rs src/part/mod.rs
is 'part/mod.rs appeared' "$(outcome build)" well
rm -rf target
is 'clean' "$(outcome build)" 'error[E0761]'

rm -r src/part
strace -f -qq -e trace=statx,openat -o calls "$(rustc --print sysroot)/bin/rustc" --crate-type lib --emit=dep-info=info,metadata src/lib.rs
is 'looked for' "$(grep -o 'src/part/mod.rs.*ENOENT' calls | sed 's/".* E/: E/')" 'src/part/mod.rs: ENOENT'
is 'in dep-info' "$(grep -c 'part/mod.rs' info || true)" 0
