/**
  A module for flake-parts: in `perSystem` the functions of this project, over its `pkgs`, are the
  argument `nix-sccache`.

  # Example

  ```nix
  {
    imports = [ inputs.nix-sccache.flakeModules.default ];
    perSystem =
      { pkgs, nix-sccache, ... }:
      {
        packages.default = nix-sccache.withSccache { } pkgs.ripgrep;
      };
  }
  ```

  # Options of `perSystem`

  - `nix-sccache.pkgs`: the nixpkgs that they are over.
  - `nix-sccache.arguments`: further arguments of theirs, `sccache` say.
*/
{ flake-parts-lib, lib, ... }:

let
  inherit (lib) literalExpression mkOption types;
in
{
  options.perSystem = flake-parts-lib.mkPerSystemOption (
    { config, pkgs, ... }:
    {
      options.nix-sccache = {
        pkgs = mkOption {
          type = types.raw;
          default = pkgs;
          defaultText = literalExpression "pkgs";
          description = "The nixpkgs whose compilers and packages the functions use.";
        };
        arguments = mkOption {
          type = types.attrsOf types.raw;
          default = { };
          example = literalExpression "{ sccache = pkgs.sccache; }";
          description = "Further arguments of the functions, `sccache` or `shim` say.";
        };
      };

      config._module.args.nix-sccache = import ../lib (
        { inherit (config.nix-sccache) pkgs; } // config.nix-sccache.arguments
      );
    }
  );
}
