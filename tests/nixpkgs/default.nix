/**
  The part of nixpkgs that this project uses, in small: attributes, hooks and command lines
  have nixpkgs' names and forms, so that what is written for the one works with the other.

  It downloads and compiles nothing. Its packages point at the machine's tools, which the
  sandbox must mount: `/usr`, `/lib`, `/lib64`, `/bin/sh`, and by these names

  - `/rust`: a Rust toolchain
  - `/dist`: a server of Rust's archives, for `fetchurl`
  - `/vendor`: the sources of crates, one folder NAME-VERSION each
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
      stdenv = final.callPackage ./build/stdenv.nix { };
      runCommand = final.callPackage ./build/runCommand.nix { };
      mkShell = final.callPackage ./build/mkShell.nix { };
      fetchurl = final.callPackage ./build/fetchurl.nix { };
      fetchCrate = final.callPackage ./rust/fetchCrate.nix { };

      cargo = final.callPackage ./rust/cargo.nix { };
      rustc = final.callPackage ./rust/rustc.nix { };
      rustPlatform = final.callPackage ./rust/platform.nix { };

      nix = final.callPackage ./packages/nix.nix { };
      sccache = final.callPackage ./packages/sccache.nix { };

      cmake = tool "cmake";
      curl = tool "curl";
      git = tool "git";
      ninja = tool "ninja";
      patchelf = tool "patchelf";
      pkg-config = tool "pkg-config";
      python3 = tool "python3";
      python3Packages.pip = tool "pip";
      which = tool "which";
      xz = tool "xz";

      binutils = final.runCommand "binutils" { } ''
        mkdir -p $out/bin
        ln -s /usr/bin/{ar,as,ld,nm,objdump,strip} $out/bin
      '';
      glibc =
        libraries "glibc" [
          "ld-linux-*.so.*"
          "libc.so.6"
          "libdl.so.2"
          "libm.so.6"
          "libpthread.so.0"
          "librt.so.1"
        ]
        // {
          static = final.runCommand "glibc-static" { } "mkdir $out";
        };
      libgcc = libraries "libgcc" [
        "libgcc_s.so.1"
        "libstdc++.so.6"
      ];
      zlib = libraries "zlib" [ "libz.so.1" ];

      # Where the machine's compiler looks for itself.
      boehmgc = final.runCommand "boehmgc" { } "mkdir $out";
      boost = final.runCommand "boost" { } "mkdir $out";
      nlohmann_json = final.runCommand "nlohmann_json" { } "mkdir $out";
      openssl = final.runCommand "openssl" { } "mkdir $out";
    };
in
lib.fix (builtins.foldl' (set: overlay: lib.extends overlay set) packages overlays)
