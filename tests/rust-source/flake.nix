{
  description = "A stand-in for the flake of rustc's source: as much as shows how it is built";

  inputs.nixpkgs.url = "nixpkgs";

  outputs =
    { self, nixpkgs }:
    {
      packages = nixpkgs.lib.genAttrs [ "x86_64-linux" "aarch64-linux" ] (system: {
        default = import ./package.nix {
          pkgs = nixpkgs.legacyPackages.${system};
          src = self;
        };
      });
    };
}
