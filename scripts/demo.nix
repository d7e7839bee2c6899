/**
  A program of crates.io, built through the host's cache.

  # Example

  ```nix
  (import ./demo.nix {
    name = "ripgrep-15.2.0";
    source = "/…";
    vendored = "/…";
    run = "1";
  }).program
  ```

  # Arguments

  - `name`: of the crate.
  - `source`: a directory with its source.
  - `vendored`: a directory with the sources of what it depends on.
  - `run`: what no other run has, so that Nix builds it although it did so before.
  - `rust`: the store path of a Rust toolchain; by default the machine's own is taken, which is not in the store.
*/
{
  name,
  source,
  vendored,
  run,
  rust ? null,
}:

let
  pkgs = import ../tests/nixpkgs {
    overlays =
      if rust == null then [ ] else [ (final: previous: { rustToolchain = builtins.storePath rust; }) ];
  };

  lib = import ../nix/lib {
    inherit pkgs;
    shim = import ../tests/prebuiltShim.nix pkgs;
  };

  # Under a name that is not the directory's: it becomes part of paths in the build.
  directory =
    name: path:
    builtins.path {
      inherit name;
      path = /. + path;
    };

  attributes = {
    inherit name run;
    src = directory "source" source;
    cargoDeps = directory "vendor" vendored;
    doCheck = false;
  };

  program = pkgs.rustPlatform.buildRustPackage (lib.withSccache { transport = "server"; } attributes);
in
{
  inherit program;

  # The same without the cache.
  plain = pkgs.rustPlatform.buildRustPackage attributes;

  # What it takes to build it, which is not to be timed.
  inputs = program.overrideAttrs {
    name = "inputs";
    buildCommand = "touch $out";
  };
}
