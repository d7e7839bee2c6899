/**
  What the flake has of rustc for one system: the compiler, built through the cache, and the shell to
  work on it.

  # Example

  ```nix
  (import ./rust.nix { inherit pkgs; source = rustSrcFlake; }).compiler
  ```

  # Arguments

  - `pkgs`: nixpkgs, with rust-overlay's `rust-bin`.
  - `source`: the flake of rustc's source, whose package `default` builds it.
*/
{ pkgs, source }:

let
  inherit (pkgs.stdenv) hostPlatform;
  shim = pkgs.callPackage ./packages/wrapper.nix { };
  lib = import ./lib { inherit pkgs shim; };
in
rec {
  rustToolchain = pkgs.rust-bin.nightly.latest.default.override {
    targets = [ hostPlatform.rust.rustcTarget ];
  };

  # With the compiler that the source's stage0 file names: its bootstrap takes no nightly of another
  # release.
  compiler = lib.sccachedRustc { source = source.packages.${hostPlatform.system}.default; };

  shell = import ./devShell.nix { inherit pkgs rustToolchain shim; };
}
