# shellcheck shell=bash disable=SC2154 # cache: scripts/setup sets it
# The C++ headers of a Nix.

# nix_headers NIX: prints the directory where pkg-config finds them.
nix_headers() {
    local nix=$1 version beside
    version=$(nix_version "$nix")
    beside=$(dirname "$(dirname "$(realpath "$nix")")")/lib/pkgconfig
    if [[ -e $beside/nix-expr.pc || -e $beside/lix-expr.pc ]]; then
        echo "$beside"
    elif ! pkg-config --exists "nix-expr = $version" && ! pkg-config --exists "lix-expr = $version"; then
        if [[ $version != 2.8.0 ]] || ! dpkg-query --show nix-bin >/dev/null 2>&1; then
            fail "pkg-config finds no nix-expr $version, the headers of $nix. Put the directory of its" \
                "nix-expr.pc (nixpkgs: the output dev of nix) into PKG_CONFIG_PATH."
        fi
        need_debian_headers "$cache/nix-$version"
        echo "$cache/nix-$version/lib/pkgconfig"
    fi
}

# need_debian_headers DIRECTORY: those of Debian's nix-bin 2.8.0, which comes without any.
need_debian_headers() {
    [[ ! -d $1 ]] || return 0
    say "fetching the headers of Nix 2.8.0"
    (
        work=$(mktemp -d "${1%/*}/nix-headers.XXXXXX")
        trap 'rm -rf "$work"' EXIT
        cd "$work" || exit
        # shellcheck disable=SC2016 # dpkg's variable
        debian_source nix "$(dpkg-query --show --showformat '${source:Version}' nix-bin)"
        install_nix_headers "$work/nix-2.8.0" "$work/installed" 2.8.0
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
