/**
  Makes a package of rustc from an unpacked source.

  # Example

  ```nix
  package { tree = ./rust; release = "1.85.0"; }
  ```
*/
{ pkgs }:

{ tree, release, ... }:
pkgs.stdenv.mkDerivation {
  pname = "rustc";
  version = release;

  # Its name becomes part of paths in the build, and those are in the keys.
  src =
    if builtins.isPath tree then
      builtins.path {
        name = "source";
        path = tree;
      }
    else
      tree;

  nativeBuildInputs = with pkgs.buildPackages; [
    cmake
    ninja
    pkg-config
  ];
  buildInputs = [
    pkgs.openssl
    pkgs.zlib
  ];

  # Cargo knows the vendored crates' files by their checksums.
  dontUpdateAutotoolsGnuConfigScripts = true;

  # What belongs to a target is not this platform's.
  dontStrip = true;

  meta = {
    description = "The Rust compiler";
    homepage = "https://www.rust-lang.org";
    mainProgram = "rustc";
  };
}
