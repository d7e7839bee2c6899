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
  - `change`: a line to add to `changed`, a file of the source: by default of the last crate of the library.
  - `machine`: what tells the system in the sandbox's `/usr` from this machine's own, of whose tools there are copies in the
    store.
  - `llvm`: the directory of an installed LLVM, of the release that the source wants.
  - `rust`: the directory of an installed Rust of the source's release.
  - `command`: of x.py, as words, and `stage`.
  - `settings`: further ones, as JSON.
  - `reports`: the directory, as in the sandbox, in which builds leave their reports.
*/
{
  tree,
  run,
  change ? "",
  changed ? "library/test/src/lib.rs",
  machine ? "",
  llvm ? "/usr/lib/llvm-14",
  rust ? "/usr",
  command ? "build library/std",
  stage ? "0",
  settings ? "{}",
  reports ? null,
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

  # What the source of lzma-sys, which it lacks, would be built for.
  liblzma = pkgs.callPackage ../nixpkgs/packages/libraries.nix { } "liblzma" [ "liblzma.so.5" ];

  toolchain = pkgs.runCommand "rustc-${version}" { passthru = { inherit version; }; } ''
    mkdir -p $out/bin
    ln -s ${rust}/bin/{rustc,rustdoc,cargo} $out/bin
  '';
in
rec {
  library =
    (lib.sccachedRustc {
      inherit source toolchain;
      cache = {
        transport = "server";
        inherit reports;
      };
      settings = pkgs.lib.recursiveUpdate {
        build = {
          docs = false;
          # The tools that this adds are packages of their own in Debian.
          extended = false;
        }
        // pkgs.lib.optionalAttrs (!isWhole) { locked-deps = false; };
        # Even for the library alone bootstrap looks for one.
        target.${triple}.llvm-config = "${llvm}/bin/llvm-config";
      } (builtins.fromJSON settings);
      inherit command;
      stage = builtins.fromJSON stage;
    }).overrideAttrs
      (old: {
        inherit change changed run;
        buildInputs = old.buildInputs ++ pkgs.lib.optional (!isWhole) liblzma;
        # A compiler is linked with that LLVM, whose own libraries are the system's.
        NIX_LDFLAGS = pkgs.lib.optionalString (
          stage != "0"
        ) "-rpath-link /usr/lib/${builtins.head (builtins.split "-" triple)}-linux-gnu";
        # Debian has patched some crates, as its own build has to forget, too.
        postPatch = ''
          sed -i 's/"files":{[^}]*}/"files":{}/' vendor/*/.cargo-checksum.json
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
          if [[ -n $change ]]; then echo "$change" >> "$changed"; fi
        '';
        installPhase = ''
          runHook preInstall
          mkdir -p $out
          for directory in build/${triple}/{stage0-sysroot/lib,stage{0,1}-tools-bin,stage1}; do
            if [[ -d $directory ]]; then cp -r $directory $out; fi
          done
          runHook postInstall
        '';
      });

  # What it takes to build it, which is not to be timed.
  inputs = library.overrideAttrs {
    name = "inputs";
    buildCommand = "touch $out";
  };
}
