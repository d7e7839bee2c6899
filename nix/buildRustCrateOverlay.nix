/**
  Adds `nix-sccache` to nixpkgs, and has `buildRustCrate`, by which crate2nix builds, build every crate through the cache. Each
  becomes another derivation.

  # Example

  ```nix
  (import nixpkgs { overlays = [ nix-sccache.overlays.buildRustCrate ]; }).buildRustCrate { crateName = "itoa"; … }
  ```
*/
final: prev:
import ./overlay.nix final prev
// {
  buildRustCrate = final.nix-sccache.lib.sccachedBuildRustCrate { } prev.buildRustCrate;
}
