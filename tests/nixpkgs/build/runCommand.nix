/**
  A derivation that runs a few lines of shell.

  # Example

  ```nix
  runCommand "greeting" { } "echo hello > $out"
  ```
*/
{ stdenv }:

name: attrs: buildCommand:
stdenv.mkDerivation (attrs // { inherit name buildCommand; })
