/**
  crate2nix: what it made of the project's lock file, over nixpkgs' `buildRustCrate`.

  # Example

  ```nix
  (import ./crate2nix.nix { pkgs = …; source = _: /…; add = attrs: attrs; … })."the program"
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
  # Given by the function that makes each crate.
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

  # Given by overrides for each, which take and give arguments.
  overridden = import (source "cargoNix" + "/Cargo.nix") {
    inherit pkgs;
    defaultCrateOverrides =
      let
        given =
          attrs:
          add ({ inherit run; } // pkgs.lib.optionalAttrs (isOwn attrs) { buildInputs = [ pkgs.zlib ]; });
        isOwn =
          attrs:
          builtins.elem attrs.crateName [
            "greeting"
            "program"
          ];
      in
      pkgs.lib.genAttrs (map (package: package.name) lock.package) (_: given);
  };
  lock = builtins.fromTOML (builtins.readFile (source "cargoNix" + "/Cargo.lock"));
in
if source "cargoNix" == null then
  { }
else
  {
    "the program" = crates.rootCrate.build;
    "the program, by crateOverrides" = overridden.rootCrate.build;
    "a workspace's member" = crates.workspaceMembers.greeting.build;
  }
