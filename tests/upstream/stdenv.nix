/**
  The stages of a package set whose programs are Debian's and whose everything else is nixpkgs' own:
  cc-wrapper, bintools-wrapper, stdenv, setup hooks, cross stages.

  # Example

  ```nix
  import (corepkgs + "/stdenv/impure.nix") { stdenvStages = import ./stdenv.nix { … }; }
  ```

  # Arguments

  - `corepkgs`: the directory of a nixpkgs, as ekala-project/corepkgs has it.
  - `debian`: the packages of ./debian.
  - `packages`: an overlay with what there is besides.
*/
{
  corepkgs,
  debian,
  packages,
}:

{
  lib,
  localSystem,
  crossSystem,
  config,
  overlays,
  crossOverlays ? [ ],
}@args:

let
  # Those that stand in the set under their own name.
  own = removeAttrs debian [
    "bash"
    "copy"
    "glibc"
  ];

  shell = "${debian.bash}/bin/bash";

  platforms = {
    buildPlatform = localSystem;
    hostPlatform = localSystem;
    targetPlatform = localSystem;
  };

  generic =
    attributes:
    import (corepkgs + "/stdenv/generic") (
      platforms
      // {
        inherit config shell;
        preHook = ''
          export NIX_ENFORCE_PURITY="''${NIX_ENFORCE_PURITY-1}"
          export NIX_ENFORCE_NO_NATIVE="''${NIX_ENFORCE_NO_NATIVE-1}"
        '';
        initialPath = [
          debian.coreutils
          debian.findutils
          debian.diffutils
          debian.gnused
          debian.gnugrep
          debian.gawk
          debian.gnutar
          debian.gzip
          debian.bzip2
          debian.gnumake
          debian.bash
          debian.gnupatch
          debian.xz
          debian.file
        ];
        # What is fetched before there is a curl: nothing, and that is evaluated for other platforms.
        fetchurlBoot =
          {
            url,
            name ? baseNameOf url,
            ...
          }:
          derivation {
            inherit name;
            inherit (localSystem) system;
            builder = shell;
            args = [
              "-c"
              "echo there is no ${name} >&2; exit 1"
            ];
          };
        extraAttrs.shellPackage = debian.bash;
      }
      // attributes
    );

  wrapped =
    { stdenvNoCC, expand-response-params }:
    let
      common = {
        inherit
          expand-response-params
          lib
          stdenvNoCC
          ;
        nativeTools = false;
        nativeLibc = false;
        libc = debian.glibc;
        inherit (debian) coreutils gnugrep;
        runtimeShell = shell;
      };
      bintools = lib.makeOverridable (import (corepkgs + "/build-support/bintools-wrapper")) (
        common // { bintools = debian.binutils-unwrapped; }
      );
    in
    {
      inherit bintools;
      cc = lib.makeOverridable (import (corepkgs + "/build-support/cc-wrapper")) (
        common
        // {
          inherit bintools;
          cc = debian.gcc-unwrapped;
          isGNU = true;
        }
      );
    };

  overrides =
    wrappers: self: super:
    own
    // {
      inherit (debian) glibc;
      libc = debian.glibc;
      bash = debian.bash;
      bashNonInteractive = debian.bash;
      bashInteractive = debian.bash;
      runtimeShell = shell;
      runtimeShellPackage = debian.bash;
      patch = debian.gnupatch;
      binutils = wrappers.bintools;
      bintools = wrappers.bintools;
      gcc = wrappers.cc;
    }
    // packages self super;

  native = [
    (
      { }:
      {
        __raw = true;
        gcc-unwrapped = null;
        binutils = null;
        coreutils = null;
        gnugrep = null;
      }
    )

    # Without a compiler, to make the wrappers with.
    (_: {
      inherit config overlays;
      stdenv = generic {
        name = "stdenv-no-cc";
        cc = null;
        hasCC = false;
        overrides = overrides { };
      };
    })

    # With it, to build what the wrappers run.
    (
      previous:
      let
        wrappers = wrapped {
          stdenvNoCC = previous.stdenv;
          expand-response-params = "";
        };
      in
      {
        inherit config overlays;
        stdenv = generic {
          name = "stdenv-first";
          inherit (wrappers) cc;
          overrides = overrides wrappers;
          extraNativeBuildInputs = [ debian.patchelf ];
        };
      }
    )

    (
      previous:
      let
        wrappers = wrapped {
          stdenvNoCC = previous.stdenvNoCC;
          inherit (previous) expand-response-params;
        };
      in
      {
        inherit config overlays;
        stdenv = generic {
          name = "stdenv-linux";
          inherit (wrappers) cc;
          overrides = overrides wrappers;
          extraNativeBuildInputs = [ debian.patchelf ];
        };
      }
    )
  ];

  # Nixpkgs' own, whose last two are for the tools and for what is built with them.
  cross = import (corepkgs + "/stdenv/cross") args;
  ofCross = lib.drop (builtins.length cross - 2) cross;
in
if crossSystem == localSystem && crossOverlays == [ ] then
  native
else
  lib.init native
  ++ [ (previous: lib.last native previous // { allowCustomOverrides = true; }) ]
  ++ ofCross
