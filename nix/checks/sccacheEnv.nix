/**
  The packages are filled in, and an sccache that stores no entries of others is refused.

  # Example

  ```nix
  lib.runTests (import ./sccacheEnv.nix)
  => [ ]
  ```
*/
let
  old = {
    outPath = "/old";
    version = "0.16.1";
  };

  sccacheEnv = import ../lib/sccacheEnv.nix {
    rust.sccacheEnv = settings: settings;
    sccache = "/sccache";
    shim = "/shim";
  };

  succeeds = settings: (builtins.tryEval (sccacheEnv settings)).success;
in
{
  testNoSettings = {
    expr = (sccacheEnv { }).NIX_SCCACHE_SCCACHE;
    expected = "/sccache/bin/sccache";
  };

  testDefaults = {
    expr = sccacheEnv { wrap = [ "c" ]; };
    expected = {
      sccache = "/sccache";
      shim = "/shim";
      wrap = [ "c" ];
    };
  };

  testOwnShim = {
    expr = (sccacheEnv { shim = "/mine"; }).RUSTC_WRAPPER;
    expected = "/mine/bin/sccache";
  };

  testOldSccache = {
    expr = map succeeds [
      { sccache = old; }
      {
        sccache = old;
        transport.server = { };
      }
      {
        sccache = old;
        transport = "ephemeral";
      }
    ];
    expected = [
      false
      false
      false
    ];
  };
}
