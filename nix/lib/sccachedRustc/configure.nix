/**
  The bootstrap config of a build through the cache.

  # Example

  ```nix
  configure {
    version.release = "1.85.0";
    toolchain = pkgs.rustc;
    settings.build.docs = false;
    targets = [ "wasm32-unknown-unknown" ];
    stages = { build-stage = 1; };
  }
  => { fileName = "config.toml"; text = …; … }
  ```
*/
{ pkgs, rust }:

{
  version,
  toolchain,
  settings,
  targets,
  stages,
}:
let
  inherit (pkgs.buildPackages) lib stdenv;
  host = stdenv.hostPlatform.rust.rustcTarget;

  # Of a platform, or of a system; anything else is a triple.
  tripleOf =
    target:
    if builtins.isString target && builtins.match "[^-]+-(linux|darwin|[a-z]+bsd)" target == null then
      target
    else
      rust.target target;

  defaults = {
    build = {
      build = host;
    }
    # A compiler without a standard library of its own could compile no build script.
    // lib.optionalAttrs (targets != [ ]) { target = lib.unique ([ host ] ++ map tripleOf targets); }
    // stages;
    target.${host} = {
      cc = "${stdenv.cc}/bin/cc";
      cxx = "${stdenv.cc}/bin/c++";
      linker = "${stdenv.cc}/bin/cc";
    };
  };

  answer = rust.bootstrapConfig (
    version
    // {
      inherit toolchain;
      sccache = true;
      settings = lib.recursiveUpdate defaults settings;
    }
  );
in
builtins.foldl' (
  result: warning: builtins.trace "nix-sccache: warning: ${warning}" result
) answer answer.warnings
