# shellcheck shell=bash
# The Rust toolchain, which is the machine's own to choose.

# need_rust CARGO_TOML: as new as the workspace's rust-version says.
need_rust() {
    local wanted found
    wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$1")
    command -v cargo >/dev/null ||
        fail "no cargo on PATH: install Rust $wanted or later, by rustup (https://rustup.rs)."
    found=$(cargo --version | cut -d ' ' -f 2)
    [[ $(printf '%s\n' "$wanted" "$found" | sort --version-sort | head -n 1) == "$wanted" ]] ||
        fail "$(command -v cargo) is Rust $found: this project needs $wanted or later, by rustup (https://rustup.rs)."
}
