/**
  The command `nix-sccache`, for people: run, report, builds, top, explain, doctor, setup.

  # Example

  ```nix
  pkgs.callPackage ./tool.nix { shim = pkgs.callPackage ./shim.nix { }; gateway = pkgs.callPackage ./gateway.nix { }; }
  ```
*/
{
  lib,
  rustPlatform,
  shim,
  gateway,
}:

rustPlatform.buildRustPackage (
  import ./rustPackage.nix lib {
    pname = "nix-sccache";
    description = "Warm Rust builds inside the Nix sandbox: runs, reports, explains, examines";
  }
  // {
    src = import ./source.nix [
      "/core"
      "/tool"
      "/wrapper/cache"
      "/wrapper/trace/format"
    ];
    cargoLock.lockFile = ../../Cargo.lock;
    cargoBuildFlags = [
      "--package"
      "nix-sccache"
    ];

    NIX_SCCACHE_SHIM = "${shim}/bin/nix-sccache-shim";
    NIX_SCCACHE_GATEWAY = "${gateway}/bin/nix-sccache-gateway";
  }
)
