# shellcheck shell=bash disable=SC2154 # root, work, more: scripts/bench and scripts/setup set them
# Compiler calls through the shim that it hands on, against direct ones, and what the shim adds to a closure.
#
# The last line is `shim: N ms more, binary N bytes, crates N`: what the dearer of the two calls takes more than the same
# call without the shim; the size of the release binary, stripped as it is installed; and the packages in the tree of the
# binary's normal dependencies, procedural macros and this workspace's own libraries included, the shim itself not.

bench_shim() {
    local rustc shim most crates
    rustc=$(rustc --print sysroot)/bin/rustc
    ln -s "$root/target/release/nix-sccache-shim" "$work/sccache"
    shim=$work/sccache
    echo 'fn main() {}' >"$work/empty.rs"
    # In a session, as in a build: each call is noted. Of no language, so that none is answered instead.
    export NIX_SCCACHE_WRAP=none
    ln -s sccache "$work/nix-sccache-shim"
    eval "$("$work/nix-sccache-shim" session begin)"
    trap '"$work/nix-sccache-shim" session end --failed >/dev/null 2>&1; rm -rf "$work"' EXIT

    measure "a probe" directly "$rustc -vV" "through the shim" "$shim $rustc -vV"
    most=$more
    local call="$rustc --crate-name empty --crate-type bin --emit metadata --out-dir $work $work/empty.rs"
    measure "a call that no cache serves" directly "$call" "through the shim" "$shim $call"
    most=$(printf '%s\n' "$most" "$more" | sort --general-numeric-sort | tail -n 1)

    # A package that was listed is marked, where it comes again.
    crates=$(cargo tree --manifest-path "$root/wrapper/Cargo.toml" --package nix-sccache-shim --edges normal --prefix none \
        --format '{p}' | cut -d ' ' -f 1,2 | sort --unique | grep --count --invert-match '^nix-sccache-shim ')
    echo "shim: $most ms more, binary $(stat --dereference --format %s "$shim") bytes, crates $crates"
}
