/**
  `buildRustCrate`: a derivation for one crate, which calls rustc itself, with the options and variables of nixpkgs'
  `build-crate.nix`, `lib.sh` and `configure-crate.nix` (of April 2026). No build scripts, features or renamed crates.

  # Example

  ```nix
  buildRustCrate {
    crateName = "hello";
    version = "1.0.0";
    src = ./hello;
    dependencies = [ (buildRustCrate { … }) ];
  }
  ```
*/
{
  cargo,
  lib,
  rustc,
  stdenv,
  defaultCodegenUnits ? 1,
}:

let
  target = stdenv.hostPlatform.rust.rustcTarget;
in
crate:
lib.makeOverridable
  (
    {
      dependencies,
      release,
    }:
    stdenv.mkDerivation (
      rec {
        inherit (crate) crateName version;
        name = "rust_${crateName}-${version}";
        nativeBuildInputs = [
          rustc
          cargo
        ];
        inherit dependencies;
        completeDeps = dependencies ++ builtins.concatMap (dep: dep.completeDeps) dependencies;
        metadata = builtins.substring 0 10 (
          builtins.hashString "sha256" "${crateName}-${version}___${
            toString (map (dep: dep.metadata) dependencies)
          }___${target}"
        );
        externs = map (
          dep: "--extern ${dep.crateName}=${dep}/lib/lib${dep.crateName}-${dep.metadata}.rlib"
        ) dependencies;
        options = [
          (if release then "-C opt-level=3" else "-C debuginfo=2")
          "-C codegen-units=${toString defaultCodegenUnits}"
          "-C linker=${stdenv.cc}/bin/cc"
          "--edition ${crate.edition or "2015"}"
          "--cap-lints allow"
          "--color always"
        ];
        configurePhase = ''
          mkdir -p target/{deps,lib,bin}
          for dep in $completeDeps; do ln -sf $dep/lib/*.rlib target/deps; done
          export CARGO_PKG_NAME=$crateName CARGO_PKG_VERSION=$version CARGO_MANIFEST_DIR=$PWD
          export TARGET=${target} HOST=${target} PROFILE=release RUSTC=rustc RUSTDOC=rustdoc
        '';
        buildPhase = ''
          noisily() { echo "$@"; "$@"; }
          common="-L dependency=target/deps --remap-path-prefix=$NIX_BUILD_TOP=/ $options"
          if [[ -e src/lib.rs ]]; then
            noisily rustc --crate-name $crateName src/lib.rs --out-dir target/lib $common $externs \
              -C metadata=$metadata -C extra-filename=-$metadata --crate-type lib
          fi
          if [[ -e src/main.rs ]]; then
            noisily rustc --crate-name $crateName src/main.rs --crate-type bin --out-dir target/bin $common $externs
          fi
        '';
        installPhase = "mkdir $out; cp -r target/lib target/bin $out";
      }
      // removeAttrs crate [ "edition" ]
    )
  )
  {
    dependencies = crate.dependencies or [ ];
    release = crate.release or true;
  }
