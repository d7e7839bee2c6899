/**
  withSccache, on all that it takes, with a stand-in for builtins.rust.

  # Example

  ```nix
  pkgs.lib.runTests (import ./withSccache.nix pkgs)
  => [ ]
  ```
*/
pkgs:

let
  withSettings = import ../lib/withSccache.nix {
    shim = "/shim";
    sccacheEnv = settings: {
      CARGO_INCREMENTAL = "0";
      RUSTC_WRAPPER = "${settings.shim or "/shim"}/bin/sccache";
      SCCACHE_DIR = settings.directory;
    };
  };

  withSccache = withSettings { directory = "/cache"; };

  environment = {
    NIX_OUTPATH_USED_AS_RANDOM_SEED = "nixsccache";
    CARGO_INCREMENTAL = "0";
    RUSTC_WRAPPER = "/shim/bin/sccache";
    SCCACHE_DIR = "/cache";
  };

  hello = pkgs.stdenv.mkDerivation {
    name = "hello";
    env.GREETING = "hello";
  };

  succeeds = value: (builtins.tryEval (builtins.deepSeq value null)).success;
in
{
  testAttributes = {
    expr = withSccache {
      name = "hello";
      nativeBuildInputs = [ "/cmake" ];
    };
    expected = environment // {
      name = "hello";
      nativeBuildInputs = [
        "/cmake"
        "/shim"
      ];
    };
  };

  testOwnShim = {
    expr =
      (withSettings {
        directory = "/cache";
        shim = "/mine";
      } { }).nativeBuildInputs;
    expected = [ "/mine" ];
  };

  testEnv = {
    expr = withSccache { env.GREETING = "hello"; };
    expected = {
      nativeBuildInputs = [ "/shim" ];
      env = environment // {
        GREETING = "hello";
      };
    };
  };

  testStructuredAttributes = {
    expr = withSccache { __structuredAttrs = true; };
    expected = {
      __structuredAttrs = true;
      nativeBuildInputs = [ "/shim" ];
      env = environment;
    };
  };

  testOwnSeed = {
    expr =
      (withSccache { NIX_OUTPATH_USED_AS_RANDOM_SEED = "mine"; }).NIX_OUTPATH_USED_AS_RANDOM_SEED
        or "none";
    expected = "mine";
  };

  testFunction = {
    expr = withSccache (finalAttrs: { name = "${finalAttrs.pname}-1"; }) { pname = "hello"; };
    expected = environment // {
      name = "hello-1";
      nativeBuildInputs = [ "/shim" ];
    };
  };

  testDerivation = {
    expr =
      let
        changed = withSccache hello;
      in
      {
        inherit (changed)
          CARGO_INCREMENTAL
          GREETING
          NIX_OUTPATH_USED_AS_RANDOM_SEED
          RUSTC_WRAPPER
          SCCACHE_DIR
          name
          ;
        otherwise = changed.drvPath != hello.drvPath;
      };
    expected = environment // {
      GREETING = "hello";
      name = "hello";
      otherwise = true;
    };
  };

  testNoOverrideAttrs = {
    expr = succeeds (withSccache {
      type = "derivation";
      name = "hello";
    });
    expected = false;
  };

  testNotAPackage = {
    expr = succeeds (withSccache "hello");
    expected = false;
  };

  testSetAlike = {
    expr = withSccache { env.RUSTC_WRAPPER = "/shim/bin/sccache"; };
    expected = {
      nativeBuildInputs = [ "/shim" ];
      env = environment;
    };
  };

  testConflict = import ./each.nix false (
    map succeeds [
      (withSccache { RUSTC_WRAPPER = "/other"; })
      (withSccache { env.RUSTC_WRAPPER = "/other"; })
      (withSccache { SCCACHE_DIR = "/other"; })
      (withSccache (hello.overrideAttrs { RUSTC_WRAPPER = "/other"; })).drvPath
    ]
  );
}
