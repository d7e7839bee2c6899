#!/usr/bin/env bash
# rustix's build script leaves a file in the directory for temporary files, under one name for all builds of a machine.
#
# Expected: a build script writes below OUT_DIR alone, as cargo's documentation asks of it, and so nothing of it is left when
# the target directory is removed.
# Seen, with rustix 1.1.2 and cargo 1.95.0: `cargo check` of a crate that has rustix among its dependencies leaves
# `rustix_test_can_compile`, rustc's metadata, in TMPDIR. The script tries whether pieces of code compile, and names that file as the output
# of each attempt. rustix 1.0.8 leaves nothing there.
#
# Why it matters: rustix is below tempfile and crossterm, and so below many programs. A tool that stores what build
# scripts make takes this one for a script with effects elsewhere, and can store none of its runs; builds that run at once on a
# machine write the same file, and one of another user, in a directory with the sticky bit, may not be written at all.
set -euo pipefail

for name in "${!RUSTC_@}"; do unset "$name"; done
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

# left VERSION: what is in TMPDIR when a crate with this rustix has been checked.
left() {
    mkdir -p "$1/src" "$1/tmp"
    printf '[package]\nname = "project"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\nrustix = "=%s"\n' "$1" >"$1/Cargo.toml"
    touch "$1/src/lib.rs"
    (cd "$1" && TMPDIR=$work/$1/tmp cargo check --quiet 2>../log) || { cat log >&2; exit 2; }
    ls "$1/tmp"
}
is 'rustix 1.0.8 leaves' "$(left 1.0.8)" ''
is 'rustix 1.1.2 leaves' "$(left 1.1.2)" 'rustix_test_can_compile'
is 'which begins with' "$(head -c 4 1.1.2/tmp/rustix_test_can_compile)" 'rust'
