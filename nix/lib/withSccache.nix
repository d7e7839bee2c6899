/**
  Makes a derivation build through the cache. It takes a derivation that has `overrideAttrs`, or the
  arguments of one: a set of attributes or a function of the final ones, as `stdenv.mkDerivation`,
  `rustPlatform.buildRustPackage`, crane and others take them. Anything that calls cargo or rustc in
  the end works.

  It does not take a function for `overrideAttrs`, which gives the changed attributes alone: apply
  `withSccache` to the derivation, before or after.

  # Example

  ```nix
  withSccache { } pkgs.ripgrep

  rustPlatform.buildRustPackage (withSccache { transport = "ephemeral"; } {
    pname = "hello";
    …
  })
  ```

  # Arguments

  1. the settings of `builtins.rust.sccacheEnv`, an attribute set.
  2. the derivation, the set or the function.

  nixpkgs gives C compilers a random seed that is made of the derivation's output path, and is in objects with debug
  information. A seed that stays takes its place, where the derivation sets no `NIX_OUTPATH_USED_AS_RANDOM_SEED`
  itself, so that these objects hit in other derivations.

  The default settings, `{ }`, need no plugin. With any other a derivation has its name without the plugin, but cannot
  be instantiated.
*/
{
  sccacheEnv,
  shim,
  rust ? { },
  # Whether these settings need the plugin, and it is not there.
  lacksPlugin ? settings: false,
}:

settings: package:
let
  inherit (builtins)
    attrNames
    filter
    isAttrs
    isFunction
    removeAttrs
    typeOf
    ;

  cache = sccacheEnv settings;

  # nixpkgs takes ten characters of it.
  seed.NIX_OUTPATH_USED_AS_RANDOM_SEED = "nixsccache";

  # What the attributes of a derivation lack.
  additions =
    attrs:
    let
      # Null is how nixpkgs leaves a variable unset.
      isGiven = name: own.${name} or null != null;
      own = attrs // attrs.env or { };
      wanted = seed // cache;
      given = filter isGiven (attrNames wanted);
      conflicts = filter (name: cache ? ${name} && toString own.${name} != cache.${name}) given;
      missing = removeAttrs wanted given;
    in
    # The name and all else that asks nothing of the plugin is there without it, for `nix flake show`
    # and its like; what builds is not.
    if lacksPlugin settings then
      { nativeBuildInputs = rust; }
    else if conflicts != [ ] then
      throw (conflict attrs (builtins.head conflicts) own)
    else
      {
        nativeBuildInputs = attrs.nativeBuildInputs or [ ] ++ [ (settings.shim or shim) ];
      }
      // (
        # Of structured attributes, only those in `env` get into the environment.
        if attrs ? env || attrs.__structuredAttrs or false then
          { env = attrs.env or { } // missing; }
        else
          missing
      );

  conflict = attrs: name: own: ''
    withSccache: ${attrs.name or attrs.pname or "a derivation"} sets ${name} already.
      It has:           ${toString own.${name}}
      withSccache sets: ${cache.${name}}
    Remove the former; how the cache is to behave goes into the first argument of withSccache.
  '';

  # A function's result may be one again: of the final and the previous attributes.
  add = attrs: if isFunction attrs then previous: add (attrs previous) else attrs // additions attrs;
in
if package.type or null == "derivation" then
  if package ? overrideAttrs then
    package.overrideAttrs additions
  else
    throw ''
      withSccache: the derivation ${package.name} has no overrideAttrs.
      Apply withSccache to the arguments of the function that makes it: f (withSccache { } { … })
    ''
else if isFunction package then
  finalAttrs: add (package finalAttrs)
else if isAttrs package then
  add package
else
  throw ''
    withSccache: the second argument is a ${typeOf package}.
    It takes a derivation, a set of attributes, or a function of the final ones.
  ''
