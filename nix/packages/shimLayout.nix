/**
  What the shim's package holds besides its binary, as attributes for stdenv.mkDerivation.

  # Example

  ```nix
  stdenv.mkDerivation (import ./shimLayout.nix // { … })
  ```
*/
{
  setupHook = ../hook/setup-hook.sh;

  # cc-rs and rustc's bootstrap know a wrapper by the name sccache. The other two are for the
  # front of PATH, and in a directory of their own: what has this package among its inputs must
  # not find two rustc. Nor is there a `lib`, which stdenv would tell linkers of: each shim would have keys of its own.
  postInstall = ''
    ln -s nix-sccache-shim $out/bin/sccache
    mkdir -p $out/libexec/nix-sccache
    mv $out/lib/libnix_sccache_trace.so $out/libexec/nix-sccache
    rmdir $out/lib
    ln -s ../../bin/nix-sccache-shim $out/libexec/nix-sccache/rustc
    ln -s ../../bin/nix-sccache-shim $out/libexec/nix-sccache/cargo
  '';
}
