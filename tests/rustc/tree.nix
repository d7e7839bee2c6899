/**
  The compiler of an unpacked source tree, whose x.py is a stand-in that notes what it finds.

  # Example

  ```nix
  (import ./tree.nix { run = "1"; }).installed
  ```

  # Arguments

  - `run`: what no other run has, so that Nix builds the compiler although it did so before.
*/
{
  run ? "",
}:

let
  pkgs = import ../nixpkgs { };

  lib = import ../../nix/lib {
    inherit pkgs;
    shim = import ../prebuiltShim.nix pkgs;
  };

  toolchain =
    version:
    pkgs.runCommand "rustc-${version}" { passthru = { inherit version; }; } ''
      mkdir -p $out/bin
      ln -s /rust/bin/{rustc,rustdoc,cargo} $out/bin
    '';

  rustc =
    arguments:
    (lib.sccachedRustc (
      {
        source = ../rust-source;
        toolchain = toolchain "1.84.1";
        cache.transport = "ephemeral";
      }
      // arguments
    )).overrideAttrs
      { inherit run; };

  # A package as nixpkgs has it, which leaves the phase to stdenv.
  package = pkgs.stdenv.mkDerivation {
    pname = "rustc";
    version = "1.84.1";
    src = ../rust-source;
    configurePhase = "./configure";
    installPhase = null;
  };
in
{
  tree = rustc {
    command = "build library";
    stage = 1;
    targets = [ "wasm32-unknown-unknown" ];
  };

  package = rustc {
    source = package;
    release = "1.84.1";
    stage0 = ../rust-source/src/stage0;
    command = [
      "test"
      "library/std"
    ];
  };

  # From 1.90 on there is no such stage.
  refused =
    (rustc {
      release = "1.95.0";
      toolchain = toolchain "1.95.0";
      stage = 0;
    }).bootstrapConfig.text;
}
