/**
  The standard environment: `$stdenv/setup`, which runs the phases, the compiler, and the function
  that makes derivations of it.

  # Example

  ```nix
  stdenv.mkDerivation (finalAttrs: {
    pname = "hello";
    version = "1";
    installPhase = "echo ${finalAttrs.pname} > $out";
  })
  ```

  # Arguments

  - `cc`: the wrapped compiler, an input of all derivations, or null.
*/
{
  cc,
  lib,
  platform,
  system,
}:

let
  stdenv = derivation {
    name = if cc == null then "stdenv-no-cc" else "stdenv";
    inherit system;
    builder = "/usr/bin/bash";
    PATH = "/usr/bin";
    setup = ./setup.sh;
    cc = if cc == null then "" else "${cc}";
    args = [
      "-ec"
      ''
        mkdir $out
        {
          echo defaultNativeBuildInputs=$cc
          cat $setup
        } > $out/setup
      ''
    ];
  };
in
stdenv
// {
  mkDerivation = import ./mkDerivation.nix { inherit lib stdenv system; };
  buildPlatform = platform;
  hostPlatform = platform;
  targetPlatform = platform;
}
// lib.optionalAttrs (cc != null) { inherit cc; }
