/**
  What changes in a package of rustc, as a function for overrideAttrs: how it is configured and
  built. All hooks of the package run, and its other phases are its own.

  # Example

  ```nix
  rustc.overrideAttrs (phases {
    inherit bootstrapConfig shim stage0 toolchain;
    command = "build";
    stage = null;
  })
  ```
*/
{ pkgs }:

{
  bootstrapConfig,
  command,
  shim,
  stage,
  stage0,
  toolchain,
}:
let
  inherit (pkgs.buildPackages)
    curl
    lib
    python3
    stdenv
    ;

  words = if builtins.isList command then command else [ command ];

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
    source ${./bootstrap.sh}
    nixSccachePrepareBootstrap ${lib.getBin shim} ${lib.getBin curl}
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

  bootstrapCommand = builtins.concatStringsSep " " (
    words ++ lib.optional (stage != null) "--stage ${toString stage}"
  );
  bootstrapConfig = bootstrapConfig.text;
  bootstrapConfigName = bootstrapConfig.fileName;
  bootstrapConfigReasons = lib.concatStrings (map (reason: reason + "\n") reasons);
  bootstrapStage0Date = stage0.date;
  bootstrapTriple = stdenv.hostPlatform.rust.rustcTarget;
  bootstrapWraps = if bootstrapConfig.sccache.rustcWrapper then "" else "1";

  passthru = old.passthru or { } // {
    inherit bootstrapConfig stage0 toolchain;
  };
}
