#!/usr/bin/env bash
# A program of Rust's own release does not start.
#
# Expected: the programs in a toolchain's `lib/rustlib/TARGET/bin` find the toolchain's libraries, wherever it is unpacked.
# Seen, with Rust 1.95.0 for x86_64-linux as rustup installs it: `rust-objcopy`, in the component `rustc`, cannot load libLLVM. Its run path is
# `$ORIGIN/../lib`, as if it were in the toolchain's `bin`; `rust-lld`, beside it and with the same needs, has `$ORIGIN/../../../` as
# well, and starts. Under `rustup run`, and so in whatever cargo starts as rustup installed it, it does start: rustup sets
# LD_LIBRARY_PATH.
#
# Why it matters: who unpacks the same archives without rustup (Nix, containers) and takes LD_LIBRARY_PATH for unneeded, as its run paths
# suggest, has a toolchain that works until rustc calls this one (to strip, on some targets). A builder has to set the run path
# itself, per program.
set -euo pipefail

for name in "${!RUSTC_@}"; do unset "$name"; done
unset LD_LIBRARY_PATH
work=$(mktemp -d)
export RUSTUP_TOOLCHAIN=1.95.0 LC_ALL=C
trap 'rm -rf "$work"' EXIT
cd "$work"

is() { # what, seen, wanted
    echo "$1: $2"
    [ "$2" = "$3" ] || { echo "this was: $3" >&2; exit 1; }
}

rustc -V | grep -qF 'rustc 1.95.0 ' || { echo 'wants rustc 1.95.0' >&2; exit 2; }
[ "$(rustc -vV | sed -n 's/^host: //p')" = x86_64-unknown-linux-gnu ] || { echo 'wants x86_64-linux' >&2; exit 2; }
bin=$(rustc --print sysroot)/lib/rustlib/x86_64-unknown-linux-gnu/bin

library() { readelf --dynamic "$bin/$1" | grep -oE 'libLLVM[^]]*'; }
run_path() { readelf --dynamic "$bin/$1" | sed -n 's/.*(R.*PATH).*\[\(.*\)\]/\1/p'; }
starts() { if "$@" --version >log 2>&1; then echo yes; else grep -oE 'error while loading shared libraries: [^:]*' log; fi; }

wanted=$(library rust-lld)
is 'needed by both' "$(library rust-objcopy)" "$wanted"
# shellcheck disable=SC2016 # what is written in the program
is 'run path, rust-lld' "$(run_path rust-lld)" '$ORIGIN/../../../:$ORIGIN/../lib'
# shellcheck disable=SC2016 # likewise
is 'run path, rust-objcopy' "$(run_path rust-objcopy)" '$ORIGIN/../lib'
is 'rust-lld starts' "$(starts "$bin/gcc-ld/ld.lld")" yes
is 'rust-objcopy starts' "$(starts "$bin/rust-objcopy")" "error while loading shared libraries: $wanted"
is 'under rustup' "$(starts rustup run 1.95.0 "$bin/rust-objcopy")" yes
