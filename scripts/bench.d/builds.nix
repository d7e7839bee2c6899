/**
  Builds in the sandbox, to be measured: those of `scripts/demo.nix`, and the same such that they tell what they
  took, or what each call of a compiler took.

  # Example

  ```sh
  nix-instantiate scripts/bench.d/builds.nix --attr plain --argstr name ripgrep-15.2.0 --argstr source /… --argstr vendored /… --argstr run 1 --argstr rust /nix/store/…
  ```

  # Arguments

  Those of `scripts/demo.nix`.
*/
{
  name,
  source,
  vendored,
  run,
  rust,
}@arguments:

let
  pkgs = import ../../tests/nixpkgs { };

  lib = import ../../nix/lib {
    inherit pkgs;
    shim = import ../../tests/prebuiltShim.nix pkgs;
  };

  demo = import ../demo.nix arguments;

  # cc-rs knows a wrapper by this name.
  launcher = pkgs.runCommand "launcher" { } ''
    install -D ${
      builtins.path {
        name = "bench";
        path = ../../target/release/bench;
      }
    } $out/bin/sccache
  '';

  # In front of the shim. BENCH_* are no variables that count in a key.
  launched = ''
    export BENCH_SHIM=/usr/bin/true BENCH_CALLS=/reports/$run.true
    for _ in {1..50}; do ${launcher}/bin/sccache; done
    export BENCH_SHIM=$RUSTC_WRAPPER BENCH_CALLS=/reports/$run.calls RUSTC_WRAPPER=${launcher}/bin/sccache
  '';

  # The setting `reports` would have the shim write down more than that.
  logged = ''
    ''${BENCH_SHIM%/*}/nix-sccache-shim session log >/reports/$run.jsonl
  '';

  # What a build costs, from the end of stdenv's set-up to that of the session.
  told =
    package:
    package.overrideAttrs {
      postHook = ''
        benchBegan=$EPOCHREALTIME
        benchEnd() {
          echo "bench: from $benchBegan to $EPOCHREALTIME"
          times
        }
        exitHooks+=(benchEnd)
      '';
    };
in
demo
// {
  told = told demo.program;
  toldPlain = told demo.plain;

  # Calls of rustc by the launcher, which counts programs where BENCH_COUNT is set.
  launched = demo.program.overrideAttrs {
    preBuild = launched;
    postBuild = logged;
  };
  counted = demo.program.overrideAttrs {
    BENCH_COUNT = 1;
    preBuild = launched;
    postBuild = logged;
  };

  # Calls of gcc, likewise. Where the derivation's own path is in the key, the second of each is a hit.
  objects = pkgs.stdenv.mkDerivation (
    lib.withSccache
      {
        transport = "server";
      }
      {
        name = "objects";
        inherit run;
        buildCommand = ''
          ${launched}
          echo '#define FACTOR 3' >factor.h
          compile() {
            echo "#include <stdio.h>
              #include <stdlib.h>
              #include <string.h>
              #include <regex.h>
              #include <pthread.h>
              #include \"factor.h\"
              int number_$1(const char *text) { return FACTOR * (int) strlen(text) + $1; }" >$1.c
            $RUSTC_WRAPPER gcc -O2 -Wall -c $1.c -o $1.o
          }
          for n in {1..40} {1..40}; do compile $n; done
          export BENCH_COUNT=1
          for n in {1..5}; do compile $n; done
          ${logged}
          touch $out
        '';
      }
  );
}
