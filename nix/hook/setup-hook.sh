# shellcheck shell=bash
# A build's session with the cache: from the end of stdenv's set-up to the report.
#
# stdenv runs postHook when all inputs are on PATH, whatever the build does then: phases of its
# own, or a buildCommand. `nix-shell` and `nix develop` run it, too; there, nobody would end
# what it begins.

nixSccacheBegin() {
    if [[ -n ${nixSccacheBegun-} || -n ${IN_NIX_SHELL-} ]]; then return 0; fi
    nixSccacheBegun=1
    # Cargo finds the shim by RUSTC_WRAPPER; this is for builders that call rustc themselves.
    export PATH="@out@/libexec/nix-sccache:$PATH"
    eval "$("@out@/bin/nix-sccache-shim" session begin)"
}

nixSccacheEnd() {
    if [[ -z ${nixSccacheBegun-} ]]; then return 0; fi
    nixSccacheBegun=
    "@out@/bin/nix-sccache-shim" session end "$@"
}

postHooks+=(nixSccacheBegin)
exitHooks+=(nixSccacheEnd)
failureHooks+=('nixSccacheEnd --failed')
