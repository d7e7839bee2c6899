/**
  The shim: one binary in front of rustc, cargo and sccache, and the setup hook that gives a
  build its session.

  # Example

  ```nix
  pkgs.callPackage ./wrapper.nix { }
  ```
*/
{ lib, rustPlatform }:

rustPlatform.buildRustPackage (
  import ./shimLayout.nix
  // rec {
    pname = "nix-sccache";
    version = import ./version.nix;
    src = import ./source.nix;
    cargoLock.lockFile = ../../Cargo.lock;
    cargoBuildFlags = [
      "--package"
      pname
    ];

    # They are run in the repository, with a Nix and an sccache.
    doCheck = false;

    meta = {
      description = "In front of rustc, cargo and sccache inside a Nix derivation";
      license = [
        lib.licenses.mit
        lib.licenses.asl20
      ];
      mainProgram = "nix-sccache";
    };
  }
)
