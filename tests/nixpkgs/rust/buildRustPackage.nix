/**
  `rustPlatform.buildRustPackage`: a derivation that runs cargo as nixpkgs' does.

  # Example

  ```nix
  buildRustPackage {
    pname = "hello";
    version = "1.0.0";
    src = ./hello;
    cargoLock.lockFile = ./hello/Cargo.lock;
  }
  ```
*/
{
  cargo,
  fetchCargoVendor,
  importCargoLock,
  lib,
  runCommand,
  rustc,
  stdenv,
}:

let
  hooks = runCommand "cargo-hooks" { } ''
    mkdir -p $out/nix-support
    sed 's|@target@|${stdenv.hostPlatform.rust.rustcTarget}|g; s|@cc@|${stdenv.cc}|g' ${./hooks.sh} > $out/nix-support/setup-hook
  '';

  # The arguments that are no attributes of the derivation, in the end.
  derive =
    attrs:
    removeAttrs attrs [
      "cargoHash"
      "cargoLock"
    ]
    // {
      nativeBuildInputs = attrs.nativeBuildInputs or [ ] ++ [
        hooks
        rustc
        cargo
      ];
      cargoDeps =
        if attrs ? cargoVendorDir then
          null
        else
          attrs.cargoDeps or (
            if attrs ? cargoLock then
              importCargoLock { inherit (attrs.cargoLock) lockFile; }
            else
              fetchCargoVendor {
                name = attrs.name or "${attrs.pname}-${attrs.version}";
                inherit (attrs) src;
                hash = attrs.cargoHash;
              }
          );
      cargoBuildType = attrs.buildType or "release";
      cargoBuildFeatures = attrs.buildFeatures or [ ];
      cargoBuildNoDefaultFeatures = attrs.buildNoDefaultFeatures or false;
      configurePhase = attrs.configurePhase or "runHook preConfigure; runHook postConfigure";
      doCheck = attrs.doCheck or true;
      strictDeps = true;
      meta = attrs.meta or { } // {
        badPlatforms = attrs.meta.badPlatforms or [ ] ++ rustc.badTargetPlatforms;
        platforms = lib.intersectLists attrs.meta.platforms or lib.platforms.all rustc.targetPlatforms;
      };
    };
in
fOrAttrs:
stdenv.mkDerivation (
  if builtins.isFunction fOrAttrs then final: derive (fOrAttrs final) else derive fOrAttrs
)
