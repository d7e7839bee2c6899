/**
  The shim's package, of the binary and the library that `scripts/build` leaves in `target/release`.

  # Example

  ```nix
  import ../nix/lib { inherit pkgs; shim = import ./prebuiltShim.nix pkgs; }
  ```
*/
pkgs:

pkgs.stdenv.mkDerivation (
  import ../nix/packages/shimLayout.nix
  // {
    name = "nix-sccache-shim";
    src = builtins.path {
      name = "nix-sccache-shim";
      path = ../target/release/nix-sccache-shim;
    };
    trace = builtins.path {
      name = "libnix_sccache_trace.so";
      path = ../target/release/libnix_sccache_trace.so;
    };
    dontUnpack = true;
    dontStrip = true;
    installPhase = ''
      install -D $src $out/bin/nix-sccache-shim
      install -D $trace $out/lib/libnix_sccache_trace.so
      runHook postInstall
    '';
  }
)
