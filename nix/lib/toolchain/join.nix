/**
  One toolchain of several components, whose sysroot has them all.

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
      # The compiler takes the folder that its driver really is in for the sysroot, and programs
      # look for what belongs to them from where they really are.
      for file in $out/bin/* $out/libexec/* $out/lib/librustc_driver* $out/lib/rustlib/*/bin/{,*/}*; do
        if [[ -f $file ]]; then cp --remove-destination "$(realpath "$file")" "$file"; fi
      done
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
