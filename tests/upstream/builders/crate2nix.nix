/**
  crate2nix: what it made of the project's lock file, over nixpkgs' `buildRustCrate`.

  # Example

  ```nix
  (import ./crate2nix.nix { pkgs = …; source = _: /…; add = attrs: attrs; … })."a workspace's member"
  ```
*/
{
  pkgs,
  add,
  run,
  source,
  ...
}:

let
  crates = import (source "cargoNix" + "/Cargo.nix") {
    inherit pkgs;
    buildRustCrateForPkgs =
      pkgs: crate:
      let
        buildRustCrate = pkgs.buildRustCrate.override {
          defaultCrateOverrides = pkgs.defaultCrateOverrides // {
            greeting = _: { buildInputs = [ pkgs.zlib ]; };
            program = _: { buildInputs = [ pkgs.zlib ]; };
          };
        };
      in
      add ((buildRustCrate crate).overrideAttrs { inherit run; });
  };
in
if source "cargoNix" == null then
  { }
else
  {
    # A program of a workspace is a cycle of outputs in nixpkgs' own buildRustCrate, with and without the cache.
    "a workspace's member" = crates.workspaceMembers.greeting.build;
  }
