# shellcheck shell=bash disable=SC2154 # @…@ is filled in
# What both wrappers do with the environment and with arguments: wrapper-common/utils.bash of nixpkgs.

# role_suffixes: those of the variables for the platforms that this wrapper is an input for.
accumulateRoles() {
    role_suffixes=()
    if [[ -n ${NIX_@wrapperName@_TARGET_BUILD_@suffixSalt@-} ]]; then role_suffixes+=(_FOR_BUILD); fi
    if [[ -n ${NIX_@wrapperName@_TARGET_HOST_@suffixSalt@-} ]]; then role_suffixes+=(""); fi
    if [[ -n ${NIX_@wrapperName@_TARGET_TARGET_@suffixSalt@-} ]]; then role_suffixes+=(_FOR_TARGET); fi
}

# mangleVarList VARIABLE: adds what it is for each role to the variable that is this wrapper's own.
mangleVarList() {
    local own=$1_@suffixSalt@ suffix input
    declare -gx "$own+="
    for suffix in "${role_suffixes[@]}"; do
        input=$1$suffix
        if [[ -n ${!input-} ]]; then export "$own+=${!own:+ }${!input}"; fi
    done
}

# flagsOf PACKAGE FILE: of its nix-support, if it is there.
flagsOf() {
    if [[ -e $1/nix-support/$2 ]]; then cat "$1/nix-support/$2"; fi
}

# expandResponseParams ARGUMENT…: into `params`, and for @file what is in it.
expandResponseParams() {
    params=()
    local argument
    for argument; do
        if [[ $argument == @?* && -e ${argument#@} ]]; then
            local -a words
            mapfile -d '' words < <(xargs printf '%s\0' <"${argument#@}")
            params+=("${words[@]}")
        else
            params+=("$argument")
        fi
    done
}

# checkLinkType ARGUMENT…
checkLinkType() {
    local argument type=dynamic
    for argument; do
        case $argument in
            -static) type=static ;;
            -static-pie) type=static-pie ;;
        esac
    done
    echo $type
}

# hardens FLAG: whether it is among those of NIX_HARDENING_ENABLE.
hardens() {
    [[ " ${NIX_HARDENING_ENABLE_@suffixSalt@-} " == *" $1 "* ]]
}
