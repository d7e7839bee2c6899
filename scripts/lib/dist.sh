# shellcheck shell=bash disable=SC2154 # cache, root: scripts/setup sets them
# A server of Rust's archives, as a directory, from the toolchain that is installed: what the tests
# and rustup can install Rust from without a network.

# need_dist: exports the directory. Put `file://` before it, and it is what RUSTUP_DIST_SERVER wants.
#
# It has the archives of the components that are installed, as .tar.xz, and the channel's own
# manifest with the hashes of those; all else that the manifest names is not there.
need_dist() {
    local rustlib dist=$cache/dist key
    rustlib=$(cd "$root" && rustc --print sysroot)/lib/rustlib
    [[ -e $rustlib/multirust-channel-manifest.toml ]] ||
        fail "${rustlib%/lib/rustlib} is a Rust without the manifest of its channel: install Rust by" \
            "rustup (https://rustup.rs), which leaves one there."
    # Another nightly has the same number, and a component may have come since.
    key=$(cat "$rustlib/components" "$rustlib/multirust-channel-manifest.toml" | sha256sum | cut -d ' ' -f 1)
    if [[ ! -e $dist/$key ]]; then
        say "packing the Rust toolchain that is installed"
        need_debian xz xz-utils
        (
            work=$(mktemp -d "$dist.XXXXXX")
            trap 'rm -rf "$work"' EXIT
            make_dist "$rustlib" "$work" "$work/server"
            touch "$work/server/$key"
            # Build users read it by a mount.
            chmod -R a+rX "$work/server"
            rm -rf "$dist"
            mv -T "$work/server" "$dist"
        )
    fi
    export NIX_SCCACHE_TEST_DIST=$dist
}

# make_dist RUSTLIB WORK SERVER: RUSTLIB is the directory lib/rustlib of a toolchain, WORK an empty one.
make_dist() {
    local rustlib=$1 work=$2 server=$3 manifest=$2/manifest.toml package target url
    cp "$rustlib/multirust-channel-manifest.toml" "$manifest"
    while read -r package target url; do
        pack_component "$rustlib" "$package" "$target" "$work/unpacked" "$server/${url#https://*/}"
        set_xz_hash "$manifest" "$url" "$server/${url#https://*/}"
    done < <(installed_components "$rustlib")
    publish_manifest "$manifest" "$server"
}

# installed_components RUSTLIB: prints each package, its target (or *) and its .tar.xz.
installed_components() {
    awk '
        NR == FNR { installed[$0]; next }
        /^\[/ { package = "" }
        /^\[pkg\..*\.target\./ {
            package = target = $0
            sub(/^\[pkg\./, "", package)
            sub(/\.target\..*/, "", package)
            sub(/.*\.target\./, "", target)
            gsub(/["\]]/, "", target)
        }
        package && $1 == "xz_url" && (package (target == "*" ? "" : "-" target) in installed) {
            gsub(/"/, "", $3)
            print package, target, $3
        }
    ' "$1/components" "$1/multirust-channel-manifest.toml"
}

# pack_component RUSTLIB PACKAGE TARGET WORK ARCHIVE: laid out as rust-installer does it, in its
# version 3: what rustup and our Nix code unpack.
pack_component() {
    local sysroot=${1%/lib/rustlib} package=$2 target=$3 work=$4 archive=$5 component=$2 top list kind path
    list=$1/manifest-$package
    [[ $target == "*" ]] || list+=-$target
    # Those of several targets go into one toolchain.
    [[ $package != rust-std ]] || component=$package-$target
    top=$(basename "$archive" .tar.xz)

    rm -rf "$work"
    mkdir -p "$work/$top/$component" "${archive%/*}"
    echo 3 >"$work/$top/rust-installer-version"
    echo "$component" >"$work/$top/components"
    cp "$list" "$work/$top/$component/manifest.in"
    while IFS=: read -r kind path; do
        # 800 MB that no test reads: the first page stands for the rest.
        [[ $kind:$path != dir:share/doc/rust/html ]] || path+=/index.html
        (cd "$sysroot" && cp -r --parents --preserve=mode "$path" "$work/$top/$component")
    done <"$list"
    tar --create --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --directory "$work" "$top" |
        xz -0 --threads=0 >"$archive"
    rm -rf "$work"
}

# set_xz_hash MANIFEST URL ARCHIVE
set_xz_hash() {
    local hash
    hash=$(sha256sum "$3" | cut -d ' ' -f 1)
    awk -v line="xz_url = \"$2\"" -v hash="$hash" '
        found && $1 == "xz_hash" { $0 = "xz_hash = \"" hash "\""; found = 0 }
        $0 == line { found = 1 }
        { print }
    ' "$1" >"$1.new"
    mv "$1.new" "$1"
}

# publish_manifest MANIFEST SERVER: under all names that rustup looks for it by.
publish_manifest() {
    local manifest=$1 server=$2 version date channel names directory name
    version=$(awk '/^\[/ { inside = $0 == "[pkg.rust]" } inside && $1 == "version" { print $3 }' "$manifest" | tr -d '"')
    date=$(awk '$1 == "date" { print $3; exit }' "$manifest" | tr -d '"')
    case $version in
        *-nightly) names=(nightly) ;;
        *-beta*) names=(beta "$version") ;;
        *) names=(stable "$version" "${version%.*}") ;;
    esac
    for directory in "$server/dist" "$server/dist/$date"; do
        for channel in "${names[@]}"; do
            name=channel-rust-$channel.toml
            cp "$manifest" "$directory/$name"
            (cd "$directory" && sha256sum "$name" >"$name.sha256")
        done
    done
}
