# shellcheck shell=bash disable=SC2034,SC2154 # cache, root: scripts/setup sets them; others read stored_rust
# The machine's Rust toolchain in the Nix store, where nixpkgs' toolchains are.

# need_stored_rust: leaves its path in `stored_rust`.
need_stored_rust() {
    local sysroot known copy
    need_nix
    sysroot=$(cd "$root" && rustc --print sysroot)
    known=$cache/stored-rust/$("$sysroot/bin/rustc" -vV | sha256sum | cut -d ' ' -f 1)
    stored_rust=$(cat "$known" 2>/dev/null) || true
    if [[ -z $stored_rust ]] || ! nix-store --check-validity "$stored_rust" 2>/dev/null; then
        say "adding the Rust toolchain to the Nix store"
        copy=$(mktemp -d)
        mkdir "$copy/rust"
        cp -r "$sysroot/bin" "$sysroot/lib" "$copy/rust"
        stored_rust=$(nix-store --add "$copy/rust")
        rm -rf "$copy"
        mkdir -p "${known%/*}"
        echo "$stored_rust" >"$known"
    fi
}
