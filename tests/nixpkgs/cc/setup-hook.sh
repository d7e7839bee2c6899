# shellcheck shell=bash disable=SC2154 # @…@ is filled in; the offset is the builder's
# For which platforms a derivation has this wrapper: setup-hooks/role.bash of nixpkgs.
case $targetOffset in
    -1) export NIX_@wrapperName@_TARGET_BUILD_@suffixSalt@=1 ;;
    0) export NIX_@wrapperName@_TARGET_HOST_@suffixSalt@=1 ;;
    1) export NIX_@wrapperName@_TARGET_TARGET_@suffixSalt@=1 ;;
esac
export NIX_HARDENING_ENABLE=${NIX_HARDENING_ENABLE-bindnow format fortify fortify3 pic relro stackclashprotection stackprotector strictoverflow zerocallusedregs}
if ((targetOffset == 0)); then
    wrapperName=@wrapperName@
    case $wrapperName in
        CC_WRAPPER) export NIX_CC=@out@ CC=gcc CXX=g++ ;;
        BINTOOLS_WRAPPER)
            export NIX_BINTOOLS=@out@ AR=ar AS=as LD=ld NM=nm OBJCOPY=objcopy OBJDUMP=objdump RANLIB=ranlib STRIP=strip
            ;;
    esac
    unset wrapperName
fi
