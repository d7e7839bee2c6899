/**
  rustc of the machine's Rust toolchain, behind a script like nixpkgs' own: it adds
  `NIX_RUSTFLAGS`, which nobody sees on its command line. As nixpkgs' rustc is built to, it links with
  the C compiler's own linker.

  # Example

  ```nix
  "${rustc}/bin/rustc"
  ```
*/
{
  lib,
  runCommand,
  rustToolchain,
  system,
}:

runCommand "rustc"
  {
    # Others have no lld of rustc's own by default, and refuse this.
    link = lib.optionalString (system == "x86_64-linux") "-Clinker-features=-lld";
    passthru = {
      targetPlatforms = lib.platforms.all;
      targetPlatformsWithHostTools = lib.platforms.all;
      badTargetPlatforms = [ ];
    };
  }
  ''
    mkdir -p $out/bin
    echo "#!/usr/bin/bash
    exec ${rustToolchain}/bin/rustc \"\$@\" $link \$NIX_RUSTFLAGS" > $out/bin/rustc
    chmod +x $out/bin/rustc
    ln -s ${rustToolchain}/bin/rustdoc $out/bin
  ''
