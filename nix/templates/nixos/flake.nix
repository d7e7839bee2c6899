{
  description = "A NixOS machine with the compiler cache for all of its builds";

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
    # The address that you gave `nix flake init`.
    nix-sccache.url = "nix-sccache";
    nix-sccache.inputs.nixpkgs.follows = "nixpkgs";
  };

  outputs =
    { nixpkgs, nix-sccache, ... }:
    {
      nixosConfigurations.machine = nixpkgs.lib.nixosSystem {
        modules = [
          nix-sccache.nixosModules.default
          ./configuration.nix
          ./nix-sccache.nix
        ];
      };
    };
}
