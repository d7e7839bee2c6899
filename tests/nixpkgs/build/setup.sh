# shellcheck shell=bash disable=SC2048,SC2154 # lists of words; the derivation's attributes
# What a build runs: nixpkgs' pkgs/stdenv/generic/setup.sh, as far as it is used here.
set -e -o pipefail

# Structured attributes are shell variables, and only those in `env` the environment's.
if [[ $(declare -p outputs 2>/dev/null) == 'declare -A'* ]]; then
    for name in "${!outputs[@]}"; do export "$name=${outputs[$name]}"; done
    for name in "${!env[@]}"; do export "$name=${env[$name]}"; done
fi

export PATH=/usr/bin
export SOURCE_DATE_EPOCH=315532800
export NIX_BUILD_CORES=${NIX_BUILD_CORES:-1}
[[ $NIX_BUILD_CORES != 0 ]] || NIX_BUILD_CORES=$(nproc)

# appendToVar NAME WORD…: to an array, or to a string of words.
appendToVar() {
    local name=$1
    shift
    if [[ $(declare -p "$name" 2>/dev/null) == 'declare -a'* ]]; then
        local -n array=$name
        array+=("$@")
    else
        printf -v "$name" '%s %s' "${!name-}" "$*"
    fi
}

# A hook is a function or the shell code in a variable.
callOrEval() {
    if declare -F "$1" >/dev/null; then
        "$1"
    else
        eval "${!1-}"
    fi
}

# runHook preBuild: the derivation's own preBuild, then what setup hooks put in preBuildHooks.
runHook() {
    local -n hooks=${1%Hook}Hooks
    local hook
    # As in nixpkgs: a hook finds no unset variable empty.
    set -u
    callOrEval "$1"
    for hook in "${hooks[@]}"; do eval "$hook"; done
    set +u
}

exitHandler() {
    local code=$?
    set +e
    if ((code)); then runHook failureHook; else runHook exitHook; fi
    exit "$code"
}
trap exitHandler EXIT

# substituteAll SOURCE TARGET: with what @name@ is here.
substituteAll() {
    local text name
    text=$(<"$1")
    while read -r name; do
        if [[ -v $name ]]; then text=${text//"@$name@"/"${!name}"}; fi
    done < <(grep --only-matching '@[a-z][A-Za-z_]*@' "$1" | sort -u | tr -d @)
    echo "$text" >"$2"
}

# roleOf OFFSET: what the variables for a platform end with.
roleOf() {
    case $1 in
        -1) echo _FOR_BUILD ;;
        0) ;;
        1) echo _FOR_TARGET ;;
    esac
}

# activate INPUT HOST TARGET: its programs in front of those of the machine, in the order given,
# what a compiler has to know of it, its hook and what it propagates. The numbers are nixpkgs':
# from here to the platform that it runs on, and to the one that it makes programs for.
programs=
activated=:
activate() {
    local input=$1 hostOffset=$2 targetOffset=$3 propagated role
    if [[ $activated == *:$input/$hostOffset$targetOffset:* ]]; then return; fi
    activated+=$input/$hostOffset$targetOffset:
    role=$(roleOf "$hostOffset")
    if [[ -d $input/bin ]]; then programs+=$input/bin:; fi
    if [[ -d $input/include ]]; then export "NIX_CFLAGS_COMPILE$role+= -isystem $input/include"; fi
    if [[ -n $(compgen -G "$input/lib/lib*") ]]; then export "NIX_LDFLAGS$role+= -L$input/lib"; fi
    if [[ -d $input/lib/pkgconfig ]]; then
        export PKG_CONFIG_PATH=$input/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
    fi
    if [[ -e $input/nix-support/setup-hook ]]; then
        # shellcheck source=/dev/null
        source "$input/nix-support/setup-hook"
    fi
    for propagated in $(propagatedBy "$input" propagated-host-host-deps); do
        activate "$propagated" "$hostOffset" "$hostOffset"
    done
    for propagated in $(propagatedBy "$input" propagated-build-inputs); do
        activate "$propagated" "$hostOffset" "$targetOffset"
    done
}

# propagatedBy INPUT LIST
propagatedBy() {
    if [[ -e $1/nix-support/$2 ]]; then cat "$1/nix-support/$2"; fi
}

