/**
  What `nix run` starts: the command `nix-sccache`, which needs no plugin.

  # Example

  ```nix
  (import ./nix/apps.nix pkgs).default.program
  => "/nix/store/…-nix-sccache-0.1.0/bin/nix-sccache"
  ```
*/
pkgs:

let
  package = (import ./packages pkgs).tool;
in
{
  default = {
    type = "app";
    program = "${package}/bin/${package.meta.mainProgram}";
    meta = { inherit (package.meta) description; };
  };
}
