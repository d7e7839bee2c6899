/**
  nixpkgs' `rustPlatform.buildRustPackage`.

  # Example

  ```nix
  (import ./buildRustPackage.nix { pkgs = …; add = attrs: attrs; … }).cargoLock
  ```
*/
{
  pkgs,
  add,
  project,
  run,
  ...
}:

let
  package =
    attrs:
    pkgs.rustPlatform.buildRustPackage (
      add (
        {
          pname = "program";
          version = "1.0.0";
          src = project;
          inherit run;
          cargoLock.lockFile = project + "/Cargo.lock";
          buildInputs = [ pkgs.zlib ];
          doCheck = false;
        }
        // attrs
      )
    );

  # As fetchCargoVendor has them: in a directory whose name has the version in it.
  vendored = pkgs.runCommand "program-1.0.0-vendor" { } ''
    mkdir -p $out/source-registry-0 $out/.cargo
    for crate in ${pkgs.rustPlatform.importCargoLock { lockFile = project + "/Cargo.lock"; }}/*-*; do
      cp -rL $crate $out/source-registry-0
    done
    cp ${project}/Cargo.lock $out
    echo '[source.crates-io]
    replace-with = "vendored-sources"
    [source.vendored-sources]
    directory = "@vendor@/source-registry-0"' > $out/.cargo/config.toml
  '';
in
{
  "nix-sccache itself" = add (
    (pkgs.callPackage ../../../nix/packages/shim.nix { }).overrideAttrs { inherit run; }
  );
  # cargo-auditable is nixpkgs' default.
  cargoLock = package { };
  "cargoLock, auditable = false" = package { auditable = false; };
  "cargoLock, final attributes" = pkgs.rustPlatform.buildRustPackage (
    add (finalAttrs: {
      # Else it would be the very derivation of above.
      pname = "program-of-final-attributes";
      version = "1.0.0";
      src = project;
      inherit run;
      cargoLock.lockFile = finalAttrs.src + "/Cargo.lock";
      buildInputs = [ pkgs.zlib ];
      doCheck = false;
    })
  );
  cargoDeps = package {
    cargoLock = null;
    cargoDeps = vendored;
  };
  "cargoLock, doCheck" = package { doCheck = true; };
  "cargoLock, buildType = debug" = package { buildType = "debug"; };
  "cargoLock, --workspace" = package { cargoBuildFlags = [ "--workspace" ]; };
  "cargoLock, useNextest" = package {
    doCheck = true;
    useNextest = true;
  };
}
