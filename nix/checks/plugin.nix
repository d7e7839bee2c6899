/**
  What the plugin is built with, by the Nix that it is for.

  # Example

  ```nix
  pkgs.lib.runTests (import ./plugin.nix pkgs)
  => [ ]
  ```
*/
pkgs:

let
  plugin = import ../packages/plugin.nix;

  # With the arguments of buildRustPackage as its result, and all else by its name.
  arguments =
    nix:
    plugin {
      inherit (pkgs) lib;
      inherit nix;
      rustPlatform.buildRustPackage = attributes: attributes;
      boehmgc = "boehmgc";
      boost = "boost";
      nlohmann_json = "nlohmann_json";
      pkg-config = "pkg-config";
      capnproto = "capnproto";
      clang = "/clang";
    };

  nix = version: {
    pname = "nix";
    inherit version;
  };
in
{
  testHeaders = {
    expr = map (version: (arguments (nix version)).buildFeatures) [
      "2.8.0"
      "2.31.5"
      "2.34.8"
      "2.35.0"
      "2.36.0pre20260822_88b09c6"
    ];
    expected = [
      [ "cxx-host" ]
      [ "cxx-host" ]
      [ "cxx-host" ]
      [ ]
      [ ]
    ];
  };

  testOneForAll = {
    expr =
      (arguments (nix "2.35.0")).buildInputs == [ ]
      && (arguments (nix "2.35.0")).nativeBuildInputs == [ ];
    expected = true;
  };

  # The headers that Nix brings are found before those of this nixpkgs.
  testOrder = {
    expr = (builtins.head (arguments (nix "2.31.5")).buildInputs).version;
    expected = "2.31.5";
  };

  testLix = {
    expr = {
      inherit
        (arguments {
          pname = "lix";
          version = "2.95.3";
        })
        CXX
        buildFeatures
        ;
    };
    expected = {
      CXX = "/clang/bin/clang++";
      buildFeatures = [ "cxx-host" ];
    };
  };

  testTooOld = {
    expr = (builtins.tryEval (arguments (nix "2.7.0")).pname).success;
    expected = false;
  };
}
