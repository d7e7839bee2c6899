/**
  The plugin, for one Nix: a Nix of another release, or a Lix, needs a build of its own. Nixes
  that have their C API in them, from 2.35 on, share one, which wants nothing of them.

  # Example

  ```nix
  (pkgs.callPackage ./plugin.nix { }).override { nix = pkgs.lix; }
  ```
*/
{
  lib,
  nix,
  rustPlatform,

  # For a Nix whose headers are wanted.
  boehmgc,
  boost,
  nlohmann_json,
  pkg-config,

  # For a Lix: its headers are for clang.
  capnproto ? null,
  clang ? null,
}:

let
  isLix = (nix.pname or "") == "lix";
  needsHeaders = isLix || lib.versionOlder nix.version "2.35";
in

assert lib.assertMsg (!lib.versionOlder nix.version "2.8") ''
  nix-sccache: the plugin serves Nix from 2.8 on, and this is Nix ${nix.version}.
  Give another one: plugin.override { nix = …; }
'';

rustPlatform.buildRustPackage (
  rec {
    pname = "nix-sccache-plugin";
    version = import ./version.nix;
    src = import ./source.nix [
      "/core"
      "/plugin"
    ];
    cargoLock.lockFile = ../../Cargo.lock;
    cargoBuildFlags = [
      "--package"
      pname
    ];
    buildFeatures = lib.optional needsHeaders "cxx-host";

    nativeBuildInputs = lib.optional needsHeaders pkg-config;
    # Nix first: its headers bring the boost that it was built with, which may be another than that of
    # this nixpkgs, and whose containers lie by value in what both it and the plugin look at.
    buildInputs = lib.optionals needsHeaders (
      [
        nix
        boehmgc
        boost
        nlohmann_json
      ]
      ++ lib.optional isLix capnproto
    );

    # A symbol that this Nix lacks must not keep the plugin from loading and saying so.
    hardeningDisable = [ "bindnow" ];

    # They are run in the repository, with a Nix and an sccache.
    doCheck = false;

    postInstall = ''
      mkdir -p $out/lib/nix/plugins
      mv $out/lib/libnix_sccache.so $out/lib/nix/plugins
    '';

    meta = {
      description = "The Nix plugin of nix-sccache: adds builtins.rust";
      license = [
        lib.licenses.mit
        lib.licenses.asl20
      ];
    };
  }
  // lib.optionalAttrs isLix { CXX = "${clang}/bin/clang++"; }
)
