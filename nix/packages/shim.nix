/**
  The shim: one binary in front of rustc, cargo and sccache, the library that it preloads into
  compilers to trace them, and the setup hook that gives a build its session. It is made of `wrapper/` alone, which is a workspace of its own: a change of
  anything else leaves users' derivations as they are.

  # Example

  ```nix
  pkgs.callPackage ./shim.nix { }
  ```
*/
{
  glibc,
  lib,
  musl,
  rustPlatform,
  stdenv,
}:

let
  inherit (stdenv.hostPlatform) isGnu isx86_64;
in
rustPlatform.buildRustPackage (
  import ./rustPackage.nix lib {
    pname = "nix-sccache-shim";
    description = "In front of rustc, cargo and sccache inside a Nix derivation";
  }
  // import ./shimLayout.nix
  // {
    version =
      (builtins.fromTOML (builtins.readFile ../../wrapper/Cargo.toml)).workspace.package.version;
    src = builtins.path {
      name = "source";
      path = ../../wrapper;
      filter = path: _: baseNameOf path != "target";
    };
    cargoLock.lockFile = ../../wrapper/Cargo.lock;
    cargoBuildFlags = [
      "--package"
      "nix-sccache-trace"
    ];
    # Without a dynamic linker it starts in two thirds of the time, and on x86_64 with musl in a third: glibc's start asks the
    # processor what it is. Neither the library nor a build script can be linked so.
    postBuild = ''
      ${lib.optionalString (isGnu && isx86_64) "export NIX_SCCACHE_MUSL=${musl}/lib"}
      CARGO_PROFILE_RELEASE_STRIP=symbols cargo rustc --release --offline --target ${stdenv.hostPlatform.rust.rustcTarget} \
        --package nix-sccache-shim -- -C target-feature=+crt-static -C relocation-model=static ${
          lib.optionalString (isGnu && !isx86_64) "-L native=${glibc.static}/lib"
        }
    '';
  }
)
