/**
  The paths of programs: nixpkgs' own, or a toolchain's.

  # Example

  ```nix
  pkgs.lib.runTests (import ./paths.nix pkgs)
  => [ ]
  ```
*/
pkgs:

let
  inherit
    (import ../lib {
      inherit pkgs;
      sccache = "/sccache";
    })
    paths
    ;

  curl = "${pkgs.curl.bin or pkgs.curl}";
in
{
  testPaths = {
    expr = paths { };
    expected = {
      inherit curl;
      cargo = "${pkgs.cargo}";
      rustc = "${pkgs.rustc}";
      sccache = "/sccache";
    };
  };

  testPathsOfToolchain = {
    expr = paths { toolchain = "/rust"; };
    expected = {
      inherit curl;
      cargo = "/rust";
      rustc = "/rust";
      sccache = "/sccache";
    };
  };
}
