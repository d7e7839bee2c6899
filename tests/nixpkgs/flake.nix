{
  description = "A stand-in for nixpkgs, over the machine's own compilers, for tests without a network";

  outputs =
    { self }:
    let
      lib = import ./lib.nix;
    in
    {
      lib = lib // {
        # All modules there are for machines of this system.
        nixosSystem = { modules }: self.legacyPackages.x86_64-linux.nixos { imports = modules; };
      };
      legacyPackages = lib.genAttrs [ "x86_64-linux" "aarch64-linux" ] (
        system: import ./. { inherit system; }
      );
    };
}
