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
