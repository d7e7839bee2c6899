/**
  What builds Rust packages.

  # Example

  ```nix
  rustPlatform.buildRustPackage { … }
  ```
*/
{
  cargo,
  lib,
  rustc,
  runCommand,
  stdenv,
}:

let
  fetchCargoVendor = import ./fetchCargoVendor.nix { inherit stdenv; };
  importCargoLock = import ./importCargoLock.nix { inherit runCommand; };
in
{
  inherit fetchCargoVendor importCargoLock;
  buildRustPackage = import ./buildRustPackage.nix {
    inherit
      cargo
      fetchCargoVendor
      importCargoLock
      lib
      runCommand
      rustc
      stdenv
      ;
  };
}
