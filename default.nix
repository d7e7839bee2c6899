/**
  What the flake has, without flakes: the functions, the packages, the overlay and the NixOS module,
  over a nixpkgs of your choice or the one in flake.lock.

  # Example

  ```nix
  let
    nix-sccache = import (fetchTarball "https://…") { inherit pkgs; };
  in
  nix-sccache.lib.withSccache { } pkgs.ripgrep
  ```

  ```sh
  nix-build --attr packages.tool
  ```
*/
{
  system ? builtins.currentSystem,
  pkgs ?
    let
      inherit ((builtins.fromJSON (builtins.readFile ./flake.lock)).nodes.nixpkgs) locked;
    in
    import (fetchTarball {
      url = "https://github.com/${locked.owner}/${locked.repo}/archive/${locked.rev}.tar.gz";
      sha256 = locked.narHash;
    }) { inherit system; },
}:

{
  lib = pkgs.lib.makeOverridable (import ./nix/lib) { inherit pkgs; };
  packages = import ./nix/packages pkgs // {
    default = (import ./nix/rust.nix { inherit pkgs; }).compiler;
  };
  overlay = import ./nix/overlay.nix;
  nixosModule.imports = [ ./nix/modules/nixos.nix ];
}
