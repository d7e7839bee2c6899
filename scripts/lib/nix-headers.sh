# shellcheck shell=bash
# The C++ headers of the Nix on PATH, which Debian's nix-bin comes without.

# need_nix_headers DIRECTORY: PKG_CONFIG_PATH is to find them afterwards in DIRECTORY/lib/pkgconfig.
need_nix_headers() {
    local version
    version=$(nix_version)
    ! pkg-config --exists "nix-expr = $version" || return 0
    if [[ $version != 2.8.0 ]] || ! dpkg-query --show nix-bin >/dev/null 2>&1; then
        fail "pkg-config finds no nix-expr $version, the headers of the Nix on PATH. Put the folder of its" \
            "nix-expr.pc (nixpkgs: the output dev of nix) into PKG_CONFIG_PATH."
    fi
    say "fetching the headers of Nix $version"
    (
        work=$(mktemp -d "${1%/*}/nix-headers.XXXXXX")
        trap 'rm -rf "$work"' EXIT
        cd "$work" || exit
        # shellcheck disable=SC2016 # dpkg's variable
        debian_source nix "$(dpkg-query --show --showformat '${source:Version}' nix-bin)"
        install_nix_headers "$work/nix-$version" "$work/installed" "$version"
        rm -rf "$1"
        mv "$work/installed" "$1"
    )
}

# install_nix_headers SOURCE DIRECTORY VERSION: lays them out as `make install` would.
install_nix_headers() {
    local source=$1 include=$2/include/nix pkgconfig=$2/lib/pkgconfig version=$3
    mkdir -p "$include" "$pkgconfig"
    find "$source"/src/lib* -name '*.hh' -exec cp -t "$include" {} +

    # As Debian's build is configured. Without HAVE_BOEHMGC the headers compile, but for
    # another memory layout than that of the library.
    cat >"$include/config.h" <<EOF
#define HAVE_BOEHMGC 1
#define HAVE_STRUCT_DIRENT_D_TYPE 1
#define PACKAGE_VERSION "$version"
#define SYSTEM "$(uname -m)-linux"
EOF
    cat >"$pkgconfig/nix-expr.pc" <<EOF
Name: Nix
Description: Nix Package Manager
Version: $version
Requires: bdw-gc
Cflags: -I\${pcfiledir}/../../include/nix -std=c++17
EOF
}
