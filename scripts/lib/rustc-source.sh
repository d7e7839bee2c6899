# shellcheck shell=bash disable=SC2154 # cache, root: scripts/setup sets them
# Sources of rustc, and their own readers of the bootstrap config: what tests/bootstrap asks.

# unpack_config ABOVE DIRECTORY: unpacks, from a tar on standard input, what of a source has to do with its config: the source is
# in ABOVE there, a pattern, and in DIRECTORY then.
unpack_config() {
    local above=$1 directory=$2 slashes
    slashes=${above//[^\/]/}
    mkdir "$directory"
    # Not every release has each of them.
    tar --extract --directory "$directory" --strip-components $((${#slashes} + 1)) \
        --wildcards --no-wildcards-match-slash \
        "$above"/{Cargo.lock,git-commit-info,src/bootstrap,src/build_helper,src/version,'src/stage0*',src/ci/channel} \
        "$above/src/etc/rust_analyzer*" 2>/dev/null || [[ -e $directory/src/bootstrap/bootstrap.py ]]
}

# rustc_source RELEASE DEBIAN_VERSION SUITE: prints the directory with what of that source has to
# do with its config, as upstream has it, and in oracle/ a program that reads one.
rustc_source() {
    local release=$1 source=$cache/rustc-sources/$1
    if [[ ! -d $source ]]; then
        say "fetching the source of Rust $release"
        mkdir -p "${source%/*}"
        (
            work=$(mktemp -d "${source%/*}/.$release.XXXXXX")
            trap 'rm -rf "$work"' EXIT
            cd "$work" || exit
            need_debian xz xz-utils
            debian_source rustc "$2" "$3" --download-only
            xz --decompress --stdout rustc_*.orig.tar.xz | unpack_config '*' unpacked
            mv unpacked "$source"
        )
    fi
    need_oracle "$source"
    echo "$source"
}

# newest_rustc_source SUITE: the same of the newest rustc of a suite of Debian's, whose package rust-src has it, too.
newest_rustc_source() {
    local source work
    say "fetching the source of the Rust in $1"
    mkdir -p "$cache/rustc-sources"
    work=$(mktemp -d "$cache/rustc-sources/.$1.XXXXXX")
    (
        trap 'rm -rf "$work"' EXIT
        cd "$work" || exit
        debian_package rust-src "$1"
        dpkg-deb --fsys-tarfile rust-src_*.deb | unpack_config './usr/src/*' unpacked
        source=$cache/rustc-sources/$(<unpacked/src/version)
        [[ -d $source ]] || mv unpacked "$source"
        need_oracle "$source"
        echo "$source"
    )
}

# need_oracle SOURCE: builds that program with the machine's own Rust, which can, and with the crates that
# the source's Cargo.lock names.
need_oracle() {
    local oracle=$1/oracle lock=$1/src/bootstrap/Cargo.lock
    cmp --quiet "$root/tests/bootstrap/oracle/main.rs" "$oracle/main.rs" && [[ -x $oracle/oracle ]] && return
    say "building bootstrap of Rust $(<"$1/src/version")"
    [[ -e $lock ]] || lock=$1/Cargo.lock
    mkdir -p "$oracle"
    cp "$lock" "$oracle/Cargo.lock"
    cat >"$oracle/Cargo.toml" <<'TOML'
[package]
name = "oracle"
version = "0.0.0"
edition = "2021"
[[bin]]
name = "oracle"
path = "main.rs"
[features]
flags-are-parsed-within = []
[dependencies]
bootstrap.path = "../src/bootstrap"
[workspace]
TOML
    cp "$root/tests/bootstrap/oracle/main.rs" "$oracle/main.rs"
    local features=()
    grep -q 'pub fn parse(args: &\[String\]) -> Config' "$1"/src/bootstrap/config.rs 2>/dev/null && features=(--features flags-are-parsed-within)
    # It wants to be built by its own bootstrap.py, which says by RUSTC which compiler that is.
    (
        cd "$oracle" || exit
        unset RUSTC_WRAPPER
        RUSTC=$(rustc --print sysroot)/bin/rustc RUSTFLAGS=--cap-lints=allow CARGO_TARGET_DIR=$oracle/target \
            cargo build --quiet "${features[@]}" >&2
        mv target/debug/oracle oracle
        rm -r target
    )
}

# need_rustc_sources: those of the tests.
need_rustc_sources() {
    rustc_source 1.63.0 1.63.0+dfsg1-2 bookworm >/dev/null
    rustc_source 1.85.0 1.85.0+dfsg3-1 trixie >/dev/null
    export NIX_SCCACHE_TEST_RUSTC_SOURCES=$cache/rustc-sources
}
