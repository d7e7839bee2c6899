# shellcheck shell=bash
# A Nix to test on, built with a Debian's own compiler and libraries, in a chroot.
#
# What comes out is a directory that runs outside of any chroot: Nix with its headers, and all the
# libraries that it was built with.

# make_chroot DIRECTORY SUITE: a small Debian.
make_chroot() {
    local mirror
    ((EUID == 0)) ||
        fail "only root can make a chroot, to build a Nix in. Name the Nixes to test on in NIX_SCCACHE_HOSTS."
    need_debian debootstrap debootstrap patchelf patchelf
    mirror=$(debian_mirror)
    mkdir -p "$1"
    chmod 755 "$1"
    debootstrap --variant=minbase "$2" "$1" ${mirror:+"$mirror"} >&2
}

# in_chroot CHROOT COMMANDS
in_chroot() {
    DEBIAN_FRONTEND=noninteractive LC_ALL=C chroot "$1" sh -euc "$2" >&2
}

# collect_nix INSTALLED PREFIX CHROOT DIRECTORY: moves what a chroot has in its INSTALLED, by the
# prefix that it was built for, to DIRECTORY, with the libraries that it needs, and makes it look for
# them under the prefix, where it will be.
collect_nix() {
    local installed=$1 prefix=$2 chroot=$3 directory=$4 library interpreter program
    in_chroot "$chroot" "LD_LIBRARY_PATH='$installed$prefix/lib' ldd '$installed$prefix/bin/nix' >'$installed/libraries'"
    mv "$chroot$installed$prefix" "$directory"
    while read -r library; do
        cp "$chroot$library" "$directory/lib"
    done < <(sed -nE 's,.* => (/(usr/)?lib/[^ ]*) .*,\1,p' "$chroot$installed/libraries")
    interpreter=$(patchelf --print-interpreter "$directory/bin/nix")
    cp "$chroot$interpreter" "$directory/lib"
    for library in "$directory"/lib/*.so*; do
        [[ $library == */ld-linux* || $library == */libc.so* || -L $library ]] ||
            patchelf --force-rpath --set-rpath "$prefix/lib" "$library"
    done
    while read -r program; do
        # Scripts have none.
        patchelf --print-interpreter "$program" >/dev/null 2>&1 || continue
        patchelf --set-interpreter "$prefix/lib/${interpreter##*/}" --force-rpath --set-rpath "$prefix/lib" "$program"
    done < <(find "$directory" -type f -path '*/bin/*' -o -type f -path '*/libexec/*')
}
