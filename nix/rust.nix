/**
  What the flake has of rustc for one system: the compiler, built through the cache, and the shell to
  work on it.

  # Example

  ```nix
  (import ./rust.nix { inherit pkgs; }).compiler

  (import ./rust.nix { inherit pkgs; package = inputs.rustSrcFlake.packages.x86_64-linux.default; }).compiler
  ```

  # Arguments

  - `pkgs`: nixpkgs; for the shell, with rust-overlay's `rust-bin`.
  - `package`: the package of a rustc source, to build instead of nixpkgs' own source.
  - `toolchain`: the rustc and the cargo to build with; by default nixpkgs' own for its own source,
    and for a package what its stage0 file names: a bootstrap takes no compiler of another release.
*/
{
  pkgs,
  package ? null,
  toolchain ? null,
}:

let
  inherit (pkgs.stdenv) hostPlatform;
  inherit (import ./packages pkgs) shim tool;
  lib = import ./lib { inherit pkgs shim; };

  # Rust's archive, whose LLVM is built with it.
  ofNixpkgs = {
    source = pkgs.rustc.unwrapped.src;
    release = pkgs.rustc.unwrapped.version;
    toolchain = lib.fromPaths { inherit (pkgs.buildPackages) rustc cargo rustfmt; };
    settings.rust.channel = "stable";
  };
in
{
  compiler = lib.sccachedRustc (
    (if package == null then ofNixpkgs else { source = package; })
    // (if toolchain == null then { } else { inherit toolchain; })
  );

  shell = import ./devShell.nix {
    inherit pkgs shim tool;
    rustToolchain = pkgs.rust-bin.nightly.latest.default.override {
      targets = [ hostPlatform.rust.rustcTarget ];
    };
  };
}
