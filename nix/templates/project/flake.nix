{
  description = "A Rust project that is built through the compiler cache";

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixpkgs-unstable";
    # The address that you gave `nix flake init`.
    nix-sccache.url = "nix-sccache";
    nix-sccache.inputs.nixpkgs.follows = "nixpkgs";
  };

  outputs =
    {
      self,
      nixpkgs,
      nix-sccache,
    }:
    {
      packages = nixpkgs.lib.genAttrs [ "aarch64-linux" "x86_64-linux" ] (
        system:
        let
          pkgs = nixpkgs.legacyPackages.${system};
          inherit (nix-sccache.lib.mkLib pkgs) withSccache;
        in
        {
          default = pkgs.rustPlatform.buildRustPackage (
            withSccache { } {
              pname = "hello";
              version = "0.1.0";
              # ./. would be unpacked under another name with every change.
              src = self;
              cargoLock.lockFile = ./Cargo.lock;
              meta.mainProgram = "hello";
            }
          );
        }
      );
    };
}
