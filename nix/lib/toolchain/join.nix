/**
  Joins components into one toolchain, whose sysroot has them all.

  # Example

  ```nix
  join {
    name = "rust-1.95.0";
    version = "1.95.0";
    paths = [ rustc rust-std cargo ];
  }
  ```
*/
{
  lib,
  linkers,
  stdenv,
}:

{
  name,
  version,
  paths,
  passthru ? { },
}:
stdenv.mkDerivation (
  linkers
  // {
    pname = "rust";
    inherit
      name
      passthru
      paths
      version
      ;

    dontUnpack = true;
    dontConfigure = true;
    dontBuild = true;
    dontStrip = true;
    dontPatchELF = true;

    installPhase = ''
      runHook preInstall
      mkdir -p $out
      for path in $paths; do
        cp -r --symbolic-link --no-preserve=mode "$path"/* $out
      done
      source ${./sysroot.sh}
      copyPrograms $out
      wrapLld $out
      runHook postInstall
    '';

    meta = {
      description = "The Rust toolchain";
      homepage = "https://www.rust-lang.org";
      license = [
        lib.licenses.mit
        lib.licenses.asl20
      ];
      mainProgram = "rustc";
      platforms = lib.platforms.all;
    };
  }
)
