/**
  The standard environment: `$stdenv/setup`, which runs the phases, and the function that
  makes derivations of it.

  # Example

  ```nix
  stdenv.mkDerivation (finalAttrs: {
    pname = "hello";
    version = "1";
    installPhase = "echo ${finalAttrs.pname} > $out";
  })
  ```
*/
{
  glibc,
  lib,
  libgcc,
  system,
}:

let
  tools = "/usr/bin";

  stdenv = derivation {
    name = "stdenv";
    inherit system;
    builder = "${tools}/bash";
    PATH = tools;
    setup = ./setup.sh;
    args = [
      "-ec"
      ''
        mkdir -p $out/bin
        cp $setup $out/setup
        # Debian has the first two in /etc, which no sandbox sees.
        ln -s ${tools}/gcc $out/bin/cc
        ln -s ${tools}/g++ $out/bin/c++
        ln -s ${tools}/{gcc,g++,ld,ar,strip} $out/bin
      ''
    ];
  };

  # The loader, as its ABI names it.
  loaders = {
    x86_64-linux = "ld-linux-x86-64.so.2";
    aarch64-linux = "ld-linux-aarch64.so.1";
  };

  cc = stdenv // {
    bintools = stdenv // {
      dynamicLinker = "${glibc}/lib/${loaders.${system}}";
    };
    cc = stdenv // {
      lib = libgcc;
    };
    libc = glibc;
  };

  triple = builtins.replaceStrings [ "-" ] [ "-unknown-" ] system + "-gnu";

  mkDerivation = import ./mkDerivation.nix { inherit lib stdenv system; };
in
stdenv
// {
  inherit cc mkDerivation;
  hostPlatform = {
    inherit system;
    isDarwin = false;
    isLinux = true;
    config = triple;
    rust.rustcTarget = triple;
  };
}
