{
  description = "A flake in the predecessor's form, whose sccachedRustc is nix-sccache's";

  inputs = {
    nixpkgs.url = "github:meta-introspector/nixpkgs?ref=feature/CRQ-016-nixify";
    rust-overlay.url = "github:meta-introspector/rust-overlay?ref=feature/CRQ-016-nixify";
    rustSrcFlake.url = "github:meta-introspector/rust?ref=e6c1b92d0abaa3f64032d6662cbcde980c826ff2";

    # This one is new: the address that you gave `nix flake init`.
    nix-sccache.url = "nix-sccache";
    nix-sccache.inputs.nixpkgs.follows = "nixpkgs";
    nix-sccache.inputs.rust-overlay.follows = "rust-overlay";
    nix-sccache.inputs.rustSrcFlake.follows = "rustSrcFlake";
  };

  outputs =
    {
      self,
      nixpkgs,
      rust-overlay,
      rustSrcFlake,
      nix-sccache,
    }:
    let
      aarch64 = import nixpkgs {
        system = "aarch64-linux";
        overlays = [ rust-overlay.overlays.default ];
      };
      aarch64Nightly = aarch64.rustChannels.nightly.rust.override {
        targets = [ "aarch64-unknown-linux-gnu" ];
      };

      x86_64 = import nixpkgs {
        system = "x86_64-linux";
        overlays = [ rust-overlay.overlays.default ];
      };
      x86_64Nightly = x86_64.rustChannels.nightly.rust.override {
        targets = [ "x86_64-unknown-linux-gnu" ];
      };

      # What was forty lines of overrideAttrs; the cache is still one of the build's own.
      sccachedRustc =
        system: pkgs: rustToolchain:
        (nix-sccache.lib.mkLib pkgs).sccachedRustc {
          source = rustSrcFlake.packages.${system}.default;
          toolchain = rustToolchain;
          cache.transport = "ephemeral";
        };
    in
    {
      packages.aarch64-linux.default = sccachedRustc "aarch64-linux" aarch64 aarch64Nightly;
      packages.x86_64-linux.default = sccachedRustc "x86_64-linux" x86_64 x86_64Nightly;

      devShells.aarch64-linux.default = aarch64.mkShell {
        packages = [
          aarch64Nightly
          aarch64.python3
          aarch64.python3Packages.pip
          aarch64.git
          aarch64.curl
          aarch64.which
        ];
        nativeBuildInputs = [
          aarch64.binutils
          aarch64.cmake
          aarch64.ninja
          aarch64.pkg-config
          aarch64.nix
        ];
        buildInputs = [
          aarch64.openssl
          aarch64.glibc.out
          aarch64.glibc.static
        ];
        RUSTC_ICE = "0";
        LD_LIBRARY_PATH = aarch64.lib.makeLibraryPath [ aarch64.stdenv.cc.cc.lib ];
        shellHook = ''
          export HOME=$TMPDIR
          export CARGO_HOME=$HOME/.cargo
          mkdir -p "$CARGO_HOME"
        '';
      };

      devShells.x86_64-linux.default = x86_64.mkShell {
        packages = [
          x86_64Nightly
          x86_64.python3
          x86_64.python3Packages.pip
          x86_64.git
          x86_64.curl
          x86_64.which
        ];
        nativeBuildInputs = [
          x86_64.binutils
          x86_64.cmake
          x86_64.ninja
          x86_64.pkg-config
          x86_64.nix
        ];
        buildInputs = [
          x86_64.openssl
          x86_64.glibc.out
          x86_64.glibc.static
        ];
        RUSTC_ICE = "0";
        LD_LIBRARY_PATH = x86_64.lib.makeLibraryPath [ x86_64.stdenv.cc.cc.lib ];
        shellHook = ''
          export HOME=$TMPDIR
          export CARGO_HOME=$HOME/.cargo
          mkdir -p "$CARGO_HOME"
        '';
      };
    };
}
