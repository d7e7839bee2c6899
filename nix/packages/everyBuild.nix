/**
  The directory that is mounted as `/.cargo` into every sandbox of a machine, so that cargo calls the shim in builds that
  know nothing of it. Cargo reads `.cargo/config.toml` in every directory above the one that it runs in, up to the root. No
  derivation changes, and so no store path.

  The shim is a copy, and statically linked: a build sees nothing but this directory.

  # Example

  ```nix
  pkgs.callPackage ./everyBuild.nix { exclude = [ "firefox" ]; }
  => extra-sandbox-paths = [ "/.cargo=${…}?" ]
  ```

  # Arguments

  - `shim`: the package of the shim.
  - `exclude`: the names of packages (`pname`) that are built without the cache.
  - `links`, `timeout`: as the settings of these names of `withSccache`.
  - `verify`: of how many hits one is compiled again, and compared; null for none.
*/
{
  lib,
  runCommand,
  shim,
  exclude ? [ ],
  links ? "all",
  timeout ? null,
  verify ? 200,
}:

let
  # Where cargo looks, in every sandbox.
  mountPoint = "/.cargo";

  settings =
    removeAttrs
      (import ../lib/defaultEnvironment.nix {
        inherit shim;
        sccache = null;
      })
      [
        # A build's own variables stay as they are.
        "CARGO_INCREMENTAL"
        "CMAKE_CXX_COMPILER_LAUNCHER"
        "CMAKE_C_COMPILER_LAUNCHER"
        "NIX_SCCACHE_SCCACHE"
        "RUSTC_WRAPPER"
      ]
    // {
      # What is put back at a session's end cannot be: such a session has none.
      NIX_SCCACHE_STABLE_PATHS = "never";
    }
    // lib.optionalAttrs (exclude != [ ]) {
      NIX_SCCACHE_EXCLUDE = builtins.concatStringsSep "," exclude;
    }
    // lib.optionalAttrs (links != "all") { NIX_SCCACHE_LINKS = links; }
    // lib.optionalAttrs (timeout != null) { NIX_SCCACHE_TIMEOUT = toString timeout; }
    // lib.optionalAttrs (verify != null) { NIX_SCCACHE_VERIFY = toString verify; };

  lines = lib.concatStrings (lib.mapAttrsToList (name: value: "${name}=${value}\n") settings);
in
runCommand "nix-sccache-every-build"
  {
    meta.description = "What Nix mounts into every sandbox, so that all of cargo's builds are cached";
    passthru.sandboxPath = mountPoint;
  }
  ''
    mkdir $out
    # By its own name, by which it knows itself, and traces know it.
    cp ${shim}/bin/nix-sccache-shim $out/
    ln -s nix-sccache-shim $out/sccache
    cp ${shim}/libexec/nix-sccache/libnix_sccache_trace.so $out/
    cat > $out/settings <<'END'
    ${lines}END
    cat > $out/config.toml <<'END'
    # services.nix-sccache.everyBuild
    [build]
    rustc-wrapper = "${mountPoint}/sccache"
    END
  ''
