/**
  The bootstrap config of a build through the cache.

  # Example

  ```nix
  configure {
    version.release = "1.85.0";
    toolchain = pkgs.rustc;
    settings.build.docs = false;
    targets = [ "x86_64-linux" ];
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
    // lib.optionalAttrs (targets != [ ]) { target = map tripleOf targets; };
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
