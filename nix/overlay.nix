/**
  Adds `nix-sccache` to nixpkgs: its packages and, as `lib`, its functions.

  # Example

  ```nix
  (import nixpkgs { overlays = [ nix-sccache.overlays.default ]; }).nix-sccache.lib.withSccache
  ```
*/
final: _: {
  nix-sccache = import ./packages final // {
    lib = import ./lib {
      pkgs = final;
      inherit (final.buildPackages.nix-sccache) sccache;
      shim = final.buildPackages.nix-sccache.shim;
    };
  };
}
