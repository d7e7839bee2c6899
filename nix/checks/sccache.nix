/**
  Which sccache is taken: nixpkgs' own, where builds and daemon speak the same.

  # Example

  ```nix
  pkgs.lib.runTests (import ./sccache.nix pkgs)
  => [ ]
  ```
*/
pkgs:

let
  withOwn =
    version:
    pkgs
    // {
      sccache = {
        inherit version;
        name = "sccache-${version}";
        outPath = "/own";
      };
    };
in
{
  testSccache = {
    expr = map (version: (import ../packages/sccache (withOwn version)).outPath == "/own") [
      "0.12.0"
      "0.16.0"
      "0.17.0"
      "0.18.2"
      "0.19.0"
      "0.20.0"
    ];
    expected = [
      false
      false
      true
      true
      true
      false
    ];
  };

  testNoSccache = {
    expr = (import ../packages/sccache (removeAttrs pkgs [ "sccache" ])).version;
    expected = "0.19.0";
  };

  # And it is the default of the functions.
  testSccacheOfLib = {
    expr =
      map
        (
          version:
          builtins.match ".*-sccache-0[.]19[.]0"
            (
              (import ../lib {
                pkgs = pkgs // {
                  buildPackages = withOwn version;
                };
              }).paths
              { }
            ).sccache != null
        )
        [
          "0.16.0"
          "0.18.2"
        ];
    expected = [
      true
      false
    ];
  };
}
