/**
  nixpkgs' `buildRustCrate`, every crate of which is built through the cache. It calls rustc itself, and no cargo, so
  [every build of a machine](../every-build.md) does not reach it. Each crate becomes another derivation.

  The result is called as `buildRustCrate` is, with `override` as that has it, and so crate2nix takes it.

  # Example

  ```nix
  final: prev: {
    buildRustCrate = final.nix-sccache.lib.sccachedBuildRustCrate { } prev.buildRustCrate;
  }

  import ./Cargo.nix {
    inherit pkgs;
    buildRustCrateForPkgs = pkgs: sccachedBuildRustCrate { } pkgs.buildRustCrate;
  }
  ```

  # Arguments

  1. the settings of `withSccache`.
  2. `buildRustCrate`.
*/
{ withSccache }:

settings:

let
  add =
    buildRustCrate:
    {
      __functor = _: crate: withSccache settings (buildRustCrate crate);
    }
    // (
      if buildRustCrate ? override then
        { override = arguments: add (buildRustCrate.override arguments); }
      else
        { }
    );
in
add
