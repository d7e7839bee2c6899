/**
  The standard library of a source package of Debian's, built by its own x.py with a rustc of the
  same release, in the sandbox and through the cache, over the stand-in for nixpkgs.

  # Example

  ```nix
  (import ./debian.nix { tree = "/…"; run = "1"; }).library
  ```

  # Arguments

  - `tree`: the directory of the source; one in the store is not copied there each time.
  - `run`: what no other run has, so that Nix builds it although it did so before.
  - `change`: a line to add to the last of its crates.
  - `machine`: what tells the system in the sandbox's `/usr` from this machine's own, of whose tools there are copies in the
    store.
  - `llvm`: the directory of an installed LLVM, of the release that the source wants.
  - `rust`: the directory of an installed Rust of the source's release.
  - `command`: of x.py, as words, and `stage`.
  - `settings`: further ones, as JSON.
*/
{
  tree,
  run,
  change ? "",
  machine ? "",
  llvm ? "/usr/lib/llvm-14",
  rust ? "/usr",
  command ? "build library/std",
  stage ? "0",
  settings ? "{}",
}:

let
  copiedFrom = final: prev: {
    runCommand =
      name: attributes:
      prev.runCommand name (attributes // prev.lib.optionalAttrs (machine != "") { inherit machine; });
  };

  pkgs = import ../nixpkgs { overlays = [ copiedFrom ]; };

  lib = import ../../nix/lib {
    inherit pkgs;
    shim = import ../prebuiltShim.nix pkgs;
  };

  source = if pkgs.lib.hasPrefix builtins.storeDir tree then builtins.storePath tree else /. + tree;
  version = pkgs.lib.removeSuffix "\n" (builtins.readFile (source + "/src/version"));
  # Later ones lack crates that the lock files name, or have other versions of them.
  isWhole = pkgs.lib.versionOlder version "1.64";
  triple = pkgs.stdenv.hostPlatform.rust.rustcTarget;

  toolchain = pkgs.runCommand "rustc-${version}" { passthru = { inherit version; }; } ''
    mkdir -p $out/bin
    ln -s ${rust}/bin/{rustc,rustdoc,cargo} $out/bin
  '';
in
rec {
  library =
    (lib.sccachedRustc {
      inherit source toolchain;
      cache.transport = "server";
      settings = pkgs.lib.recursiveUpdate {
        build = {
          docs = false;
        }
        // pkgs.lib.optionalAttrs (!isWhole) { locked-deps = false; };
        # Even for the library alone bootstrap looks for one.
        target.${triple}.llvm-config = "${llvm}/bin/llvm-config";
      } (builtins.fromJSON settings);
      inherit command;
      stage = builtins.fromJSON stage;
    }).overrideAttrs
      {
        inherit change run;
        # Debian has patched some crates, as its own build has to forget, too.
        postPatch = ''
          for file in vendor/*/.cargo-checksum.json; do
            sed -i 's/"files":{[^}]*}/"files":{}/' "$file"
          done
          ${pkgs.lib.optionalString (!isWhole) ''
            for directory in extra/*; do
              if [[ -d $directory ]]; then
                rm -rf "vendor/''${directory##*/}"
                cp -r "$directory" vendor
              fi
            done
            # The library's own source is not among it.
            for directory in vendor/lzma-sys-*; do
              echo 'fn main() { println!("cargo:rustc-link-lib=lzma"); }' > "$directory/build.rs"
            done
            for directory in . src/bootstrap library src/tools/{rust-analyzer,cargo,rustbook}; do
              rm -f "$directory/Cargo.lock"
            done
          ''}
          if [[ -n $change ]]; then echo "$change" >> library/test/src/lib.rs; fi
        '';
        installPhase = ''
          runHook preInstall
          mkdir -p $out
          for directory in build/${triple}/{stage0-sysroot/lib,stage0-tools-bin,stage1-tools-bin}; do
            if [[ -d $directory ]]; then cp -r $directory $out; fi
          done
          runHook postInstall
        '';
      };

  # What it takes to build it, which is not to be timed.
  inputs = library.overrideAttrs {
    name = "inputs";
    buildCommand = "touch $out";
  };
}
