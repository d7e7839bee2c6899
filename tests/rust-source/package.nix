/**
  The package of the stand-in, with hooks of its own, which say that they ran.

  # Example

  ```nix
  import ./package.nix { inherit pkgs; src = ./.; }
  ```
*/
{ pkgs, src }:

pkgs.stdenv.mkDerivation {
  pname = "rustc";
  version = "1.84.1";
  inherit src;

  nativeBuildInputs = [ pkgs.cmake ];
  preConfigure = "echo ran preConfigure | tee -a hooks";
  postConfigure = "echo ran postConfigure | tee -a hooks";
  configurePhase = "./configure";
  preBuild = "echo ran preBuild | tee -a hooks";
  # Without a line break at its end.
  postBuild = "echo ran postBuild | tee -a hooks";
  installPhase = ''
    runHook preInstall
    mkdir -p $out
    cp hooks seen.json *.toml build/*/stage0/.rustc-stamp $out
    runHook postInstall
  '';
}
