/**
  What `nix flake check` builds, beside the packages.

  # Example

  ```nix
  (import ./nix/checks pkgs).lib
  ```
*/
pkgs:

let
  inherit (pkgs) lib;

  failures = lib.runTests (
    import ./fromPaths.nix pkgs
    // import ./nixos.nix pkgs
    // import ./paths.nix pkgs
    // import ./plugin.nix pkgs
    // import ./requirePlugin.nix
    // import ./sccache.nix pkgs
    // import ./sccacheEnv.nix
    // import ./sccachedRustc.nix pkgs
    // import ./toolchain.nix pkgs
    // import ./withSccache.nix pkgs
  );
in
{
  # `nix flake show` asks for the name, and runs none of them.
  lib = pkgs.runCommand "lib" {
    failures = if failures == [ ] then "" else throw "nix: ${builtins.toJSON failures}";
  } "touch $out";

  toolchain = import ./toolchainLayout.nix pkgs;

  # The rest is pure evaluation with a stand-in for the plugin; this is a build with the real one.
  build = import ./build.nix pkgs;
}
