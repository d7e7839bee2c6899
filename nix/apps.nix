/**
  What `nix run` starts, none of which needs the plugin: the command `nix-sccache`, by its name and by
  default, and the gateway.

  # Example

  ```nix
  (import ./nix/apps.nix pkgs).default.program
  => "/nix/store/…-nix-sccache-0.1.0/bin/nix-sccache"
  ```
*/
pkgs:

let
  packages = import ./packages pkgs;
  app = package: {
    type = "app";
    program = "${package}/bin/${package.meta.mainProgram}";
    meta = { inherit (package.meta) description; };
  };
  nix-sccache = app packages.tool;
in
{
  inherit nix-sccache;
  default = nix-sccache;
  gateway = app packages.gateway;
}
