/**
  The overrides of a package of rustc, as a function for `overrideAttrs`: it is configured and built by
  `x.py`, and installed by it unless it has an `installPhase` of its own. The package's hooks run, and
  its other phases stay.

  # Example

  ```nix
  rustc.overrideAttrs (phases {
    inherit bootstrapConfig shim stage0 toolchain;
    words = [ "build" ];
    stage = null;
  })
  ```
*/
{ pkgs }:

{
  bootstrapConfig,
  shim,
  stage,
  stage0,
  toolchain,
  words,
}:
let
  inherit (pkgs.buildPackages)
    curl
    lib
    python3
    stdenv
    ;

  ofStage = lib.optional (stage != null) "--stage ${toString stage}";

  # What was built is installed, and not all that x.py could build besides.
  installed = if builtins.head words == "build" then builtins.tail words else [ ];

  # Of what nobody gave: why it is there.
  reasonOf = { key, why, ... }: "  ${key}: ${why}";
  reasons = map reasonOf (builtins.filter (line: !line.given) bootstrapConfig.explain);
in
old: {
  nativeBuildInputs = old.nativeBuildInputs or [ ] ++ [
    curl
    python3
  ];

  preConfigure = ''
    ${old.preConfigure or ""}
    source ${../toolchain/sysroot.sh}
    source ${./bootstrap.sh}
    nixSccachePrepareBootstrap ${lib.getBin shim} ${lib.getBin curl}
    nixSccacheWrapLld ${if builtins.isPath toolchain then toString toolchain else toolchain}
  '';

  # The source's own script would write another config.
  configurePhase = ''
    runHook preConfigure
    runHook postConfigure
  '';

  buildPhase = ''
    runHook preBuild
    nixSccacheConfigureBootstrap
    nixSccacheBootstrap $bootstrapCommand
    runHook postBuild
  '';

  # stdenv's own would run make.
  installPhase =
    if old.installPhase or null != null then
      old.installPhase
    else
      ''
        runHook preInstall
        nixSccacheBootstrap install ${builtins.concatStringsSep " " (installed ++ ofStage)}
        runHook postInstall
      '';

  inherit (import ../toolchain/lld.nix pkgs) lldWrappers runtimeShell;

  bootstrapCommand = builtins.concatStringsSep " " (words ++ ofStage);
  bootstrapConfig = bootstrapConfig.text;
  bootstrapConfigName = bootstrapConfig.fileName;
  bootstrapConfigReasons = lib.concatStrings (map (reason: reason + "\n") reasons);
  # Nobody says it of an archive whose stage0 file is not given.
  bootstrapStage0Date = if stage0.date == null then "" else stage0.date;
  bootstrapTriple = stdenv.hostPlatform.rust.rustcTarget;

  # Bootstrap gives what it installs run paths of its own. By stdenv's, the standard library's shared
  # library would be another in each derivation, and what is compiled against it would miss.
  NIX_NO_SELF_RPATH = "1";

  passthru = old.passthru or { } // {
    inherit bootstrapConfig stage0 toolchain;
  };
}
