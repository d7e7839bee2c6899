/**
  What is mounted into every sandbox, of the shim that `scripts/build` leaves.

  # Example

  ```nix
  import ./everyBuild.nix { exclude = "[ \"hello\" ]"; }
  ```

  # Arguments

  - `exclude`: the names of packages that are left alone, as JSON.
*/
{
  exclude ? "[]",
}:

let
  pkgs = import ../nixpkgs { };
in
pkgs.callPackage ../../nix/packages/everyBuild.nix {
  shim = import ../prebuiltShim.nix pkgs;
  exclude = builtins.fromJSON exclude;
  verify = null;
}
