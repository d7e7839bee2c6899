/**
  The flakes, this project's own and one as its predecessor's, with stand-ins for their inputs.

  # Example

  ```nix
  (import ./flakes.nix { run = "1"; }).predecessor.packages.x86_64-linux.default
  ```

  # Arguments

  - `run`: what no other run has, so that Nix builds the compiler although it did so before.
*/
{
  run ? "",
  fails ? "",
}:

let
  # As an input of a flake: its outputs and its folder.
  input =
    folder: inputs:
    let
      outputs = (import (folder + "/flake.nix")).outputs (inputs // { self = outputs; }) // {
        outPath = folder;
      };
    in
    outputs;

  nixpkgs = input ../nixpkgs { };
  rust-overlay = input ../rust-overlay { };
  rustSrcFlake = input ../rust-source { inherit nixpkgs; };

  # The shim that there is, not one that is built from the source.
  nix-sccache.lib.mkLib =
    pkgs:
    import ../../nix/lib {
      inherit pkgs;
      shim = import ../prebuiltShim.nix pkgs;
    };

  flakes = {
    own = (import ../../flake.nix).outputs { inherit nixpkgs rust-overlay rustSrcFlake; };
    predecessor = (import ./predecessor/flake.nix).outputs {
      inherit
        nix-sccache
        nixpkgs
        rust-overlay
        rustSrcFlake
        ;
    };
  };

  systems = [
    "aarch64-linux"
    "x86_64-linux"
  ];

  # What a shell is, less what is built from source here and prebuilt there.
  shell = package: {
    inherit (package)
      LD_LIBRARY_PATH
      RUSTC_ICE
      buildInputs
      shellHook
      ;
    inputs = map (input: input.name) package.nativeBuildInputs;
  };
in
flakes
// {
  compiler = flakes.predecessor.packages.${builtins.currentSystem}.default.overrideAttrs {
    inherit run;
    FAILS = fails;
  };

  told = {
    inputs = builtins.mapAttrs (_: flake: builtins.mapAttrs (_: input: input.url) flake.inputs) {
      own = import ../../flake.nix;
      predecessor = import ./predecessor/flake.nix;
    };

    outputs = builtins.mapAttrs (_: flake: {
      packages = builtins.mapAttrs (_: packages: packages.default.name) flake.packages;
      devShells = builtins.mapAttrs (_: shells: shell shells.default) flake.devShells;
    }) flakes;

    # Each is of its own system, by one definition.
    systems = map (system: flakes.own.packages.${system}.default.system) systems;
    triples = map (system: flakes.own.packages.${system}.default.bootstrapTriple) systems;
    toolchains = map (system: flakes.own.packages.${system}.default.toolchain.version) systems;

    # In the form of the predecessor's function.
    function =
      let
        pkgs = import nixpkgs {
          system = "x86_64-linux";
          overlays = [ rust-overlay.overlays.default ];
        };
      in
      (flakes.own.lib.sccachedRustc "x86_64-linux" pkgs pkgs.rust-bin.stable."1.84.1".default).name;
  };

  # The nightly of the shell for a source of 1.84.1, as the predecessor had it.
  refused =
    let
      pkgs = import nixpkgs {
        system = "x86_64-linux";
        overlays = [ rust-overlay.overlays.default ];
      };
    in
    flakes.own.lib.sccachedRustc "x86_64-linux" pkgs pkgs.rust-bin.nightly.latest.default;
}
