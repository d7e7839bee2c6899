/**
  rustc, built by its own `x.py` through the cache: from an existing package, or from an unpacked source.

  # Example

  ```nix
  sccachedRustc {
    source = inputs.rustSrcFlake.packages.x86_64-linux.default;
    toolchain = pkgs.rust-bin.stable."1.84.1".default;
  }

  sccachedRustc {
    source = inputs.rust;
    settings.target.x86_64-unknown-linux-gnu.llvm-config = "${pkgs.llvm.dev}/bin/llvm-config";
    command = [ "build" "library" ];
    stage = 1;
  }
  ```

  # Arguments

  - `source` (required): a package with `src` and `overrideAttrs`, or an unpacked source tree: a
    path, a flake's input, a derivation.
  - `toolchain`: the package with the rustc and the cargo to build with; by default what the
    source's stage0 file names, from Rust's own server. One that the source's bootstrap would
    refuse is an error; one that does not say its release, as a path does not, a warning.
  - `cache`: the settings of `withSccache`.
  - `settings`: those of `builtins.rust.bootstrapConfig`, which are bootstrap's own. The C compiler is
    that of `pkgs` unless they name another.
  - `command` (`"build"`): x.py's command line, without `--stage`: a string, or a list of words.
  - `stage`: the number for x.py's `--stage`; by default bootstrap's own.
  - `targets`: systems or target triples to build the standard library for, in addition to the host.
  - `release` (string, as in the source's `src/version`), `stage0` (the stage0 file, or its text):
    where the source is a derivation, these keep Nix from building it at evaluation time. For an
    archive with a given `toolchain`, `release` alone is enough.

  # Attributes of the result

  - `bootstrapConfig`, `stage0`: the results of the builtins of these names.
  - `toolchain`: the package.

  The result has `overrideAttrs`. Without an `installPhase` of the package's own, `x.py install` installs
  what `command` builds.
*/
{
  isLoaded,
  pkgs,
  rust,
  sccacheEnv,
  shim,
  toolchain,
}:

let
  resolve = toolchain;
  read = import ./read.nix { inherit rust; };
  checked = import ./checked.nix;
  configure = import ./configure.nix { inherit pkgs rust; };
  package = import ./package.nix { inherit pkgs; };
  phases = import ./phases.nix { inherit pkgs; };

  inherit (pkgs.buildPackages) lib;

  # What is built is installed.
  stagesOf = lib.genAttrs [ "bench" "check" "dist" "doc" "test" ] (verb: [ "${verb}-stage" ]) // {
    build = [
      "build-stage"
      "install-stage"
    ];
  };
in
{
  source,
  toolchain ? null,
  cache ? { },
  settings ? { },
  command ? "build",
  stage ? null,
  targets ? [ ],
  release ? null,
  stage0 ? null,
}:
let
  words =
    if builtins.isList command then
      command
    else
      builtins.filter (part: builtins.isString part && part != "") (builtins.split " +" command);

  isGiven = toolchain != null;

  answers = read {
    inherit
      isGiven
      source
      release
      stage0
      ;
  };

  compiler = checked {
    inherit (answers) stage0;
    inherit isGiven;
  } (if isGiven then toolchain else resolve { stage0 = answers.file; });

  bootstrapConfig = configure {
    inherit settings targets;
    # Of x.py's command line: one that this release has not is found before the build.
    stages =
      if stage == null then { } else lib.genAttrs stagesOf.${builtins.head words} or [ ] (_: stage);
    inherit (answers) version;
    toolchain = compiler;
  };

  withSccache = import ../withSccache.nix {
    inherit rust shim;
    # There is no config either.
    lacksPlugin = _: !isLoaded;
    inherit sccacheEnv;
  };
in
withSccache cache (
  (if answers.isPackage then source else package answers).overrideAttrs (phases {
    inherit bootstrapConfig stage words;
    inherit (answers) stage0;
    toolchain = compiler;
    shim = cache.shim or shim;
  })
)
