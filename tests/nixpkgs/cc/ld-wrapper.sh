#!/usr/bin/bash
# shellcheck disable=SC1091,SC2154,SC2206 # files of the package; @…@; lists of words
# ld with the flags of the environment, and an rpath for each directory of the store that has a library
# which is linked: what nixpkgs' pkgs/build-support/bintools-wrapper/ld-wrapper.sh does with the
# same variables (as of github:ekala-project/corepkgs 9c8533eb, which follows it). It rejects no
# paths outside of the store, as that one does.
set -euo pipefail
shopt -s nullglob
source @out@/nix-support/utils.sh

if [[ -z ${NIX_BINTOOLS_WRAPPER_FLAGS_SET_@suffixSalt@-} ]]; then
    source @out@/nix-support/add-flags.sh
fi
expandResponseParams "$@"

before=() after=()
if hardens relro; then before+=(-z relro); fi
if hardens bindnow; then before+=(-z now); fi

linkType=${NIX_LINK_TYPE_@suffixSalt@-}
if [[ -z $linkType ]]; then
    # No compiler has given these.
    linkType=$(checkLinkType "${params[@]}")
    before+=($NIX_LDFLAGS_BEFORE_@suffixSalt@)
    if [[ $linkType == dynamic ]]; then
        before+=(-dynamic-linker "$NIX_DYNAMIC_LINKER_@suffixSalt@")
    fi
    after+=($NIX_LDFLAGS_@suffixSalt@)
fi

declare -A libraries seen
directories=() previous=
for param in "${before[@]}" "${params[@]}" "${after[@]}"; do
    case $previous in
        -L) directories+=("$param") ;;
        -l) libraries[lib$param.so]=1 ;;
        -dynamic-linker | -plugin) ;;
        *)
            case $param in
                -L/*) directories+=("${param#-L}") ;;
                -l?*) libraries[lib${param#-l}.so]=1 ;;
                "${NIX_STORE:-/nix/store}"/*.so | "${NIX_STORE:-/nix/store}"/*.so.*)
                    directories+=("${param%/*}")
                    libraries[${param##*/}]=1
                    ;;
            esac
            ;;
    esac
    previous=$param
done
if [[ $linkType != static-pie ]]; then
    for directory in "${directories[@]}"; do
        if [[ $directory != "${NIX_STORE:-/nix/store}"/* || -n ${seen[$directory]-} ]]; then continue; fi
        for file in "$directory"/*; do
            if [[ -n ${libraries[${file##*/}]-} ]]; then
                seen[$directory]=1
                after+=(-rpath "$directory")
                break
            fi
        done
    done
fi

exec @prog@ "${before[@]}" "${params[@]}" "${after[@]}"
