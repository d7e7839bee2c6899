/**
  `stdenv.mkDerivation`: a derivation of a set of attributes, or of a function from the final
  attributes to such a set, that `overrideAttrs` can change afterwards.

  # Example

  ```nix
  (mkDerivation { name = "a"; env.GREETING = "hello"; }).overrideAttrs (old: {
    name = old.name + "b";
  })
  ```
*/
{
  lib,
  stdenv,
  system,
}:

let
  inherit (builtins)
    attrNames
    concatStringsSep
    intersectAttrs
    isFunction
    removeAttrs
    ;

  # Of a function of the old attributes, or of the final and the old ones, or of a mere set.
  toOverlay =
    change: final: previous:
    if !isFunction change then
      change
    else if isFunction (change previous) then
      change final previous
    else
      change previous;

  make =
    f:
    let
      attrs = f (attrs // { inherit finalPackage; });
      finalPackage = package (change: make (lib.extends (toOverlay change) f)) attrs;
    in
    finalPackage;

  package =
    overrideAttrs: attrs:
    let
      name = attrs.name or "${attrs.pname}-${attrs.version}";
      env = lib.environment (attrs.env or { });
      twice = attrNames (intersectAttrs env attrs);
      structured = attrs.__structuredAttrs or false;
      passthru = attrs.passthru or { };
      arguments =
        removeAttrs attrs [
          "env"
          "meta"
          "passthru"
        ]
        // (if structured then { inherit env; } else env)
        // {
          inherit name stdenv system;
          builder = "/usr/bin/bash";
          args = [ ./builder.sh ];
          outputs = attrs.outputs or [ "out" ];
        };
    in
    if twice != [ ] then
      throw "${name}: both in `env` and among the attributes: ${concatStringsSep ", " twice}"
    # check-meta.nix.
    else if
      !builtins.elem system attrs.meta.platforms or [ system ]
      || builtins.elem system attrs.meta.badPlatforms or [ ]
    then
      throw "${name} is not available on the requested hostPlatform ${system}"
    else
      derivation arguments
      // {
        inherit overrideAttrs passthru;
        meta = attrs.meta or { };
      }
      // lib.optionalAttrs (attrs ? pname) { inherit (attrs) pname version; }
      // passthru;
in
fOrAttrs: make (if isFunction fOrAttrs then fOrAttrs else _: fOrAttrs)
