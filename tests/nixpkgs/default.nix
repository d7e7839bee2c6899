/**
  The part of nixpkgs that this project uses, in small: attributes, hooks and command lines
  have nixpkgs' names and forms, so that what is written for the one works with the other.

  It downloads and compiles nothing. Its packages point at the machine's tools, or are copies of
  them. Libraries are copies, and no others are found when a program is linked, as on NixOS, where
  there is no `/usr/lib`; headers are the machine's. The sandbox must mount the machine's `/usr`,
  `/lib`, `/lib64`, `/bin/sh`, and by these names

  - `/rust`: a Rust toolchain
  - `/dist`: a server of Rust's archives, for `fetchurl`
  - `/vendor`: the sources of crates, one directory NAME-VERSION each
  - `/sccache-VERSION`: an installed sccache
  - `/nix-VERSION`: the headers of the Nix that evaluates this

  Nix does not see when the machine's tools change: what it has built it does not build again.

  # Example

  ```nix
  (import ./tests/nixpkgs { }).rustPlatform.buildRustPackage { … }
  ```

  # Arguments

  - `lib`: nixpkgs' own, where somebody has it.
*/
{
  system ? builtins.currentSystem,
  overlays ? [ ],
  lib ? import ./lib.nix,
}:

let

  packages =
    final:
    let
      tool = final.callPackage ./packages/tool.nix { };
      libraries = final.callPackage ./packages/libraries.nix { };
      rustTools =
        name: programs:
        final.runCommand name { tools = programs; } ''
          mkdir -p $out/bin
          for program in $tools; do ln -s ${final.rustToolchain}/bin/$program $out/bin; done
        '';
    in
    {
      inherit lib system;
      inherit (final.stdenv) hostPlatform;

      pkgs = final;
      buildPackages = final;
      callPackage = lib.callPackageWith final;
      extend =
        overlay:
        import ./. {
          inherit lib system;
          overlays = overlays ++ [ overlay ];
        };

      nixos =
        configuration:
        lib.evalModules {
          modules = [
            ./modules/nixos.nix
            configuration
          ];
          specialArgs.pkgs = final;
        };

      closureInfo = final.callPackage ./build/closureInfo.nix { };
      runtimeShell = "/usr/bin/bash";
      platform = import ./build/platform.nix system;
      stdenv = final.callPackage ./build/stdenv.nix { cc = final.gcc; };
      stdenvNoCC = final.callPackage ./build/stdenv.nix { cc = null; };
      runCommand = final.callPackage ./build/runCommand.nix { };
      mkShell = final.callPackage ./build/mkShell.nix { };
      fetchurl = final.callPackage ./build/fetchurl.nix { };
      fetchCrate = final.callPackage ./rust/fetchCrate.nix { };

      # The machine's, which the sandbox has there.
      rustToolchain = "/rust";
      cargo = final.callPackage ./rust/cargo.nix { };
      rustc = final.callPackage ./rust/rustc.nix { } // {
        unwrapped = import ./rust/rustc-unwrapped.nix { inherit (final) runCommand; };
      };
      makeRustPlatform =
        { rustc, cargo, ... }: final.callPackage ./rust/platform.nix { inherit cargo rustc; };
      rustPlatform = final.makeRustPlatform { inherit (final) cargo rustc; };

      buildRustCrate = final.callPackage ./rust/buildRustCrate.nix { };

      nix = final.callPackage ./packages/nix.nix { };
      sccache = final.callPackage ./packages/sccache.nix { };

      clippy = rustTools "clippy" [
        "cargo-clippy"
        "clippy-driver"
      ];
      rustfmt = rustTools "rustfmt" [
        "cargo-fmt"
        "rustfmt"
      ];

      nixfmt = tool "nixfmt";
      nixfmt-tree = final.callPackage ./packages/nixfmt-tree.nix { };

      cmake = tool "cmake";
      curl = tool "curl";
      git = tool "git";
      hyperfine = tool "hyperfine";
      ninja = tool "ninja";
      patchelf = tool "patchelf";
      pkg-config = tool "pkg-config";
      python3 = tool "python3";
      python3Packages.pip = tool "pip";
      redis = tool "redis-server";
      shellcheck = tool "shellcheck";
      which = tool "which";
      xz = tool "xz";

      binutils-unwrapped = final.runCommand "binutils" { } ''
        mkdir -p $out/bin
        ln -s /usr/bin/{ar,as,ld,ld.bfd,nm,objcopy,objdump,ranlib,readelf,strip} $out/bin
      '';
      binutils = final.callPackage ./cc/bintoolsWrapper.nix {
        bintools = final.binutils-unwrapped;
        libc = final.glibc;
      };
      gcc-unwrapped = final.callPackage ./cc/gcc.nix { };
      gcc = final.callPackage ./cc/wrapper.nix {
        cc = final.gcc-unwrapped;
        bintools = final.binutils;
        libc = final.glibc;
      };
      glibc =
        libraries "glibc" [
          "*crt*.o"
          "ld-linux-*.so.*"
          "libc.so*"
          "libc_nonshared.a"
          "libdl.[as]*"
          "libm.so*"
          "libmvec.so.*"
          "libpthread.[as]*"
          "librt.[as]*"
          "libutil.[as]*"
        ]
        // {
          static = libraries "glibc-static" [
            "libc.a"
            "libm*.a"
            "libmvec.a"
          ];
        };
      libgcc = libraries "libgcc" [
        "libgcc_s.so.1"
        "libstdc++.so.6"
      ];
      # What musl-gcc links with.
      musl = final.runCommand "musl" { } ''
        mkdir -p $out/lib
        cp /usr/lib/*-linux-musl/{*crt*.o,*.a} $out/lib
      '';
      zlib = libraries "zlib" [ "libz.so.1" ];

      openssl = libraries "openssl" [
        "libcrypto.so.3"
        "libssl.so.3"
      ];

      # Headers, which are the machine's.
      boehmgc = final.runCommand "boehmgc" { } "mkdir $out";
      boost = final.runCommand "boost" { } "mkdir $out";
      nlohmann_json = final.runCommand "nlohmann_json" { } "mkdir $out";
    };
in
lib.fix (builtins.foldl' (set: overlay: lib.extends overlay set) packages overlays)
