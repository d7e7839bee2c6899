# shellcheck shell=bash
# A build's session with the cache: from before the first compiler call to the report.
#
# `nix-shell` and `nix develop` source this, too, so sourcing it starts nothing.

nixSccacheBegin() {
    if [[ -n ${nixSccacheBegun-} ]]; then return 0; fi
    nixSccacheBegun=1
    # By now all other inputs are on PATH. Cargo finds the shim by RUSTC_WRAPPER; this is for
    # builders that call rustc themselves.
    export PATH="@out@/libexec/nix-sccache:$PATH"
    eval "$("@out@/bin/nix-sccache" session begin)"
}

nixSccacheEnd() {
    if [[ -z ${nixSccacheBegun-} ]]; then return 0; fi
    nixSccacheBegun=
    "@out@/bin/nix-sccache" session end "$@"
}

if declare -F appendToVar >/dev/null; then
    appendToVar prePhases nixSccacheBegin
else
    prePhases="${prePhases-} nixSccacheBegin"
fi
# For derivations that list their phases themselves.
preConfigureHooks+=(nixSccacheBegin)
preBuildHooks+=(nixSccacheBegin)

exitHooks+=(nixSccacheEnd)
failureHooks+=('nixSccacheEnd --failed')
