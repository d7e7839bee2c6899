/**
  The store paths of the programs that a build through the cache is made of, for scripts.

  # Example

  ```nix
  paths { }
  => { cargo = "/nix/store/…-cargo-1.95.0"; curl = …; rustc = …; sccache = …; }
  ```

  # Arguments

  - `toolchain`: a package with rustc and cargo; nixpkgs' own by default.
*/
{ pkgs, sccache }:

{
  toolchain ? null,
}:
let
  inherit (pkgs.buildPackages)
    cargo
    curl
    lib
    rustc
    ;
in
builtins.mapAttrs (_: package: "${lib.getBin package}") {
  inherit curl sccache;
  rustc = if toolchain == null then rustc else toolchain;
  cargo = if toolchain == null then cargo else toolchain;
}
