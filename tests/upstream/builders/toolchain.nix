/**
  This project's toolchains as nixpkgs' rustc and cargo: its own `toolchain`, and rust-overlay's and fenix'
  through `fromPaths`. Each program is started where there is no /usr.

  # Example

  ```nix
  (import ./toolchain.nix { pkgs = …; product = …; source = _: /…; add = attrs: attrs; … })."toolchain: crane"
  ```
*/
{
  pkgs,
  product,
  add,
  project,
  directory,
  dist,
  version,
  run,
  source,
  ...
}:

let
  manifest = dist + "/dist/channel-rust-${version}.toml";

  overlay = pkgs.extend (import (source "rustOverlay"));
  fenix = import (source "fenix") {
    pkgs = pkgs.extend (
      _: _: {
        # Where nixpkgs' ld.so looks by itself, fenix names nothing; Debian's does not look there.
        zlib = pkgs.buildEnv {
          name = "zlib-and-libc";
          paths = [
            pkgs.zlib
            pkgs.glibc
          ];
          pathsToLink = [ "/lib" ];
          ignoreCollisions = true;
        };
      }
    );
  };
  ofOverlay = overlay.rust-bin.stable.${version}.minimal;
  ofFenix = (fenix.fromManifestFile manifest).minimalToolchain;

  toolchains = {
    toolchain = product.toolchain {
      toolchain = {
        channel = version;
        profile = "minimal";
      };
      manifest = /. + manifest;
    };
    "fromPaths of nixpkgs" = product.fromPaths { inherit (pkgs) rustc cargo; };
  }
  // pkgs.lib.optionalAttrs (source "rustOverlay" != null) {
    "fromPaths of rust-overlay" = product.fromPaths {
      rustc = ofOverlay;
      cargo = ofOverlay;
    };
    "rust-overlay" = ofOverlay;
  }
  // pkgs.lib.optionalAttrs (source "fenix" != null) {
    "fromPaths of fenix" = product.fromPaths {
      rustc = ofFenix;
      cargo = ofFenix;
    };
  };

  # The program runs.
  started = {
    doInstallCheck = true;
    installCheckPhase = ''
      env -i $out/bin/program | tee /dev/stderr | grep -q "hello nobody from zlib"
    '';
  };

  by =
    toolchain:
    let
      rustPlatform = pkgs.makeRustPlatform {
        rustc = toolchain;
        cargo = toolchain;
      };
      common = {
        inherit run;
        buildInputs = [ pkgs.zlib ];
      }
      // started;
    in
    {
      mkDerivation = pkgs.stdenv.mkDerivation (
        add (
          common
          // {
            name = "program";
            src = project;
            cargoDeps = pkgs.rustPlatform.importCargoLock { lockFile = project + "/Cargo.lock"; };
            nativeBuildInputs = [
              pkgs.rustPlatform.cargoSetupHook
              toolchain
            ];
            buildPhase = "cargo build --release --offline";
            installPhase = "install -D -t $out/bin target/release/program";
          }
        )
      );
      buildRustPackage = rustPlatform.buildRustPackage (
        add (
          common
          // {
            pname = "program";
            version = "1.0.0";
            src = project;
            cargoLock.lockFile = project + "/Cargo.lock";
            doCheck = true;
          }
        )
      );
    }
    // pkgs.lib.optionalAttrs (source "crane" != null) {
      crane =
        let
          crane = (import (source "crane") { inherit pkgs; }).overrideToolchain (_: toolchain);
        in
        # Not in the derivation of the dependencies, too, which has no program.
        (crane.buildPackage (add {
          inherit (common) run buildInputs;
          src = directory;
        })).overrideAttrs
          started;
    };
in
builtins.listToAttrs (
  builtins.concatMap (
    name:
    map (builder: {
      name = "${name}, ${builder}";
      value = (by toolchains.${name}).${builder};
    }) (builtins.attrNames (by toolchains.${name}))
  ) (builtins.attrNames toolchains)
)
