/**
  The flakes, this project's own and the template in its predecessor's form, with stand-ins for their
  inputs.

  # Example

  ```nix
  (import ./flakes.nix { run = "1"; }).predecessor.packages.x86_64-linux.default
  ```

  # Arguments

  - `run`: what no other run has, so that Nix builds the compiler although it did so before.
  - `fails`: not empty where x.py is to fail in the end.
*/
{
  run ? "",
  fails ? "",
}:

let
  # As an input of a flake: its outputs and its directory.
  input =
    directory: inputs:
    let
      outputs = (import (directory + "/flake.nix")).outputs (inputs // { self = outputs; }) // {
        outPath = directory;
      };
    in
    outputs;

  nixpkgs = input ../nixpkgs { };
  rustSrcFlake = input ../rust-source { inherit nixpkgs; };

  # Its nightly is of 1.92, as the predecessor's was, or of the source's own release.
  rust-overlay = input ../rust-overlay { };
  older = input ../rust-overlay/older { };

  # The shim that there is, not one that is built from the source.
  nix-sccache.lib.mkLib =
    pkgs:
    import ../../nix/lib {
      inherit pkgs;
      shim = import ../prebuiltShim.nix pkgs;
    };

  own = rust-overlay: (import ../../flake.nix).outputs { inherit nixpkgs rust-overlay rustSrcFlake; };

  predecessor =
    rust-overlay:
    input ../../nix/templates/rustc {
      inherit
        nix-sccache
        nixpkgs
        rust-overlay
        rustSrcFlake
        ;
    };

  flakes = {
    own = own older;
    predecessor = predecessor older;
  };

  pkgs = import nixpkgs {
    system = "x86_64-linux";
    overlays = [ older.overlays.default ];
  };

  # This project's, in the form of the predecessor's.
  function = flakes.own.lib.sccachedRustc "x86_64-linux" pkgs;

  lib = nix-sccache.lib.mkLib pkgs;

  # The same source with another stage0 file, of a release whose bootstrap calls the cache itself.
  later = lib.sccachedRustc {
    source = rustSrcFlake.packages.x86_64-linux.default;
    release = "1.90.0";
    stage0 =
      builtins.replaceStrings
        [
          "2024-11-28"
          "1.83.0"
        ]
        [
          "2025-08-07"
          "1.89.0"
        ]
        (builtins.readFile ../rust-source/src/stage0);
    toolchain = {
      outPath = "/rust";
      version = "1.90.0";
    };
  };

  # Less the directory in the store, which is another for every change.
  relative = path: builtins.head (builtins.match "${builtins.storeDir}/[0-9a-z]{32}-(.*)" path);
  names = map (package: package.name);

  shell = package: {
    inherit (package) RUSTC_ICE shellHook;
    LD_LIBRARY_PATH = relative package.LD_LIBRARY_PATH;
    buildInputs = names package.buildInputs;
    nativeBuildInputs = names package.nativeBuildInputs;
    targets = builtins.concatMap (input: input.targets or [ ]) package.nativeBuildInputs;
  };

  compiler = package: {
    inherit (package) name system;
    triple = package.bootstrapTriple;
    toolchain = package.toolchain.version;
  };
in
flakes
// {
  # What it builds, and whether a server is left of it then.
  compiler = flakes.predecessor.packages.${builtins.currentSystem}.default.overrideAttrs {
    inherit run;
    FAILS = fails;
    # What ends the session is among these since the set-up, and runs before.
    postUnpack = ''
      countServers() {
        local left attempt
        for attempt in {1..100}; do
          left=$(cat /proc/[0-9]*/comm 2>/dev/null | grep -cx sccache || true)
          if [[ $left == 0 ]]; then break; fi
          sleep 0.1
        done
        echo "servers in the end: $left"
      }
      exitHooks+=(countServers)
      failureHooks+=(countServers)
    '';
  };

  told = {
    inputs =
      builtins.mapAttrs (_: input: input.url)
        (import ../../nix/templates/rustc/flake.nix).inputs;

    outputs = builtins.mapAttrs (_: flake: {
      packages = builtins.mapAttrs (_: packages: compiler packages.default) flake.packages;
      devShells = builtins.mapAttrs (_: shells: shell shells.default) flake.devShells;
    }) flakes;

    function = compiler (function pkgs.rustChannels.nightly.rust);
    transport = flakes.own.packages.x86_64-linux.default.NIX_SCCACHE_TRANSPORT;

    paths = builtins.mapAttrs (_: relative) (
      lib.paths {
        toolchain = pkgs.rustChannels.nightly.rust;
      }
    );

    config = flakes.predecessor.packages.x86_64-linux.default.bootstrapConfig.text;

    # Of a rustc and a cargo outside of any store.
    configByHand =
      (builtins.rust.bootstrapConfig {
        source = ../rust-source;
        toolchain = "/usr";
      }).text;

    date = (builtins.rust.stage0 { source = ../rust-source; }).date;

    later = {
      config = later.bootstrapConfig.text;
      date = later.bootstrapStage0Date;
      wrapper = later.RUSTC_WRAPPER or null;
    };
  };

  # The predecessor's flake as it was, which gave a nightly of 1.92 to a source of 1.84.1.
  refused =
    builtins.mapAttrs (_: packages: packages.default.drvPath)
      (predecessor rust-overlay).packages;

  # By what they say of themselves.
  toolchains = builtins.mapAttrs (_: toolchain: (function toolchain).drvPath) {
    release = pkgs.rust-bin.stable."1.84.1".default;
    path = "/rust";
    dated = pkgs.runCommand "rust-nightly-2024-11-20" { } "";
    silent = lib.fromPaths {
      rustc = "/rust";
      cargo = "/rust";
    };
  };
}
