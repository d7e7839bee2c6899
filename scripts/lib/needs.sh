# shellcheck shell=bash disable=SC2034,SC2154 # scripts/setup reads needs_of, and sets cache and root
# What the scripts and the parts of scripts/test need, by a word each: of a function need_WORD here, which installs it and
# exports the variables that tell where it is, or of a program that Debian has a package of.

# What each part of scripts/test needs.
declare -A needs_of=(
    [fast]="plugin sccache nixfmt shellcheck git"
    [lint]="plugin nixfmt shellcheck git"
    [docs]="nix mdbook git"
    [unit]=""
    [hosts]="plugin git"
    [source]=""
    [formats]=""
    [trace]="musl-gcc strace python3"
    [exactness]="sccache_releases redis-server python3"
    [wire]="sccache_releases"
    [builtins]="plugin git"
    [toolchain]="plugin dist"
    [bootstrap]="rustc_sources python3"
    [shim]="sccache cargo_auditable redis-server chromium musl-gcc tmux"
    [differential]="sccache"
    [sandbox]="plugin sccache program workspace_crates dist s3 redis-server curl patchelf xz ip"
    [flake]="plugin sccache workspace_crates nixfmt git xz"
    [rustc]="plugin sccache rustc_tree git curl python3"
    [services]="plugin sccache redis-server systemd-analyze"
)

# What takes minutes to make, and only some tests read: scripts/setup leaves it out with only_tools=1.
takes_long=" sccache_releases dist s3 rustc_sources rustc_tree mdbook "

# The packages that are called otherwise than the program.
declare -A package_of=(
    [ip]=iproute2
    [musl-gcc]=musl-tools
    [systemd-analyze]=systemd
    [xz]=xz-utils
)

need_nix() {
    need_debian nix nix-bin
    need_nix_users
    export NIX_SCCACHE_HOSTS=${NIX_SCCACHE_HOSTS:-$(command -v nix)}
    nix_conf=$cache/nix-conf
    export NIX_CONF_DIR=$nix_conf NIX_USER_CONF_FILES=
}

# need_plugin: what the plugin is built with.
need_plugin() {
    local headers
    need_nix
    needs_cxx_host nix || return 0
    need_debian g++ g++ pkg-config pkg-config \
        /usr/include/gc/gc_cpp.h libgc-dev \
        /usr/include/boost/version.hpp libboost-dev \
        /usr/include/nlohmann/json.hpp nlohmann-json3-dev
    # Once, however often this is called: a change of it builds the plugin anew.
    headers=$(nix_headers nix)
    if [[ -n $headers && ${PKG_CONFIG_PATH-}: != "$headers:"* ]]; then
        export PKG_CONFIG_PATH=$headers${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
    fi
}

sccache_version=0.19.0

need_sccache() {
    NIX_SCCACHE_TEST_SCCACHE=$(need_tool sccache "$sccache_version" sccache --no-default-features --features redis,s3)
    export NIX_SCCACHE_TEST_SCCACHE
}

# need_demo_sccache: that one where it is; else one that has the disk alone to store in, compiled for the time to its
# first run. Leaves in `quickly` by which variables cargo compiles like that. The shim is not to be: it digests
# compilers, which takes it 10 s without optimisation.
need_demo_sccache() {
    quickly=()
    if [[ -d $cache/tools/sccache-$sccache_version ]]; then
        need_sccache
    else
        quickly=(CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16)
        NIX_SCCACHE_TEST_SCCACHE=$(
            export "${quickly[@]}"
            variant=-demo need_tool sccache "$sccache_version" sccache --no-default-features
        )
        export NIX_SCCACHE_TEST_SCCACHE
    fi
}

# need_sccache_releases: one of each release whose protocol we speak.
need_sccache_releases() {
    need_sccache
    NIX_SCCACHE_TEST_SCCACHE_RELEASES=$(sccache_releases 0.17.0 0.18.0):$sccache_version=$NIX_SCCACHE_TEST_SCCACHE
    export NIX_SCCACHE_TEST_SCCACHE_RELEASES
}

# need_peers: leaves in `kache` and `mbx` other caches of this kind. kache's own lock file names what the registry has no
# more, and its profile compiles all of it as one unit, in twice the time.
need_peers() {
    kache=$(CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 lock='' need_tool kache 2.0.0 kache)
    mbx=$(need_tool mbx 1.29.1 mbx)
}

need_cargo_auditable() {
    NIX_SCCACHE_TEST_CARGO_AUDITABLE=$(need_tool cargo-auditable 0.7.7 cargo-auditable)
    export NIX_SCCACHE_TEST_CARGO_AUDITABLE
}

need_nixfmt() {
    NIX_SCCACHE_TEST_NIXFMT=$(need_tool nixfmt_rs 0.5.3 nixfmt)
    export NIX_SCCACHE_TEST_NIXFMT
}

# need_mdbook: without optimisation it is compiled in a quarter of the time.
need_mdbook() {
    mdbook=$(need_tool mdbook 0.5.4 mdbook --no-default-features --debug)
}

need_s3() {
    # Later ones want a later Rust.
    NIX_SCCACHE_TEST_S3=$(need_tool s3s-fs 0.14.1 s3s-fs --features binary)
    export NIX_SCCACHE_TEST_S3
}

need_time() {
    # The shell has a word of that name.
    need_debian /usr/bin/time time
}

# need_workspace_crates: the crates that this project's own packages are built with.
need_workspace_crates() {
    need_vendored "$root/Cargo.lock" "$root/wrapper/Cargo.lock" >/dev/null
}

# need_program: the program that the demo and the tests build.
need_program() {
    NIX_SCCACHE_TEST_PROGRAM=$(need_crate ripgrep 15.2.0)
    NIX_SCCACHE_TEST_PROGRAM_VENDORED=$(need_vendored "$NIX_SCCACHE_TEST_PROGRAM/Cargo.lock")
    export NIX_SCCACHE_TEST_PROGRAM NIX_SCCACHE_TEST_PROGRAM_VENDORED
}
