/**
  rustc of the machine's Rust toolchain, behind a script like nixpkgs' own: it adds
  `NIX_RUSTFLAGS`, which nobody sees on its command line.

  # Example

  ```nix
  "${rustc}/bin/rustc"
  ```
*/
{ lib, runCommand }:

runCommand "rustc"
  {
    passthru = {
      targetPlatforms = lib.platforms.all;
      targetPlatformsWithHostTools = lib.platforms.all;
      badTargetPlatforms = [ ];
    };
  }
  ''
    mkdir -p $out/bin
    echo '#!/usr/bin/bash
    exec /rust/bin/rustc "$@" $NIX_RUSTFLAGS' > $out/bin/rustc
    chmod +x $out/bin/rustc
    ln -s /rust/bin/rustdoc $out/bin
  ''
