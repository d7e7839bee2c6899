/**
  The sccache that this project works with: nixpkgs' own where that is of 0.17 to 0.19, of which
  builds and daemon speak the same protocol, and else one that is built here.

  # Example

  ```nix
  (import ./nix/packages/sccache pkgs).version
  => "0.19.0"
  ```
*/
pkgs:

let
  own = pkgs.sccache or null;
  version = import ./version.nix own;
  isBetween =
    first: next:
    builtins.compareVersions version first >= 0 && builtins.compareVersions version next < 0;
in
if own != null && isBetween "0.17" "0.20" then own else pkgs.callPackage ./package.nix { }
