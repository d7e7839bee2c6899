/**
  nixpkgs' wrapper for linkers around the `ld.lld` that rustc brings and tells C compilers to link
  with, as it does by default on x86_64-linux since Rust 1.90: without the wrapper, programs have no
  rpath of the libraries in `buildInputs`, and none of the flags of hardening. As an attribute of a
  derivation that runs `wrapLld` of `sysroot.sh`.

  One wrapper is for all toolchains: which `ld.lld` it is that it runs, `wrapLld`'s script says.

  # Example

  ```nix
  import ./lld.nix pkgs
  => { lldWrappers = [ "x86_64_unknown_linux_gnu=/nix/store/…-rust-lld-wrapper-1/bin/ld.lld" ]; … }
  ```

  # Attributes of the result

  - `lldWrappers`: for what is built and for build scripts and procedural macros, the wrapper's
    `suffixSalt`, by which the C compiler that calls tells its platform, and the program.
  - `runtimeShell`: what runs that script.
*/
pkgs:

let
  inherit (pkgs.buildPackages) lib runtimeShell stdenv;

  # Where there is no C compiler, or one of another kind, rustc does not ask it for lld.
  linking =
    builtins.filter (one: one.hasCC or true && one.hostPlatform.isElf && one.cc.bintools ? override)
      [
        pkgs.stdenv
        pkgs.buildPackages.stdenv
      ];

  wrapped =
    { cc, ... }:
    let
      inherit (cc.bintools) suffixSalt targetPrefix;
      program = "bin/${targetPrefix}ld.lld";

      wrapper = cc.bintools.override {
        bintools = stdenv.mkDerivation {
          pname = "rust-lld";
          version = "1";
          inherit runtimeShell;
          buildCommand = ''
            mkdir -p $out/bin
            printf '#! %s\nexec "$NIX_SCCACHE_LLD" "$@"\n' $runtimeShell > $out/${program}
            chmod +x $out/${program}
          '';
        };
      };
    in
    "${suffixSalt}=${wrapper}/${program}";
in
{
  lldWrappers = lib.unique (map wrapped linking);
  inherit runtimeShell;
}
