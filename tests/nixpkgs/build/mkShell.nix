/**
  A derivation for `nix develop`, which building makes nothing of.

  # Example

  ```nix
  mkShell { packages = [ cargo ]; shellHook = "echo hello"; }
  ```
*/
{ stdenv }:

{
  packages ? [ ],
  ...
}@attrs:
stdenv.mkDerivation (
  {
    name = "nix-shell";
    buildCommand = "touch $out";
  }
  // removeAttrs attrs [ "packages" ]
  // {
    nativeBuildInputs = attrs.nativeBuildInputs or [ ] ++ packages;
  }
)
