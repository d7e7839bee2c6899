#!/usr/bin/env bash
# zccache gives a Rust library made from other sources, or with another C library in it.
#
# Expected: a hit is what rustc would make now.
# Seen, with zccache 1.15.8 and rustc 1.95.0:
# - a call that does not ask for dep-info (`--emit=link`, or no `--emit` at all) is keyed by its root file: after a module, or a
#   file of `include_str!`, changed, the library with the old one comes back. With `--emit=dep-info,metadata,link`, which
#   cargo has, it is made anew.
# - with cargo's arguments, too, the archive of `-l static=NAME` is not looked at: after the C code was compiled again the library
#   has the old code in it.
#
# Why it matters: cache keys that come from dep-info are as good as the call that was made with it. nixpkgs'
# buildRustCrate gives no `--emit`; and what build scripts compile reaches rustc as exactly such an archive, at the same path each time.
set -euo pipefail

for name in "${!ZCCACHE_@}" "${!RUSTC_@}"; do unset "$name"; done
work=$(mktemp -d)
export RUSTUP_TOOLCHAIN=1.95.0 XDG_CONFIG_HOME=$work/config ZCCACHE_CACHE_DIR=$work/cache
zccache=$work/venv/bin/zccache
trap '"$zccache" stop >"$work/log" 2>&1 || true; rm -rf "$work"' EXIT
cd "$work"

is() { # what, seen, wanted
    echo "$1: $2"
    [ "$2" = "$3" ] || { echo "this was: $3" >&2; exit 1; }
}

rustc -V | grep -qF 'rustc 1.95.0 ' || { echo 'wants rustc 1.95.0' >&2; exit 2; }
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check zccache==1.15.8
rustc=$(rustc --print sysroot)/bin/rustc

mkdir out
echo 'fn main() { println!("{}", library::number()) }' >main.rs
number() { # the compiler, further arguments: what a program says that uses the library
    "$@" --crate-name library --crate-type lib --edition=2021 --out-dir out library.rs 2>messages &&
        "$rustc" --edition=2021 --extern library=out/liblibrary.rlib main.rs && ./main
}
module() { # how it is called, arguments of rustc, what comes of it after the module changed
    local what=$1 wanted=$2
    shift 2
    echo 'mod part; pub fn number() -> u32 { part::NUMBER }' >library.rs
    echo 'pub const NUMBER: u32 = 1;' >part.rs
    sleep 1
    is "$what" "$(number "$zccache" "$rustc" "$@")" 1
    echo 'pub const NUMBER: u32 = 2;' >part.rs
    sleep 1
    is "$what, module changed, rustc" "$(number "$rustc" "$@")" 2
    is "$what, module changed, zccache" "$(number "$zccache" "$rustc" "$@")" "$wanted"
}
module 'no --emit' 1
module '--emit=link' 1 --emit=link
module "cargo's --emit" 2 --emit=dep-info,metadata,link

archive() {
    rm -f libcode.a code.o
    echo "int code(void) { return $1; }" | gcc -c -xc - -o code.o
    ar rcs libcode.a code.o
    sleep 1
}
echo 'extern "C" { fn code() -> u32; } pub fn number() -> u32 { unsafe { code() } }' >library.rs
with=("--emit=dep-info,metadata,link" -L "native=$work" -l static=code)
archive 1
is 'archive' "$(number "$zccache" "$rustc" "${with[@]}")" 1
archive 2
is 'archive changed, rustc' "$(number "$rustc" "${with[@]}")" 2
is 'archive changed, zccache' "$(number "$zccache" "$rustc" "${with[@]}")" 1
