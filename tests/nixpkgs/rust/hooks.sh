# shellcheck shell=bash disable=SC2034,SC2154 # attributes and phases of the derivation
# cargoSetupHook, cargoBuildHook, cargoCheckHook and cargoInstallHook of nixpkgs.

cargoSetupPostUnpackHook() {
    local dependencies config
    mkdir -p "$NIX_BUILD_TOP/.cargo"
    config=$NIX_BUILD_TOP/.cargo/config.toml
    if [[ -n ${cargoVendorDir-} ]]; then
        dependencies=$NIX_BUILD_TOP/$sourceRoot/$cargoVendorDir
        printf '[source.crates-io]\nreplace-with = "vendored-sources"\n[source.vendored-sources]\ndirectory = "%s"\n' \
            "$dependencies" >"$config"
    else
        dependencies=$(basename "$cargoDeps")
        dependencies=$NIX_BUILD_TOP/${dependencies#*-}
        # Real copies, not links: their paths are what cargo tells rustc.
        cp -Lr "$cargoDeps" "$dependencies"
        chmod -R +644 "$dependencies"
        sed "s|@vendor@|$dependencies|g" "$dependencies/.cargo/config.toml" >"$config"
    fi
    printf '[target."@target@"]\nlinker = "@cc@/bin/cc"\nrustflags = ["-C", "target-feature=-crt-static"]\n' >>"$config"
}
postUnpackHooks+=(cargoSetupPostUnpackHook)

# cargoRun COMMAND FLAG…: with the environment of nixpkgs' rust.envVars.
cargoRun() {
    local target=@target@
    local name=${target//-/_}
    env "CC_$name=@cc@/bin/cc" "CXX_$name=@cc@/bin/c++" "CARGO_TARGET_${name^^}_LINKER=@cc@/bin/cc" \
        "CARGO_BUILD_TARGET=$target" "HOST_CC=@cc@/bin/cc" "HOST_CXX=@cc@/bin/c++" \
        cargo "$@"
}

cargoFlags() {
    flags=(-j "$NIX_BUILD_CORES" --target @target@ --offline)
    [[ $cargoBuildType == debug ]] || flags+=(--profile "$cargoBuildType")
    [[ -z ${cargoBuildNoDefaultFeatures-} ]] || flags+=(--no-default-features)
    local features="${cargoBuildFeatures[*]-}"
    [[ -z $features ]] || flags+=("--features=${features// /,}")
}

cargoBuildHook() {
    runHook preBuild
    # Stripping is left to fixupPhase.
    export "CARGO_PROFILE_${cargoBuildType^^}_STRIP=false"
    if [[ -n ${buildAndTestSubdir-} ]]; then
        CARGO_TARGET_DIR=$PWD/target
        export CARGO_TARGET_DIR
    fi
    local flags
    cargoFlags
    # shellcheck disable=SC2206 # words
    flags+=(${cargoBuildFlags[*]-})
    echo "cargoBuildHook flags: ${flags[*]}"
    (cd "${buildAndTestSubdir:-.}" && cargoRun build "${flags[@]}")
    runHook postBuild
}

cargoCheckHook() {
    runHook preCheck
    local flags
    cargoFlags
    # shellcheck disable=SC2206 # words
    flags+=(${cargoTestFlags[*]-})
    echo "cargoCheckHook flags: ${flags[*]}"
    (cd "${buildAndTestSubdir:-.}" && cargoRun test "${flags[@]}")
    runHook postCheck
}

cargoInstallHook() {
    runHook preInstall
    local built=target/@target@/$cargoBuildType libraries='.*\.\(so.[0-9.]+\|so\|a\|dylib\)'
    mkdir -p "$out/bin" "$out/lib"
    find "$built" -maxdepth 1 -type f -executable ! -regex "$libraries" -exec cp -t "$out/bin" {} +
    find "$built" -maxdepth 1 -regex "$libraries" -exec cp -t "$out/lib" {} +
    rmdir --ignore-fail-on-non-empty "$out/bin" "$out/lib"
    runHook postInstall
}

if [[ -z ${buildPhase-} ]]; then buildPhase=cargoBuildHook; fi
if [[ -z ${checkPhase-} ]]; then checkPhase=cargoCheckHook; fi
if [[ -z ${installPhase-} ]]; then installPhase=cargoInstallHook; fi
