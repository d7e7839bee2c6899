/**
  The packages of this project.

  # Example

  ```nix
  (import ./nix/packages pkgs).wrapper
  ```
*/
pkgs:

{
  plugin = pkgs.callPackage ./plugin.nix { };
  wrapper = pkgs.callPackage ./wrapper.nix { };
}
