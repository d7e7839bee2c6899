/**
  A module for flake-parts: `perSystem` gets the argument `nix-sccache`, the functions of `nix/lib` over
  its `pkgs`.

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
          description = "The nixpkgs that the functions take compilers and packages from.";
        };
        arguments = mkOption {
          type = types.attrsOf types.raw;
          default = { };
          example = literalExpression "{ sccache = pkgs.sccache; }";
          description = "Further arguments of `nix/lib`, such as `sccache` or `shim`.";
        };
      };

      config._module.args.nix-sccache = import ../lib (
        { inherit (config.nix-sccache) pkgs; } // config.nix-sccache.arguments
      );
    }
  );
}
