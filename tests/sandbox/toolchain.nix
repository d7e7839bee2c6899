/**
  Toolchains from the archives of `scripts/lib/dist.sh`, and what they build, over the stand-in
  for nixpkgs.

  # Example

  ```nix
  (import ./toolchain.nix { dist = "/…"; channel = "stable"; }).minimal
  ```

  # Arguments

  - `dist`: the folder, which the sandbox mounts as `/dist`.
  - `channel`: the one that it has.
*/
{ dist, channel }:

let
  pkgs = import ../nixpkgs { };

  lib = import ../../nix/lib {
    inherit pkgs;
    shim = import ../prebuiltShim.nix pkgs;
  };

  # The project of the checks, through the cache of a session.
  build =
    toolchain: more:
    pkgs.stdenv.mkDerivation (
      lib.withSccache { transport = "ephemeral"; } {
        name = "hello";
        src = ../../nix/checks/hello;
        nativeBuildInputs = [ toolchain ];
        buildPhase = ''
          export CARGO_HOME=$NIX_BUILD_TOP/cargo
          cargo build --release --offline
          ${more}
        '';
        installPhase = "install -D target/release/hello $out/bin/hello";
      }
    );

  # A program, a procedural macro and a build script, each linked with a library of buildInputs, by
  # builders of different kinds.
  linked = rustc: rec {
    attributes = {
      name = "linked";
      src = ./linked;
      buildInputs = [ pkgs.zlib ];
    };

    # With cargo's own defaults, as crane's builds are.
    cargo = pkgs.stdenv.mkDerivation (
      attributes
      // {
        nativeBuildInputs = [ rustc ];
        strictDeps = true;
        buildPhase = "CARGO_HOME=$PWD/.cargo-home cargo build --release --offline";
        installPhase = ''
          install -D --target-directory $out/bin target/release/linked
          install -D --target-directory $out/parts target/release/build/linked-*/build-script-build \
            target/release/deps/libmacros-*.so
        '';
      }
    );

    buildRustPackage =
      (pkgs.makeRustPlatform {
        inherit rustc;
        cargo = rustc;
      }).buildRustPackage
        (attributes // { cargoLock.lockFile = ./linked/Cargo.lock; });
  };
in
rec {
  minimal = lib.toolchain {
    file = builtins.toFile "rust-toolchain.toml" ''
      [toolchain]
      channel = "${channel}"
      profile = "minimal"
    '';
    manifest = /. + "${dist}/dist/channel-rust-${channel}.toml";
    root = "file:///dist";
  };

  withComponents = minimal.withComponents [
    "clippy"
    "rustfmt"
  ];

  # As fenix has it: nothing stands in front of the linker that it brings.
  bare = pkgs.runCommand "rust-stable-with-components-2026-04-16" { } ''
    mkdir $out
    for path in ${builtins.concatStringsSep " " (builtins.attrValues minimal.components)}; do
      cp -r --symbolic-link --no-preserve=mode $path/* $out
    done
    for file in $out/bin/*; do
      install --mode=755 $(realpath $file) $out/bin
      patchelf --set-rpath $out/lib $file || true
    done
    for file in $out/lib/librustc_driver-*; do install $(realpath $file) $file; done
  '';
  bareByFromPaths = lib.fromPaths {
    rustc = bare;
    cargo = bare;
  };

  fromPaths = lib.fromPaths {
    rustc = minimal;
    inherit (minimal.components) cargo;
    rustfmt = withComponents;
  };

  # Of a target that the folder has no archive for.
  urls =
    let
      inherit (minimal.withTargets [ "wasm32-unknown-unknown" ]) components;
    in
    components.rust-std-wasm32-unknown-unknown.src.urls;

  paths = lib.paths { toolchain = minimal; };

  # rustc alone, with a procedural macro, which it loads into itself.
  rustc = pkgs.stdenv.mkDerivation {
    name = "rustc";
    nativeBuildInputs = [ minimal ];
    buildCommand = ''
      echo '#[proc_macro]
      pub fn greeting(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
        "\"hello\"".parse().unwrap()
      }' > greeting.rs
      echo 'fn main() { println!("{}", greeting::greeting!()); }' > program.rs
      rustc --edition 2024 --crate-type proc-macro --extern proc_macro greeting.rs
      rustc --edition 2024 --extern greeting -L . -C debuginfo=2 program.rs

      mkdir $out
      ./program > $out/said
      rustc --print sysroot > $out/sysroot
      LD_TRACE_LOADED_OBJECTS=1 $(command -v rustc) > $out/libraries
    '';
  };

  linkedBy = builtins.mapAttrs (_: linked) { inherit bareByFromPaths fromPaths minimal; } // {
    # By the stage 0 of a compiler, in the environment of its x.py.
    bare.sccachedRustc =
      (lib.sccachedRustc {
        source = ../rust-source;
        toolchain = bare;
        cache.transport = "ephemeral";
      }).overrideAttrs
        (old: {
          buildInputs = [ pkgs.zlib ];
          project = ./linked;
          installPhase = ''
            cp -r --no-preserve=mode $project linked
            cd linked
            PATH=${bare}/bin:$PATH cargo build --release --offline
            install -D --target-directory $out/bin target/release/linked
          '';
        });
  };

  # Run by Nix itself, where there is nothing but the store.
  started = builtins.mapAttrs (
    _: programs:
    builtins.mapAttrs (
      name: program:
      derivation {
        inherit name;
        inherit (pkgs) system;
        builder = "${program}/bin/linked";
      }
    ) (removeAttrs programs [ "attributes" ])
  ) linkedBy;

  hello = {
    minimal = build minimal "";
    withComponents = build withComponents ''
      cargo clippy --offline -- --deny warnings
      cargo fmt --check
      [[ $(clippy-driver --rustc --print sysroot) == ${withComponents} ]]
    '';
    fromPaths = build fromPaths "rustfmt --check src/main.rs";
  };
}
