# shellcheck shell=bash disable=SC2154 # cache: scripts/setup sets it
# Tools from crates.io, each version in a folder of its own.

# need_tool CRATE VERSION BINARY [OPTION…]: prints the path of the binary.
need_tool() {
    local crate=$1 version=$2 binary=$3
    shift 3
    local tool=$cache/tools/$crate-$version
    if [[ ! -x $tool/bin/$binary ]]; then
        say "installing $crate $version"
        cargo install "$crate" --version "$version" --locked --root "$tool" "$@" >&2
    fi
    echo "$tool/bin/$binary"
}
