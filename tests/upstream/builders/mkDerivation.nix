/**
  nixpkgs' `stdenv.mkDerivation`, which calls cargo, or rustc, itself.

  # Example

  ```nix
  (import ./mkDerivation.nix { pkgs = …; add = attrs: attrs; … }).cargo
  ```
*/
{
  pkgs,
  add,
  project,
  run,
  ...
}:

let
  derivation =
    attrs:
    pkgs.stdenv.mkDerivation (
      add (
        {
          name = "program";
          src = project;
          inherit run;
          cargoDeps = pkgs.rustPlatform.importCargoLock { lockFile = project + "/Cargo.lock"; };
          nativeBuildInputs = [
            pkgs.rustPlatform.cargoSetupHook
            pkgs.rustc
            pkgs.cargo
          ];
          buildInputs = [ pkgs.zlib ];
          buildPhase = ''
            runHook preBuild
            cargo build --release --offline
            runHook postBuild
          '';
          installPhase = ''
            runHook preInstall
            install -D -t $out/bin target/release/program
            runHook postInstall
          '';
        }
        // attrs
      )
    );
in
{
  cargo = derivation { };
  "cargo, profile dev" = derivation {
    buildPhase = "cargo build --offline";
    installPhase = "install -D -t $out/bin target/debug/program";
  };
  "cargo clippy" = derivation {
    nativeBuildInputs = [
      pkgs.rustPlatform.cargoSetupHook
      pkgs.rustc
      pkgs.cargo
      pkgs.clippy
    ];
    buildPhase = "cargo clippy --offline --all-targets -- --deny warnings";
    installPhase = "touch $out";
  };
  "rustc" = derivation {
    buildPhase = ''
      mkdir out
      rustc --crate-name memchr --edition 2021 --crate-type lib --cfg 'feature="std"' --cfg 'feature="alloc"' \
        --out-dir out $NIX_BUILD_TOP/cargo-vendor-dir/memchr-*/src/lib.rs
    '';
    installPhase = "mkdir $out; cp out/libmemchr.rlib $out";
  };
}
