{
  description = "Warm Rust builds inside the Nix sandbox";

  inputs = {
    nixpkgs.url = "github:meta-introspector/nixpkgs?ref=feature/CRQ-016-nixify";
    rust-overlay.url = "github:meta-introspector/rust-overlay?ref=feature/CRQ-016-nixify";
    rustSrcFlake.url = "github:meta-introspector/rust?ref=e6c1b92d0abaa3f64032d6662cbcde980c826ff2";
  };

  outputs =
    {
      nixpkgs,
      rust-overlay,
      rustSrcFlake,
      ...
    }:
    let
      mkLib = pkgs: pkgs.lib.makeOverridable (import ./nix/lib) { inherit pkgs; };

      eachSystem =
        f:
        nixpkgs.lib.genAttrs [ "aarch64-linux" "x86_64-linux" ] (
          system:
          f (
            import nixpkgs {
              inherit system;
              overlays = [ rust-overlay.overlays.default ];
            }
          )
        );

      rust =
        pkgs:
        import ./nix/rust.nix {
          inherit pkgs;
          source = rustSrcFlake;
        };
    in
    {
      lib = {
        inherit mkLib;

        # The source's own package, by another compiler.
        sccachedRustc =
          system: pkgs: toolchain:
          (mkLib pkgs).sccachedRustc {
            source = rustSrcFlake.packages.${system}.default;
            inherit toolchain;
          };
      };
      overlays.default = import ./nix/overlay.nix;
      nixosModules.nix-sccache.imports = [ ./nix/modules/nixos.nix ];
      nixosModules.default.imports = [ ./nix/modules/nixos.nix ];
      packages = eachSystem (pkgs: import ./nix/packages pkgs // { default = (rust pkgs).compiler; });
      devShells = eachSystem (pkgs: {
        default = (rust pkgs).shell;
      });
      checks = eachSystem (import ./nix/checks);
    };
}
