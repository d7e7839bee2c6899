# shellcheck shell=bash disable=SC2154 # cache: scripts/setup sets it
# Whole sources of rustc, to build, and what it takes: Debian's rustc of the same release.

# rustc_tree RELEASE DEBIAN_VERSION SUITE: prints the directory of that source, without its tests and
# its books.
rustc_tree() {
    local tree=$cache/rustc-trees/$1 unpacked
    if [[ ! -d $tree ]]; then
        say "fetching the whole source of Rust $1"
        mkdir -p "${tree%/*}"
        (
            work=$(mktemp -d "${tree%/*}/.$1.XXXXXX")
            trap 'rm -rf "$work"' EXIT
            cd "$work" || exit
            debian_source rustc "$2" "$3" || exit
            unpacked=$(echo rustc-*/)
            rm -rf "$unpacked"/{.pc,debian,src/doc,src/test,tests}
            # Build users read it by the store, which keeps no other mode.
            mv "$unpacked" "$tree"
        )
    fi
    echo "$tree"
}

# need_rustc_tree: the machine's own source of rustc, Debian 12's, and what builds that.
need_rustc_tree() {
    need_debian \
        /usr/bin/rustc rustc \
        /usr/bin/cargo cargo \
        /usr/lib/llvm-14/bin/llvm-config llvm-14-dev
    NIX_SCCACHE_TEST_RUSTC_TREE=$(rustc_tree 1.63.0 1.63.0+dfsg1-2 bookworm)
    export NIX_SCCACHE_TEST_RUSTC_TREE
}
