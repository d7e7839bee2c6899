# shellcheck shell=bash disable=SC2154 # cache, root: scripts/setup sets them
# The plugin, for one Nix.

# build_plugin NIX [FEATURE…]: prints the path of the file.
#
# A directory of its own for each keeps one build from undoing another.
build_plugin() {
    local nix=$1 version target features
    shift
    version=$(nix_version "$nix")
    # The harness of the tests looks for it there, by Nix's version.
    target=$root/target/hosts/$(printf '%s' "$version" "${@/#/-}")
    if needs_cxx_host "$nix"; then
        features="cxx-host $*"
        PKG_CONFIG_PATH=$(nix_headers "$nix")${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
        export PKG_CONFIG_PATH
    else
        features=$*
    fi
    cargo build --quiet --release --package nix-sccache-plugin --features "$features" --target-dir "$target" >&2
    echo "$target/release/libnix_sccache.so"
}

# needs_cxx_host NIX: Lix has no C API, and Nix has none in its programs before 2.35.
needs_cxx_host() {
    [[ $("$1" --version) == *Lix* || $(printf '%s\n' 2.35 "$(nix_version "$1")" | sort --version-sort | head -n 1) != 2.35 ]]
}
