/**
  A derivation that runs a few lines of shell, without a C compiler.

  # Example

  ```nix
  runCommand "greeting" { } "echo hello > $out"
  ```
*/
{ stdenvNoCC }:

name: attrs: buildCommand:
stdenvNoCC.mkDerivation (attrs // { inherit name buildCommand; })
