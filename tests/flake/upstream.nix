/**
  What of the NixOS module, the other checks and the module for flake-parts can be looked at with
  nixpkgs' own `lib` and flake-parts itself: null if all is well. By hand, since both are other
  people's: clones of github:nix-community/nixpkgs.lib and github:hercules-ci/flake-parts.

  # Example

  ```sh
  nix-instantiate --eval --strict tests/flake/upstream.nix --arg lib ./nixpkgs.lib/lib --arg flake-parts ./flake-parts
  ```
*/
{ lib, flake-parts }:

let
  own = import ../nixpkgs/lib.nix;
  upstream = import lib;

  pkgs = import ../nixpkgs {
    system = "x86_64-linux";
    # Which is the stand-in's, for mkDerivation.
    lib = upstream // {
      inherit (own) environment;
    };
  };

  # As a manual has them.
  options =
    upstream.optionAttrSetToDocList
      (pkgs.nixos { imports = [ ../../nix/modules/nixos.nix ]; }).options.services.nix-sccache;

  inputs = {
    self = {
      outPath = ./.;
      inherit inputs;
    };
    nixpkgs = {
      _type = "flake";
      lib = upstream;
      legacyPackages.x86_64-linux = pkgs;
    };
  };

  flake = (import (flake-parts + "/flake.nix")).outputs {
    self = { };
    nixpkgs-lib.lib = upstream;
  };

  made = flake.lib.mkFlake { inherit inputs; } (
    { lib, ... }:
    {
      imports = [ ../../nix/modules/flakeParts.nix ];
      systems = [ "x86_64-linux" ];
      perSystem =
        { nix-sccache, pkgs, ... }:
        {
          nix-sccache.arguments.sccache = "/sccache";
          packages.default = nix-sccache.withSccache { } (pkgs.runCommand "hello" { } "touch $out");
          packages.paths = pkgs.runCommand "paths" { } (nix-sccache.paths { }).sccache;
        };
    }
  );

  wrong = {
    checks = (import ../../nix/checks pkgs).lib.failures;
    # Nothing that is evaluated where it should only be told.
    options = builtins.filter (
      option:
      !(
        (option.default or { })._type or "literalExpression" == "literalExpression"
        && builtins.isString option.description
      )
    ) (builtins.filter (option: option.visible && !option.internal) options);
    flake-parts =
      if
        made.packages.x86_64-linux.default.name == "hello"
        && made.packages.x86_64-linux.paths.buildCommand == "/sccache"
      then
        ""
      else
        throw "flake-parts: ${builtins.toJSON (builtins.attrNames made.packages.x86_64-linux)}";
  };
in
if
  wrong == {
    checks = "";
    options = [ ];
    flake-parts = "";
  }
then
  null
else
  wrong
