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
  rustPlatform,
  stdenv,
}:

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
    # Without a dynamic linker it starts in two thirds of the time. Neither the library nor a build script can be linked so.
    postBuild = ''
      CARGO_PROFILE_RELEASE_STRIP=symbols cargo rustc --release --offline --target ${stdenv.hostPlatform.rust.rustcTarget} \
        --package nix-sccache-shim -- -C target-feature=+crt-static -C relocation-model=static ${lib.optionalString stdenv.hostPlatform.isGnu "-L native=${glibc.static}/lib"}
    '';
  }
)
