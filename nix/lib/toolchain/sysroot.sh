# shellcheck shell=bash disable=SC2048,SC2154 # lists of words; attributes of the derivation
# How a directory becomes the sysroot of a compiler.

# copyPrograms DIRECTORY: copies instead of links. The compiler takes the directory that its driver
# really is in for the sysroot, and programs look for what belongs to them from where they really are.
copyPrograms() {
    local file
    for file in "$1"/bin/* "$1"/libexec/* "$1"/lib/librustc_driver* "$1"/lib/rustlib/*/bin/{,*/}*; do
        if [[ -L $file && -f $file ]]; then cp --remove-destination "$(realpath "$file")" "$file"; fi
    done
}

# hasBareLld DIRECTORY: whether rustc's ld.lld is there, and nothing is in front of it.
hasBareLld() {
    local lld
    for lld in "$1"/lib/rustlib/*/bin/gcc-ld/ld.lld; do
        if [[ -f $lld && $(head --bytes=2 "$lld") != '#!' ]]; then return; fi
    done
    return 1
}

# lldScript PROGRAM: prints a script that is nixpkgs' wrapper in front of this ld.lld, for C compilers
# of nixpkgs'. All others, and those for a platform that no package here is for, have it as it is.
lldScript() {
    local wrapper
    echo "#! $runtimeShell"
    echo "export NIX_SCCACHE_LLD=$1"
    for wrapper in ${lldWrappers[*]}; do
        # nixpkgs' C compilers set it for the linker that they call.
        echo "if [[ -n \${NIX_BINTOOLS_WRAPPER_FLAGS_SET_${wrapper%%=*}-} ]]; then exec ${wrapper#*=} \"\$@\"; fi"
    done
    echo "exec \"\$NIX_SCCACHE_LLD\" \"\$@\""
}

# wrapLld DIRECTORY: puts it in front of the ld.lld of the directory's rustc.
wrapLld() {
    local lld unwrapped
    for lld in "$1"/lib/rustlib/*/bin/gcc-ld/ld.lld; do
        if [[ ! -f $lld ]]; then continue; fi
        # It looks for rust-lld in the directory above, and for its own name.
        unwrapped=${lld%/gcc-ld/ld.lld}/gcc-ld-unwrapped/ld.lld
        mkdir -p "${unwrapped%/*}"
        mv "$lld" "$unwrapped"
        lldScript "$unwrapped" >"$lld"
        chmod +x "$lld"
    done
}
