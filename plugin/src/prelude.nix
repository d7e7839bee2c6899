# The builtins, made of the plugin's one function `ask`: the name of a builtin, its
# argument as JSON and a text beside it go in, `{"ok": …}` or `{"err": "…"}` comes out.
# They are documented by the comments before them; where Nix does not show such comments,
# `document` makes of a name and a function one that has the comment's text.
#
# What Nix does best is done here: forcing the argument, carrying string context over,
# reading files under the rules of pure and restricted evaluation, and throwing, so that
# an error has a trace and `builtins.tryEval` sees it.
{
  ask,
  document ? _name: function: function,
}:

let
  inherit (builtins)
    appendContext
    attrNames
    concatStringsSep
    elemAt
    foldl'
    fromJSON
    genList
    getContext
    hasContext
    isAttrs
    isFloat
    isFunction
    isList
    isPath
    isString
    length
    mapAttrs
    stringLength
    toJSON
    unsafeDiscardStringContext
    ;

  # How far a builtin follows its argument. JSON nests at most 128 deep for our reader, and a
  # list takes two levels of it. A set of settings is small: what is wide is something else, a
  # whole package set, say, given instead of a package.
  documentLimits = {
    depth = 120;
    width = 1000000;
    path = copied;
  };
  settingsLimits = {
    depth = 12;
    width = 64;
    path = literal;
  };

  # The argument, with what JSON lacks as arrays: see core/src/request/json.rs. What is beyond
  # the limits stops it at once: a set that contains itself twice over has no end.
  encode =
    limits: left: value:
    if isAttrs value then
      if value ? __toString then
        "${value}"
      else if left < 1 then
        throw "rust.${limits.builtin}: this is nested more than ${toString limits.depth} sets deep, or contains itself"
      else if value ? outPath then
        # Whatever that is, as `builtins.toJSON` does; a string for whatever is a package.
        encode (limits // { path = copied; }) (left - 1) value.outPath
      else if length (attrNames value) > limits.width then
        throw "rust.${limits.builtin}: a set of ${toString (length (attrNames value))} attributes is not what is wanted anywhere here"
      else
        mapAttrs (_: encode limits (left - 1)) value
    else if isList value then
      if left < 2 then
        throw "rust.${limits.builtin}: this is nested more than ${toString (limits.depth / 2)} lists deep, or contains itself"
      else
        [ (map (encode limits (left - 2)) value) ]
    else if isFloat value then
      [ "float" ] ++ float value
    else if isFunction value then
      [ "function" ]
    else if isPath value then
      limits.path value
    else
      value;

  # A path literal as itself: most builtins want a path of the build's, and copying
  # that to the store is never what was meant.
  literal = path: [
    "path"
    (toString path)
  ];

  # A path literal as `builtins.toJSON` has it: copied to the store.
  copied = path: "${path}";

  # Whether nixpkgs' `rustcTargetSpec` is the file that describes a target, and no name of one.
  isSpecification =
    target: (isPath target || isString target) && builtins.match ".*[.]json" (toString target) != null;

  twoTo =
    exponent:
    let
      half = twoTo (exponent / 2);
    in
    if exponent == 1 then 2.0 else half * half;

  # The least float takes more than all the powers once to get to 2^53.
  powers =
    map
      (exponent: {
        inherit exponent;
        factor = twoTo exponent;
      })
      [
        512
        512
        256
        128
        64
        32
        16
        8
        4
        2
        1
      ];

  two53 = twoTo 32 * twoTo 16 * twoTo 4 * twoTo 1;

  # Brings a float below 2^53 as near to it as powers of two do, which makes it whole.
  scaleUp =
    scaled: power:
    if scaled.mantissa * power.factor < two53 then
      {
        mantissa = scaled.mantissa * power.factor;
        exponent = scaled.exponent - power.exponent;
      }
    else
      scaled;

  # Brings a float from 2^53 on below it, without losing a bit.
  scaleDown =
    scaled: power:
    if scaled.mantissa / power.factor * 2.0 >= two53 then
      {
        mantissa = scaled.mantissa / power.factor;
        exponent = scaled.exponent + power.exponent;
      }
    else
      scaled;

  # A float as its sign, a mantissa and a power of two, exactly, in integers: Nix 2.8
  # shows six digits of a float, but its arithmetic is exact.
  float =
    value:
    let
      negative = builtins.substring 0 1 (toString value) == "-";
      magnitude = if negative then 0.0 - value else value;
      scale = if magnitude < two53 then scaleUp else scaleDown;
      scaled = foldl' scale {
        mantissa = magnitude;
        exponent = 0;
      } powers;
    in
    if !(value < 0.0) && !(value > 0.0) && !(value == 0.0) then
      [ "nan" ]
    else if magnitude > 1.7976931348623157e308 then
      [ (if negative then "-inf" else "inf") ]
    else if magnitude == 0.0 then
      [
        negative
        0
        0
      ]
    else
      [
        negative
        (builtins.floor scaled.mantissa)
        scaled.exponent
      ];

  # The strings of an answer depend on all that the argument depended on.
  carry =
    context: answer:
    if isString answer then
      appendContext answer context
    else if isAttrs answer then
      mapAttrs (_: carry context) answer
    else if isList answer then
      map (carry context) answer
    else
      answer;

  callWith =
    limits: builtin: text: argument:
    let
      request = toJSON (encode (limits // { inherit builtin; }) limits.depth argument);
      plain = unsafeDiscardStringContext request;
      # Evaluated before the plugin is asked: what the argument throws does not pass through it.
      answer = fromJSON (builtins.seq plain (builtins.seq text (ask builtin plain text)));
    in
    if answer ? err then
      throw answer.err
    else if hasContext request then
      carry (getContext request) answer.ok
    else
      answer.ok;

  call = builtin: callWith settingsLimits builtin "";

  # Calls a builtin about files: `texts` is a list of `{ name; text; }`, and `argument` makes the
  # argument of what stands in it for each of them, in the same order (core/src/source.rs, TextRef).
  callAbout =
    builtin: texts: argument:
    let
      lengths = map ({ text, ... }: stringLength text) texts;
      # Where each begins, in bytes, when they follow one another.
      starts = foldl' (
        starts: length: starts ++ [ (elemAt starts (builtins.length starts - 1) + length) ]
      ) [ 0 ] lengths;
      refs = genList (index: {
        inherit (elemAt texts index) name;
        start = elemAt starts index;
        length = elemAt lengths index;
      }) (length texts);
      all = unsafeDiscardStringContext (concatStringsSep "" (map ({ text, ... }: text) texts));
    in
    callWith settingsLimits builtin all (argument refs);
in

mapAttrs (name: value: if isFunction value then document name value else value) {
  /**
    The environment that makes a derivation use a compiler cache: an attribute set of
    strings, to be merged into the derivation's own.

    # Example

    ```nix
    stdenv.mkDerivation ({
      # …
    } // builtins.rust.sccacheEnv {
      shim = nix-sccache;
      transport.server = { };
    })
    ```

    # Attributes

    - `shim` (path, required): the package of the shim.
    - `sccache` (path): the package of the real sccache; by default the first `sccache`
      on `PATH` that is not the shim.
    - `wrap` (list of `"rust"`, `"c"`, `"c++"`; all): what to cache.
    - `network` (Boolean, false): whether the build has a network, as a dev shell has.
    - `transport` (`"server"`): how the cache is reached; a name, or a set of one
      attribute, `transport.NAME = { … }`:
      - `server`: the host's daemon. `socket` (path,
        `/run/nix-sccache/sccache.sock`).
      - `directory`: `path` (required), `size`, `readOnly`, `preprocessorCache`.
      - `ephemeral`: a directory within the build. `size`, `preprocessorCache`.
      - `redis`: one of `socket`, `endpoint` (URL), `clusterEndpoints` (list of URLs);
        `db`, `username`, `ttl` (seconds), `keyPrefix`, `readOnly`.
      - `memcached`: one of `socket`, `endpoint` (URL); `username`, `expiration`
        (seconds), `keyPrefix`, `readOnly`.
      - `s3`: `bucket` (required), `region`, `endpoint`, `useSsl`, `keyPrefix`,
        `noCredentials`, `serverSideEncryption`, `serverSideEncryptionAwsKms`,
        `serverSideEncryptionKmsKeyId`, `enableVirtualHostStyle`, `readOnly`.
      - `gcs`: `bucket` (required), `keyPath`, `serviceAccount`, `credentialsUrl`,
        `keyPrefix`, `readOnly`.
      - `azure`: `container` (required), one of `storageAccount` and `endpoint`,
        `keyPrefix`, `readOnly`.
      - `gha`: `version`, `readOnly`.
      - `webdav`: `endpoint` (required), `username`, `disableCreateDir`, `keyPrefix`,
        `readOnly`.
      - `oss`: `bucket`, `endpoint` (required), `noCredentials`, `keyPrefix`, `readOnly`.
      - `cos`: `bucket`, `endpoint` (required), `keyPrefix`, `readOnly`.
      - `chain`: `levels` (list of the stores above, the nearest first),
        `writeErrorPolicy` (`"ignore"`, `"l0"`, `"all"`).
    - `compressionLevel` (1 to 22; sccache's 3), `maxFrameLength` (size, 1G).
    - `basedirs` (list of paths), `cacheBuster` (string), `extraFiles` (list of paths),
      `multiarch` (Boolean): for C and C++.
    - `timeout` (seconds, 120): how long a call waits for the cache before the compiler runs
      without it.
    - `recache`, `skipCacheCheck` (Booleans), `idleTimeout` (seconds; 0 is never),
      `log` (string), `config` (path): as sccache has them.

    A size is a number of bytes or a string with K, M, G or T: `"20G"`. What sccache would
    take in another sense, or pass over, is an error; so is a secret.
  */
  sccacheEnv = settings: call "sccacheEnv" settings;

  /**
    The target triple of a Nix system, or of a nixpkgs platform; of a triple, its system.

    # Example

    ```nix
    builtins.rust.target "x86_64-linux"
    => "x86_64-unknown-linux-gnu"
    builtins.rust.target "x86_64-unknown-linux-musl"
    => "x86_64-linux"
    builtins.rust.target pkgs.pkgsStatic.stdenv.hostPlatform
    => "x86_64-unknown-linux-musl"
    ```

    # Attributes

    Of a platform these are read: the target is the first of them that is there.

    - `rust.rustcTarget` (string): as it is, unless nixpkgs computed a name that rustc has
      not: then rustc's own name for the same platform. What nobody could have computed, or
      is described by a file (`rust.rustcTargetSpec`), is a target of your own.
    - `rustc.config` (string): the same in nixpkgs until 2023.
    - `config` (string): GNU's name, such as `armv7l-unknown-linux-musleabihf`.
    - `system` (string): Nix's name, with the library that nixpkgs uses there.

    Where rustc has several targets for a name (`arm-none`) the error lists them; where it
    has none (`x86_64-genode`), or no system is a triple's (`nvptx64-nvidia-cuda`), it says
    so.
  */
  target =
    asked:
    call "target" (
      # Of a platform's many attributes, some of which throw, only these are read.
      if isAttrs asked then
        builtins.intersectAttrs {
          system = null;
          config = null;
        } asked
        // (
          if asked ? rust.rustcTarget then
            {
              rust = {
                inherit (asked.rust) rustcTarget;
                isCustom = isSpecification (asked.rust.rustcTargetSpec or null);
              };
            }
          else if asked ? rustc.config then
            { rustc = { inherit (asked.rustc) config; }; }
          else
            { }
        )
      else
        asked
    );

  /**
    The TOML text of an attribute set, which `builtins.fromTOML` reads back to the same
    value. Null and functions are errors: TOML has neither. Paths are copied to the
    store, and derivations become their store paths, as with `builtins.toJSON`.

    # Example

    ```nix
    builtins.rust.toTOML { build.jobs = 2; }
    => "[build]\njobs = 2\n"
    ```
  */
  toTOML = value: callWith documentLimits "toTOML" "" value;

  /**
    The plugin's own version, and the host that it found: a set of `plugin`, `nix` (the
    version of this Nix) and `host` (how the plugin talks to it, `"c++"` or `"c"`).
  */
  version = call "version" null;
}
