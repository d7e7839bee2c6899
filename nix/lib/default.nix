/**
  The functions for flake authors, over one nixpkgs. A flake has them as `nix-sccache.lib.mkLib pkgs`.

  # Example

  ```nix
  (import ./nix/lib { inherit pkgs; }).withSccache { } {
    pname = "hello";
    …
  }
  ```

  # Arguments

  - `pkgs`: nixpkgs.
  - `shim`: the package of the shim.
  - `sccache`: the package of the real sccache. The default transport needs 0.17 to 0.19: where
    nixpkgs' own is of another release, 0.19.0 is built.
  - `rust`: the plugin's builtins.
*/
{
  pkgs,
  shim ? pkgs.buildPackages.callPackage ../packages/shim.nix { },
  sccache ? import ../packages/sccache pkgs.buildPackages,
  rust ? import ./requirePlugin.nix builtins,
}@given:

let
  isLoaded = given ? rust || builtins ? rust;

  sccacheEnv = import ./sccacheEnv.nix { inherit rust sccache shim; };
  withSccache = import ./withSccache.nix {
    inherit rust sccacheEnv shim;
    lacksPlugin = settings: !isLoaded && import ./needsPlugin.nix settings;
  };
  sccachedBuildRustCrate = import ./sccachedBuildRustCrate.nix { inherit withSccache; };
  fromPaths = import ./fromPaths { inherit pkgs; };
  paths = import ./paths.nix { inherit pkgs sccache; };
  toolchain = import ./toolchain { inherit pkgs rust; };
  sccachedRustc = import ./sccachedRustc {
    inherit
      isLoaded
      pkgs
      rust
      sccacheEnv
      shim
      toolchain
      ;
  };
in
{
  inherit
    fromPaths
    paths
    sccacheEnv
    sccachedBuildRustCrate
    sccachedRustc
    toolchain
    withSccache
    ;
}
