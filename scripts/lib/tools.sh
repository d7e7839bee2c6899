# shellcheck shell=bash disable=SC2154 # cache: scripts/setup sets it
# Tools from crates.io, each version in a directory of its own.

# need_tool CRATE VERSION BINARY [OPTION…]: prints the path of the binary. `variant` tells it from another of
# that version, with other options; `lock` is how to take the crate's own lock file, by default.
need_tool() {
    local crate=$1 version=$2 binary=$3
    shift 3
    local tool=$cache/tools/$crate-$version${variant-}
    if [[ ! -x $tool/bin/$binary ]]; then
        say "installing $crate $version"
        # shellcheck disable=SC2086 # an option or none
        cargo install "$crate" --version "$version" ${lock---locked} --root "$tool" "$@" >&2
    fi
    echo "$tool/bin/$binary"
}

# sccache_releases VERSION…: prints VERSION=BINARY of each, with colons between them. They answer
# a test's few requests: compiled without optimising, and what two of them share is compiled once.
sccache_releases() {
    local version target=$cache/tools/sccache-target releases=()
    for version; do
        releases+=("$version=$(CARGO_TARGET_DIR=$target CARGO_PROFILE_DEV_DEBUG=0 \
            need_tool sccache "$version" sccache --debug --no-default-features)")
    done
    rm -rf "$target"
    (IFS=: && echo "${releases[*]}")
}
