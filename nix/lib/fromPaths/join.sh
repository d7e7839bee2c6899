# shellcheck shell=bash disable=SC2154,SC2086 # attributes of the derivation, and lists of words
# How packages become one toolchain.

# joinPrograms: links to all programs, of which one that a package is named like wins.
joinPrograms() {
    local path program name
    mkdir -p "$out/bin"
    for path in $paths; do
        for program in "$path"/bin/*; do
            if [[ ! -e $out/bin/${program##*/} ]]; then ln -s "$program" "$out/bin"; fi
        done
    done
    set -- $paths
    for name in $names; do
        if [[ -e $1/bin/$name ]]; then ln -sf "$1/bin/$name" "$out/bin"; fi
        shift
    done
    for name in rustc cargo; do
        if [[ ! -e $out/bin/$name ]]; then
            echo "fromPaths: none of these packages has bin/$name: $paths" >&2
            exit 1
        fi
    done
}

# takeSysroot: rustc looks for its linker in its own sysroot alone. To put something in front of it,
# the sysroot must be this package.
takeSysroot() {
    local sysroot file own
    sysroot=$(realpath "$out/bin/rustc")
    sysroot=${sysroot%/bin/*}
    if ! hasBareLld "$sysroot" || ! type -p patchelf >/dev/null; then return; fi

    for file in lib libexec; do
        if [[ -d $sysroot/$file ]]; then
            cp -rL --symbolic-link --no-preserve=mode "$sysroot/$file" "$out/$file"
        fi
    done
    copyPrograms "$out"
    # Some have the path of the package that they are of in them.
    for file in "$out"/bin/*; do
        if [[ $(patchelf --print-needed "$file" 2>/dev/null) == *librustc_driver* ]]; then
            own=$(patchelf --print-rpath "$file")
            chmod u+w "$file"
            patchelf --set-rpath "$out/lib${own:+:$own}" "$file"
        fi
    done
    wrapLld "$out"
}
