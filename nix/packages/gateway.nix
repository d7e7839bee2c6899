/**
  The gateway: the host's service between builds and sccache's daemon.

  # Example

  ```nix
  pkgs.callPackage ./gateway.nix { }
  ```
*/
{ lib, rustPlatform }:

rustPlatform.buildRustPackage (
  import ./rustPackage.nix lib {
    pname = "nix-sccache-gateway";
    description = "Passes requests of the storage, and nothing else, from builds to sccache's daemon";
  }
  // {
    src = import ./source.nix [ "/gateway" ];
    cargoLock.lockFile = ../../Cargo.lock;
    cargoBuildFlags = [
      "--package"
      "nix-sccache-gateway"
    ];
  }
)
