{
  description = "Warm Rust builds inside the Nix sandbox";

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixpkgs-unstable";
    rust-overlay.url = "github:oxalica/rust-overlay";
    rust-overlay.inputs.nixpkgs.follows = "nixpkgs";

    # For those who have a flake of a rustc source: with their own in its place, that is built.
    rustSrcFlake.follows = "nixpkgs";
  };

  outputs =
    {
      nixpkgs,
      rust-overlay,
      rustSrcFlake,
      ...
    }:
    let
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

      # The source's own package, if there is one.
      rust =
        { system, pkgs, ... }@arguments:
        import ./nix/rust.nix (
          removeAttrs arguments [ "system" ] // { package = rustSrcFlake.packages.${system}.default or null; }
        );
      rustOf =
        pkgs:
        rust {
          inherit pkgs;
          inherit (pkgs.stdenv.hostPlatform) system;
        };
    in
    {
      lib = {
        # The functions over a nixpkgs, with `override` for their arguments.
        mkLib = pkgs: pkgs.lib.makeOverridable (import ./nix/lib) { inherit pkgs; };

        # rustc of the source above, by another compiler.
        sccachedRustc =
          system: pkgs: toolchain:
          (rust { inherit system pkgs toolchain; }).compiler;
      };

      overlays.default = import ./nix/overlay.nix;
      overlays.buildRustCrate = import ./nix/buildRustCrateOverlay.nix;

      nixosModules.nix-sccache.imports = [ ./nix/modules/nixos.nix ];
      nixosModules.default.imports = [ ./nix/modules/nixos.nix ];
      flakeModules.default.imports = [ ./nix/modules/flakeParts.nix ];

      templates = import ./nix/templates;

      packages = eachSystem (pkgs: import ./nix/packages pkgs // { default = (rustOf pkgs).compiler; });
      apps = eachSystem (import ./nix/apps.nix);
      devShells = eachSystem (pkgs: {
        default = (rustOf pkgs).shell;
        contributing = import ./nix/contributingShell.nix { inherit pkgs; };
      });
      formatter = eachSystem (pkgs: pkgs.nixfmt-tree);
      checks = eachSystem (import ./nix/checks);
    };
}
