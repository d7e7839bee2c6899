/**
  Adds `nix-sccache` to nixpkgs: its packages and, as `lib`, its functions.

  # Example

  ```nix
  (import nixpkgs { overlays = [ nix-sccache.overlays.default ]; }).nix-sccache.lib.withSccache
  ```
*/
final: _: {
  nix-sccache = {
    inherit (import ./packages final) plugin wrapper;
    lib = import ./lib {
      pkgs = final;
      shim = final.buildPackages.nix-sccache.wrapper;
    };
  };
}
