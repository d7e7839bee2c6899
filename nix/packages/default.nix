/**
  The packages of this project, and the sccache that it works with.

  # Example

  ```nix
  (import ./nix/packages pkgs).wrapper
  ```
*/
pkgs:

{
  plugin = pkgs.callPackage ./plugin.nix { };
  sccache = import ./sccache pkgs;
  wrapper = pkgs.callPackage ./wrapper.nix { };
}
