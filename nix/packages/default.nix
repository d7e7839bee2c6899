/**
  The packages of this project, and the sccache that it works with.

  # Example

  ```nix
  (import ./nix/packages pkgs).shim
  ```
*/
pkgs:

let
  shim = pkgs.callPackage ./shim.nix { };
  gateway = pkgs.callPackage ./gateway.nix { };
in
{
  inherit gateway shim;
  everyBuild = pkgs.callPackage ./everyBuild.nix { inherit shim; };
  plugin = pkgs.callPackage ./plugin.nix { };
  sccache = import ./sccache pkgs;
  tool = pkgs.callPackage ./tool.nix { inherit gateway shim; };
  units = pkgs.callPackage ./units { };

  # What it was called when it held the other programs as well.
  wrapper = shim;
}
