# shellcheck shell=bash disable=SC2154 # attributes of the derivation
# How a package of rustc is configured and built.

# nixSccachePrepareBootstrap SHIM CURL: what x.py finds in the environment, the same in every build.
nixSccachePrepareBootstrap() {
    # Bootstrap looks for a program `sccache`, and another may be among the inputs.
    export PATH="$1/bin:$2/bin:$PATH"
    export CURL="$2/bin/curl"
    # How the shim comes in, in all releases: bootstrap puts what RUSTC_WRAPPER names in front of each rustc, of whatever
    # stage, behind a program of its own (RUSTC_WRAPPER_REAL); bootstrap.py has it in front of rustc itself; and the
    # config's `ccache` names it to C and C++ compilers, and from 1.89 on in front of that program at stage 0, where
    # the shim finds out that it is called within a call. Another wrapper would come between.
    unset RUSTC_WORKSPACE_WRAPPER CARGO_BUILD_RUSTC_WRAPPER CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER
    export HOME=$NIX_BUILD_TOP
    # Each variable of cargo's is in the keys.
    export CARGO_HOME=$HOME/.cargo
    mkdir -p "$CARGO_HOME"
}

# nixSccacheWrapLld TOOLCHAIN: the linker that this rustc brings, and those that the compilers which are
# built here bring, find libraries of the inputs: nixpkgs' wrapper is where C compilers look first.
nixSccacheWrapLld() {
    local sysroot lld directory=$NIX_BUILD_TOP/gcc-ld
    if ! sysroot=$("$1/bin/rustc" --print sysroot); then return; fi
    for lld in "$sysroot"/lib/rustlib/*/bin/gcc-ld/ld.lld; do
        if [[ ! -f $lld ]]; then continue; fi
        mkdir -p "$directory"
        if [[ $(head --bytes=2 "$lld") == '#!' ]]; then
            ln -sf "$lld" "$directory"
        else
            lldScript "$lld" >"$directory/ld.lld"
            chmod +x "$directory/ld.lld"
        fi
        export NIX_CFLAGS_COMPILE_BEFORE="-B$directory ${NIX_CFLAGS_COMPILE_BEFORE-}"
    done
}

# nixSccacheConfigureBootstrap: writes the config, into the source's directory.
nixSccacheConfigureBootstrap() {
    local stage0=build/$bootstrapTriple/stage0
    printf '%s' "$bootstrapConfig" >"$bootstrapConfigName"
    # Of several that are there, this one.
    export RUST_BOOTSTRAP_CONFIG=$PWD/$bootstrapConfigName
    echo "$bootstrapConfigName:"
    cat "$bootstrapConfigName"
    printf '\nset because nothing else is:\n%s\n' "$bootstrapConfigReasons"

    # The compiler that the stage0 file names is there, as far as this file knows.
    if [[ -n $bootstrapStage0Date ]]; then
        mkdir -p "$stage0"
        printf '%s' "$bootstrapStage0Date" >"$stage0/.rustc-stamp"
    fi

    # As in Rust's own archives of the source; bootstrap makes it in few releases.
    if [[ -d vendor && ! -e .cargo/config && ! -e .cargo/config.toml ]]; then
        mkdir -p .cargo
        printf '[source.crates-io]\nreplace-with = "vendored-sources"\n\n[source.vendored-sources]\ndirectory = "vendor"\n' \
            >.cargo/config.toml
    fi
}

# nixSccacheBootstrap COMMAND FLAG…: runs x.py.
nixSccacheBootstrap() {
    local command=$1
    shift
    set -- x.py "$command" -j "$NIX_BUILD_CORES" "$@"
    echo "$*"
    python3 "$@"
}
