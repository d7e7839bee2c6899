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
    import ./plugin.nix pkgs
    // import ./requirePlugin.nix
    // import ./sccacheEnv.nix
    // import ./withSccache.nix pkgs
  );
in
{
  lib =
    if failures == [ ] then
      pkgs.runCommand "lib" { } "touch $out"
    else
      throw "nix: ${builtins.toJSON failures}";
}
# The rest is pure evaluation with a stand-in for the plugin; this is a build with the real one.
// lib.optionalAttrs (builtins ? rust) {
  build = import ./build.nix pkgs;
}
