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
