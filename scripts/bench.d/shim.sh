# shellcheck shell=bash disable=SC2154 # root, work: scripts/bench and scripts/setup set them
# Compiler calls through the shim that it hands on, against direct ones.

bench_shim() {
    local rustc shim
    rustc=$(rustc --print sysroot)/bin/rustc
    ln -s "$root/target/release/nix-sccache-shim" "$work/sccache"
    shim=$work/sccache
    echo 'fn main() {}' >"$work/empty.rs"
    # In a session, as in a build: each call is noted.
    ln -s sccache "$work/nix-sccache-shim"
    eval "$("$work/nix-sccache-shim" session begin)"
    trap '"$work/nix-sccache-shim" session end --failed; rm -rf "$work"' EXIT

    measure "a probe" directly "$rustc -vV" "through the shim" "$shim $rustc -vV"
    local call="$rustc --crate-name empty --crate-type bin --emit metadata --out-dir $work $work/empty.rs"
    measure "a call that no cache serves" directly "$call" "through the shim" "$shim $call"
}
