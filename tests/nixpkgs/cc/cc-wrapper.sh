#!/usr/bin/bash
# shellcheck disable=SC1091,SC2154,SC2206 # files of the package; @…@; lists of words
# gcc with the flags of the environment: what nixpkgs' pkgs/build-support/cc-wrapper/cc-wrapper.sh
# does with the same variables (as of github:ekala-project/corepkgs 9c8533eb, which follows it).
set -euo pipefail
source @out@/nix-support/utils.sh

expandResponseParams "$@"
dontLink='' nonFlag=''
for param in "${params[@]}"; do
    case $param in
        -[cSEM] | -MM) dontLink=1 ;;
        -?*) ;;
        *) nonFlag=1 ;;
    esac
done
[[ -n $nonFlag ]] || dontLink=1

if [[ -z ${NIX_BINTOOLS_WRAPPER_FLAGS_SET_@suffixSalt@-} ]]; then
    source @bintools@/nix-support/add-flags.sh
fi
if [[ -z ${NIX_CC_WRAPPER_FLAGS_SET_@suffixSalt@-} ]]; then
    accumulateRoles
    for variable in NIX_CFLAGS_COMPILE NIX_CFLAGS_COMPILE_BEFORE NIX_CFLAGS_LINK; do
        mangleVarList $variable
    done
    declare -n compile=NIX_CFLAGS_COMPILE_@suffixSalt@ link=NIX_LDFLAGS_@suffixSalt@
    compile="$(flagsOf @out@ cc-cflags) $compile"
    link+=" $(flagsOf @out@ cc-ldflags)"
    unset -n compile link
    export NIX_CC_WRAPPER_FLAGS_SET_@suffixSalt@=1
fi

before=() after=()
if hardens fortify3; then
    before+=(-O2 -U_FORTIFY_SOURCE)
    after+=(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
fi
if hardens stackprotector; then before+=(-fstack-protector-strong --param ssp-buffer-size=4); fi
if hardens stackclashprotection; then before+=(-fstack-clash-protection); fi
if hardens pic; then before+=(-fPIC); fi
if hardens strictoverflow; then before+=(-fno-strict-overflow); fi
if hardens format; then before+=(-Wformat -Wformat-security -Werror=format-security); fi
if hardens zerocallusedregs; then before+=(-fzero-call-used-regs=used-gpr); fi
before+=($NIX_CFLAGS_COMPILE_BEFORE_@suffixSalt@)
after+=($NIX_CFLAGS_COMPILE_@suffixSalt@)

if [[ -z $dontLink ]]; then
    linkType=$(checkLinkType "${params[@]}")
    # Debian's gcc asks for one, nixpkgs' does not: it would tell programs apart by the paths of
    # their outputs, even where no rpath is left of them.
    before+=('-Wl,--build-id=none')
    after+=($NIX_CFLAGS_LINK_@suffixSalt@)
    for flag in $NIX_LDFLAGS_BEFORE_@suffixSalt@; do before+=("-Wl,$flag"); done
    if [[ $linkType == dynamic ]]; then
        before+=("-Wl,-dynamic-linker=$NIX_DYNAMIC_LINKER_@suffixSalt@")
    fi
    for flag in $NIX_LDFLAGS_@suffixSalt@; do
        if [[ $flag == -L/* ]]; then after+=("$flag"); else after+=("-Wl,$flag"); fi
    done
    export NIX_LINK_TYPE_@suffixSalt@="$linkType"
fi
# It tells its version, and is given nothing to compile.
if [[ $* == -v ]]; then before=() after=(); fi

# The linker that it calls is the wrapped one.
export PATH=@bintools@/bin:$PATH
exec @prog@ "${before[@]}" "${params[@]}" "${after[@]}"
