/**
  The small project of the tests' harness, a derivation a crate, by `buildRustCrate` of the overlay that gives it the cache,
  or without that.

  # Example

  ```nix
  import ./crates.nix { source = "/…"; cached = true; run = "1"; }
  ```

  # Arguments

  - `source`: the project's folder.
  - `cached`: whether the overlay is there.
  - `run`: what no other run has, so that Nix builds it although it did so before.
*/
{
  source,
  cached,
  run,
}:

let
  overlays = [
    (final: prev: {
      nix-sccache = prev.nix-sccache // {
        inherit lib;
      };
    })
  ];

  # With the shim that was built already in its place.
  lib = import ../../nix/lib {
    inherit pkgs;
    shim = import ../prebuiltShim.nix pkgs;
  };

  pkgs = import ../nixpkgs {
    overlays = if cached then [ (import ../../nix/buildRustCrateOverlay.nix) ] ++ overlays else [ ];
  };

  # As crate2nix, which overrides it first.
  buildRustCrate = pkgs.buildRustCrate.override { defaultCodegenUnits = 2; };

  crate =
    crateName: dependencies:
    (buildRustCrate {
      inherit crateName dependencies;
      version = "0.1.0";
      edition = "2024";
      src = builtins.path {
        name = crateName;
        path = /. + "${source}/${crateName}";
      };
    }).overrideAttrs
      { inherit run; };

  base = crate "base" [ ];
  greeting = crate "greeting" [ base ];
in
crate "program" [
  base
  greeting
]
