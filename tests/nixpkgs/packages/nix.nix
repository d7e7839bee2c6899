/**
  The headers of the Nix that evaluates this, and their pkg-config file.

  # Example

  ```nix
  stdenv.mkDerivation { buildInputs = [ nix ]; … }
  ```
*/
{ runCommand }:

let
  version = builtins.nixVersion;
in
runCommand "nix-${version}" { passthru = { inherit version; }; } ''
  mkdir -p $out/lib
  cp -r /nix-${version}/include $out
  cp -r /nix-${version}/lib/pkgconfig $out/lib
''
