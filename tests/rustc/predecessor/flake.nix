{
  description = "A flake as the predecessor's, in which sccachedRustc is of nix-sccache";

  inputs = {
    nixpkgs.url = "github:meta-introspector/nixpkgs?ref=feature/CRQ-016-nixify";
    rust-overlay.url = "github:meta-introspector/rust-overlay?ref=feature/CRQ-016-nixify";
    rustSrcFlake.url = "github:meta-introspector/rust?ref=e6c1b92d0abaa3f64032d6662cbcde980c826ff2";
    nix-sccache.url = "nix-sccache";
  };

  outputs =
    {
      nixpkgs,
      rust-overlay,
      rustSrcFlake,
      nix-sccache,
      ...
    }:
    let
      pkgsOf =
        system:
        import nixpkgs {
          inherit system;
          overlays = [ rust-overlay.overlays.default ];
        };

      sccachedRustc =
        system: pkgs: rustToolchain:
        (nix-sccache.lib.mkLib pkgs).sccachedRustc {
          source = rustSrcFlake.packages.${system}.default;
          toolchain = rustToolchain;
          cache.transport = "ephemeral";
        };

      compilerFor =
        system:
        let
          pkgs = pkgsOf system;
        in
        sccachedRustc system pkgs pkgs.rust-bin.stable."1.84.1".default;

      shellFor =
        system:
        let
          pkgs = pkgsOf system;
          rustToolchain = pkgs.rust-bin.nightly.latest.default.override {
            targets = [ pkgs.stdenv.hostPlatform.rust.rustcTarget ];
          };
        in
        pkgs.mkShell {
          packages = with pkgs; [
            rustToolchain
            python3
            python3Packages.pip
            git
            curl
            which
          ];
          nativeBuildInputs = with pkgs; [
            binutils
            cmake
            ninja
            pkg-config
            nix
          ];
          buildInputs = with pkgs; [
            openssl
            glibc.out
            glibc.static
          ];
          RUSTC_ICE = "0";
          LD_LIBRARY_PATH = pkgs.lib.makeLibraryPath [ pkgs.stdenv.cc.cc.lib ];
          shellHook = ''
            export HOME=$TMPDIR
            export CARGO_HOME=$HOME/.cargo
            mkdir -p "$CARGO_HOME"
          '';
        };
    in
    {
      packages.aarch64-linux.default = compilerFor "aarch64-linux";
      packages.x86_64-linux.default = compilerFor "x86_64-linux";
      devShells.aarch64-linux.default = shellFor "aarch64-linux";
      devShells.x86_64-linux.default = shellFor "x86_64-linux";
    };
}
