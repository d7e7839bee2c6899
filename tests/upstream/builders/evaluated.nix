/**
  What is evaluated and not built: other platforms, whose compilers there are none of.

  # Example

  ```nix
  (import ./evaluated.nix { pkgs = …; productOf = …; … })."pkgsCross.aarch64-multiplatform, toolchain"
  ```
*/
{
  pkgs,
  productOf,
  add,
  project,
  dist,
  version,
  run,
  ...
}:

let
  cross = pkgs.pkgsCross.aarch64-multiplatform;
  ofCross = productOf cross;

  package =
    rustPlatform: lib:
    rustPlatform.buildRustPackage (
      lib.withSccache { } {
        pname = "program";
        version = "1.0.0";
        src = project;
        inherit run;
        cargoLock.lockFile = project + "/Cargo.lock";
        buildInputs = [ cross.zlib ];
      }
    );

  toolchain = ofCross.toolchain {
    toolchain = {
      channel = version;
      profile = "minimal";
    };
    manifest = /. + dist + "/dist/channel-rust-${version}.toml";
  };
in
{
  "pkgsCross.aarch64-multiplatform, nixpkgs' rustPlatform" = package cross.rustPlatform ofCross;
  "pkgsCross.aarch64-multiplatform, toolchain" = package (cross.makeRustPlatform {
    rustc = toolchain;
    cargo = toolchain;
  }) ofCross;
  "pkgsCross.musl64, nixpkgs' rustPlatform" = package pkgs.pkgsCross.musl64.rustPlatform (
    productOf pkgs.pkgsCross.musl64
  );
}
