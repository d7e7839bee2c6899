/**
  crane.

  # Example

  ```nix
  (import ./crane.nix { pkgs = …; source = _: /…; add = attrs: attrs; … }).buildPackage
  ```
*/
{
  pkgs,
  add,
  directory,
  run,
  source,
  ...
}:

let
  crane = import (source "crane") { inherit pkgs; };

  common = add {
    src = directory;
    inherit run;
    buildInputs = [ pkgs.zlib ];
  };

  # Given the cache by its own arguments.
  withDependencies = common // {
    cargoArtifacts = crane.buildDepsOnly common;
  };
in
if source "crane" == null then
  { }
else
  {
    buildPackage = crane.buildPackage common;
    "buildDepsOnly, buildPackage" = crane.buildPackage withDependencies;
    cargoClippy = crane.cargoClippy (withDependencies // { cargoClippyExtraArgs = "--all-targets"; });
    cargoDoc = crane.cargoDoc withDependencies;
    cargoTest = crane.cargoTest withDependencies;
    cargoNextest = crane.cargoNextest withDependencies;
    cargoBuild = crane.cargoBuild withDependencies;
    "buildPackage, profile dev" = crane.buildPackage (common // { CARGO_PROFILE = "dev"; });
  }
