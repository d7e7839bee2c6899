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
    # Without a dynamic linker it starts in two thirds of the time; the library is linked with nothing at all.
    RUSTFLAGS = "-C target-feature=+crt-static";
    buildInputs = lib.optional stdenv.hostPlatform.isGnu glibc.static;
    stripAllList = [ "bin" ];
    cargoBuildFlags = [
      "--package"
      "nix-sccache-shim"
      "--package"
      "nix-sccache-trace"
    ];
  }
)