# As setup-hooks/reproducible-builds.sh and setup.sh of nixpkgs have it.
seed=${NIX_OUTPATH_USED_AS_RANDOM_SEED:-${out-}}
seed=${seed##*/}
NIX_CFLAGS_COMPILE+=" -frandom-seed=${seed:0:10}"
if [[ ${NIX_NO_SELF_RPATH-} != 1 ]]; then NIX_LDFLAGS="-rpath ${out-}/lib ${NIX_LDFLAGS-}"; fi
export NIX_CFLAGS_COMPILE NIX_LDFLAGS

for input in ${nativeBuildInputs[*]-} ${defaultNativeBuildInputs-}; do activate "$input" -1 0; done
for input in ${buildInputs[*]-}; do activate "$input" 0 1; done
PATH=$programs$PATH

# Hardening is the wrappers' own matter, from here on.
for flag in ${hardeningDisable[*]-}; do
    if [[ $flag == all ]]; then NIX_HARDENING_ENABLE=; fi
    NIX_HARDENING_ENABLE=" ${NIX_HARDENING_ENABLE-} "
    NIX_HARDENING_ENABLE=${NIX_HARDENING_ENABLE// $flag / }
done

# recordPropagated LIST ATTRIBUTE: for those whose input this package will be.
recordPropagated() {
    local -n packages=$2
    if [[ -n ${packages[*]-} ]]; then
        mkdir -p "$out/nix-support"
        echo "${packages[*]}" >"$out/nix-support/$1"
    fi
}

unpackPhase() {
    runHook preUnpack
    sourceRoot=$(basename "$src")
    sourceRoot=${sourceRoot#*-}
    if [[ -d $src ]]; then
        cp -r --no-preserve=ownership "$src" "$sourceRoot"
    else
        tar xf "$src"
        sourceRoot=${sourceRoot%.tar*}
    fi
    chmod -R u+w "$sourceRoot"
    runHook postUnpack
}

patchPhase() {
    runHook prePatch
    runHook postPatch
}

configurePhase() {
    runHook preConfigure
    runHook postConfigure
}

buildPhase() {
    runHook preBuild
    if [[ -e Makefile ]]; then make -j "$NIX_BUILD_CORES"; fi
    runHook postBuild
}

checkPhase() {
    runHook preCheck
    runHook postCheck
}

installPhase() {
    runHook preInstall
    runHook postInstall
}

fixupPhase() {
    runHook preFixup
    recordPropagated propagated-host-host-deps depsHostHostPropagated
    recordPropagated propagated-build-inputs propagatedBuildInputs
    if [[ -n ${setupHook-} ]]; then
        mkdir -p "$out/nix-support"
        sed "s|@out@|$out|g" "$setupHook" >"$out/nix-support/setup-hook"
    fi
    if [[ -z ${dontStrip-} ]]; then
        find "$out" -type f -exec strip --strip-debug --preserve-dates {} + 2>/dev/null || true
    fi
    # patch-elf.sh of nixpkgs: without directories in which nothing is found.
    if [[ -z ${dontPatchELF-} ]]; then
        find "$out" -type f -exec patchelf --shrink-rpath {} \; 2>/dev/null || true
    fi
    runHook postFixup
}

installCheckPhase() {
    runHook preInstallCheck
    runHook postInstallCheck
}

# skipped PHASE: phases that the derivation has switched off, or not switched on.
skipped() {
    case $1 in
        unpackPhase) [[ -n ${dontUnpack-} ]] ;;
        patchPhase) [[ -n ${dontPatch-} ]] ;;
        configurePhase) [[ -n ${dontConfigure-} ]] ;;
        buildPhase) [[ -n ${dontBuild-} ]] ;;
        checkPhase) [[ -z ${doCheck-} ]] ;;
        installPhase) [[ -n ${dontInstall-} ]] ;;
        fixupPhase) [[ -n ${dontFixup-} ]] ;;
        installCheckPhase) [[ -z ${doInstallCheck-} ]] ;;
        *) false ;;
    esac
}

# runPhase PHASE: the derivation's own phase of that name, or the one above.
runPhase() {
    if skipped "$1"; then return; fi
    echo "Running phase: $1"
    if [[ -n ${!1-} ]]; then eval "${!1}"; else "$1"; fi
    if [[ $1 == unpackPhase ]]; then cd "$sourceRoot"; fi
}

runHook postHook

genericBuild() {
    if [[ -n ${buildCommand-} ]]; then
        eval "$buildCommand"
        return
    fi
    local phase
    for phase in ${phases[*]:-${prePhases[*]-} unpackPhase patchPhase ${preConfigurePhases[*]-} \
        configurePhase ${preBuildPhases[*]-} buildPhase checkPhase ${preInstallPhases[*]-} installPhase \
        ${preFixupPhases[*]-} fixupPhase installCheckPhase ${postPhases[*]-}}; do
        runPhase "$phase"
    done
}
