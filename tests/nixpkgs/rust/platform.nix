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
  importCargoLock = import ./importCargoLock.nix { inherit runCommand; };
in
{
  inherit importCargoLock;
  buildRustPackage = import ./buildRustPackage.nix {
    inherit
      cargo
      importCargoLock
      lib
      runCommand
      rustc
      stdenv
      ;
  };
}
