/**
  The small project of the tests' harness, as a derivation over the stand-in for nixpkgs.

  # Example

  ```nix
  import ./library.nix { source = "/…"; settings = "{ transport = \"ephemeral\"; }"; run = "1"; }
  ```

  # Arguments

  - `source`: the project's folder.
  - `settings`: the settings of withSccache, as JSON; null for a derivation without it.
  - `attributes`: further attributes of the derivation, as JSON.
  - `run`: what no other run has, so that Nix builds it although it did so before.
*/
{
  source,
  run,
  settings ? "null",
  attributes ? "{}",
}:

let
  pkgs = import ../nixpkgs { };

  lib = import ../../nix/lib {
    inherit pkgs;
    shim = import ../prebuiltShim.nix pkgs;
  };

  src = builtins.path {
    name = "library";
    path = /. + source;
    filter = path: _: baseNameOf path != "target";
  };

  wanted = builtins.fromJSON settings;
  add = if wanted == null then attrs: attrs else lib.withSccache wanted;
in
pkgs.rustPlatform.buildRustPackage (
  add (
    {
      name = "library";
      inherit run src;
      # Libraries count alone.
      NIX_SCCACHE_LINKS = "host";
      cargoLock.lockFile = src + "/Cargo.lock";
      doCheck = false;
    }
    // builtins.fromJSON attributes
  )
)
