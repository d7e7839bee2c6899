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
    head
    isAttrs
    isFloat
    isFunction
    isList
    isPath
    isString
    length
    mapAttrs
    pathExists
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
      # One alone is not copied: it may be large.
      all =
        if length texts == 1 then
          (head texts).text
        else
          concatStringsSep "" (map ({ text, ... }: text) texts);
    in
    callWith settingsLimits builtin (unsafeDiscardStringContext all) (argument refs);

  isGiven = name: argument: argument.${name} or null != null;

  # Where a file is that an attribute names: a path literal, an absolute path in a string, or
  # what has an `outPath`, as a package and a flake's input have.
  placeOf = placeOr "a path or a flake's input";

  placeOr =
    wanted: builtin: attribute: given:
    let
      isPlace = value: isPath value || (isString value && builtins.substring 0 1 value == "/");
    in
    if isPlace given then
      given
    else if isAttrs given && given ? outPath && isPlace given.outPath then
      given.outPath
    else
      throw "rust.${builtin}: ${attribute}: this must be ${wanted}, and it is ${
        if isString given then
          toJSON (builtins.substring 0 100 given)
        else
          "of the type ${builtins.typeOf given}"
      }";

  # A file as a text for `callAbout`. Its name is for errors alone: nothing comes to depend on it.
  read = path: {
    name = unsafeDiscardStringContext (toString path);
    text = builtins.readFile path;
  };

  # The toolchain file at a place, which may be a folder that has one. Rustup looks for the name
  # without an ending first.
  toolchainFile =
    place:
    let
      plain = place + "/rust-toolchain";
      toml = place + "/rust-toolchain.toml";
      name = path: unsafeDiscardStringContext (toString path);
    in
    if pathExists plain then
      read plain
      // {
        warnings =
          if pathExists toml then
            [ "${name plain} and rust-toolchain.toml are both there, and the former is taken, as by rustup" ]
          else
            [ ];
      }
    else if pathExists toml then
      read toml
    else if builtins ? readFileType && builtins.readFileType place == "directory" then
      throw "rust.toolchain: file: the folder ${name place} has neither rust-toolchain nor rust-toolchain.toml"
    else
      read place;

  # What an attribute names as a file, or is itself.
  textOf =
    builtin: attribute: given:
    if isString given && builtins.substring 0 1 given != "/" then
      {
        name = "the text of ${attribute}";
        text = given;
      }
    else
      read (placeOr "a path, a flake's input or a text" builtin attribute given);

  # A manifest: a file, or its text, which is no mere name.
  manifest =
    attribute: given:
    if isString given && stringLength given < 256 && builtins.match ".*[.]toml" given != null then
      read (placeOf "toolchain" attribute given)
    else
      textOf "toolchain" attribute given;

  bootstrapConfig =
    wanted:
    let
      texts =
        if isAttrs wanted && isGiven "source" wanted then
          [ (read (placeOf "bootstrapConfig" "source" wanted.source + "/src/version")) ]
        else
          [ ];
      asked = if isAttrs wanted then { prefix = builtins.placeholder "out"; } // wanted else wanted;
      answer = callAbout "bootstrapConfig" texts (
        refs: if refs == [ ] then asked else asked // { source = head refs; }
      );
      # The same flags and the same sources do not make the same crate where the config differs.
      env =
        variable:
        if variable == null then
          { }
        else
          { ${unsafeDiscardStringContext variable} = builtins.hashString "sha256" answer.text; };
    in
    answer
    // {
      # Names, which depend on nothing that the text depends on.
      fileName = unsafeDiscardStringContext answer.fileName;
      release = unsafeDiscardStringContext answer.release;
      sccache =
        if answer.sccache == null then
          null
        else
          {
            inherit (answer.sccache) key rustcWrapper;
            env = env answer.sccache.keyVariable;
          };
    };

  # The stage0 file of a rustc source tree, whichever of its names it has.
  stage0File =
    builtin: attribute: given:
    let
      tree = placeOf builtin attribute given;
      names = [
        "src/stage0"
        "src/stage0.json"
        "src/stage0.txt"
      ];
      present = builtins.filter (name: pathExists (tree + "/${name}")) names;
    in
    if present != [ ] then
      read (tree + "/${head present}")
    else if builtins.elem (baseNameOf tree) (map baseNameOf names) then
      # The file itself.
      read tree
    else if pathExists tree then
      throw "rust.${builtin}: ${attribute}: ${unsafeDiscardStringContext (toString tree)} has none of ${concatStringsSep ", " names}: give an unpacked rustc source tree"
    else
      # So that Nix says itself what is wrong with it.
      read (tree + "/${head names}");

  # Each of these names with the text that stands for it, which are in the same order.
  named =
    names: refs:
    builtins.listToAttrs (
      genList (index: {
        name = elemAt names index;
        value = elemAt refs index;
      }) (length names)
    );

  stage0 =
    wanted:
    let
      given = name: isAttrs wanted && isGiven name wanted;
      version = placeOf "stage0" "source" wanted.source + "/src/version";
      files =
        (if given "source" then { source = stage0File "stage0" "source" wanted.source; } else { })
        // (if given "file" then { file = textOf "stage0" "file" wanted.file; } else { })
        // (
          if given "version" then
            { version = textOf "stage0" "version" wanted.version; }
          else if given "source" && pathExists version then
            { version = read version; }
          else
            { }
        );
      names = attrNames files;
    in
    if isAttrs wanted then
      callAbout "stage0" (map (name: files.${name}) names) (refs: wanted // named names refs)
    else
      call "stage0" wanted;

  toolchain =
    wanted:
    let
      file = toolchainFile (placeOf "toolchain" "file" wanted.file);
      # At most one of these is given in the end; core says so.
      files =
        (if isGiven "file" wanted then { inherit file; } else { })
        // (
          if isGiven "stage0" wanted then { stage0 = stage0File "toolchain" "stage0" wanted.stage0; } else { }
        );
      names = attrNames files;
      manifests =
        if !isGiven "manifest" wanted then
          [ ]
        else if isList wanted.manifest then
          genList (index: manifest "manifest[${toString index}]" (elemAt wanted.manifest index)) (
            length wanted.manifest
          )
        else
          [ (manifest "manifest" wanted.manifest) ];
      answer = callAbout "toolchain" (map (name: files.${name}) names ++ manifests) (
        refs:
        wanted
        // named names refs
        // {
          manifest = genList (index: elemAt refs (length names + index)) (length manifests);
        }
        // (
          # A platform of nixpkgs.
          if isAttrs (wanted.host or null) then { host = target wanted.host; } else { }
        )
      );
    in
    if !isAttrs wanted then
      call "toolchain" wanted
    else if isPath (wanted.toolchain or null) then
      throw "rust.toolchain: toolchain: this is a path: give a toolchain file as `file`"
    else
      answer // { warnings = files.file.warnings or [ ] ++ answer.warnings; };

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
in

mapAttrs (name: value: if isFunction value then document name value else value) {
  /**
    The bootstrap config of a rustc source: the text of its `config.toml`, by its release and
    settings that are checked against it. An attribute set:

    - `text`: the config. Name it by `RUST_BOOTSTRAP_CONFIG`, or write it to `fileName`.
    - `fileName`: `config.toml`, or `bootstrap.toml` from 1.90 on, in the source's folder.
    - `release`: the source's release.
    - `explain`: a list of `{ key, value, why, given }`, one for each line of the text.
    - `warnings`: a list of strings: what may not be as it was meant.
    - `sccache`: null, or with `sccache = true` what else the derivation needs: `key`, the one
      that has bootstrap call sccache; `rustcWrapper`, whether `RUSTC_WRAPPER` is to be set, and
      not to be set where it is false; `env`, variables to merge into the derivation's own.

    # Example

    ```nix
    builtins.rust.bootstrapConfig {
      source = ./rustc-1.85.0-src;
      toolchain = rustToolchain;
      settings.build.docs = false;
      settings.target.x86_64-unknown-linux-gnu.llvm-config = "${llvm.dev}/bin/llvm-config";
    }
    => { fileName = "config.toml"; text = "profile = \"dist\"\n\n[build]\n…"; … }
    ```

    # Attributes

    - `source` (path), the source, whose `src/version` is read; or `release` (string, as in that
      file), without it. One of the two is required.
    - `settings` (attribute set): the config by bootstrap's own names, section by section:
      `settings.build.docs`, `settings.target.TRIPLE.cc`, `settings.profile`. A key that the
      release does not know is an error that says when it came or went and what to write
      instead; so is a value of the wrong type, and what contradicts itself.
    - `sandbox` (Boolean, true): whether the build has no network. What it cannot do without is
      then set where it is not given, `llvm.download-ci-llvm = false` say; `explain` has the
      reasons. What needs a network is refused.
    - `toolchain` (path): the package with the `bin/rustc` and `bin/cargo` to build with. Required
      with `sandbox`, unless `settings.build` has both.
    - `prefix` (path, the derivation's output `out`): where to install, with `sandbox`.
    - `sccache` (Boolean, false): whether to build through the `sccache` on `PATH`, which is to be
      the shim. From 1.89 on bootstrap has it cache rustc's calls of stage 0 and those of C and
      C++ compilers, before that of the latter alone.
  */
  bootstrapConfig = wanted: bootstrapConfig wanted;

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
    - `reports` (path): a folder in which a build leaves its log and an HTML page about it; it
      has to be in `extra-sandbox-paths`, and open to build users.
    - `recache`, `skipCacheCheck` (Booleans), `idleTimeout` (seconds; 0 is never),
      `log` (string), `config` (path): as sccache has them.

    A size is a number of bytes or a string with K, M, G or T: `"20G"`. What sccache would
    take in another sense, or pass over, is an error; so is a secret.
  */
  sccacheEnv = settings: call "sccacheEnv" settings;

  /**
    What the stage0 file of a rustc source tree names: the compiler that the tree is built with,
    and where to fetch it.

    # Example

    ```nix
    builtins.rust.stage0 { source = inputs.rust; host = "x86_64-linux"; }
    => {
      version = "1.83.0"; date = "2024-11-28"; channel = "stable";
      accepts = { source = "1.84.1"; minors = [ "1.83" "1.84" ]; enforced = true; };
      artifacts = [
        { component = "cargo"; target = "x86_64-unknown-linux-gnu"; archive = "xz"; url = …; hash = …; … }
        …
      ];
      …
    }
    ```

    # Attributes

    One of the first two is required.

    - `source` (path, derivation or flake input): an unpacked rustc source tree. Read are its
      `src/stage0`, `src/stage0.json` or `src/stage0.txt`, and its `src/version`. A source that is
      built, rather than fetched by Nix itself, is built at evaluation time.
    - `file` (path, or its text): the stage0 file itself, of any of these formats.
    - `version` (string, or path of a `src/version`; by default the one in `source`): the release
      of the tree, for `accepts`.
    - `host` (system or target triple; all): the platform of the artifacts to answer. Those
      without a platform, such as sources, are always answered.
    - `root` (URL): the server in place of the file's own, a mirror say.

    # Answer

    - `format`: `"txt"`, `"json"` or `"key-value"`.
    - `version`, `date`, `channel` (`"stable"`, `"beta"`, `"nightly"`), `gitCommit`,
      `channelManifestHash`: of the compiler. The last two are null in most files.
    - `rustfmt`: the same of rustfmt, or null, as in a release; `cargo`: its version where the
      file names it apart, or null.
    - `distServer`, `artifactsServer`: as the file has them, or null.
    - `artifacts`: by component, target and archive, `component`, `version`, `date`, `target`
      (null for what has none), `archive` (`"xz"`, `"gz"`; `"msi"` and `"pkg"` for installers),
      `url`, `hash`. The text format has no checksums, so there the list is empty.
    - `accepts`: the minor releases that the tree's bootstrap takes as its compiler, and whether
      it insists on them; null where the tree's own release is not known.
    - `warnings`: what the file has that rustc's own parser would pass over too.
  */
  stage0 = wanted: stage0 wanted;

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
  target = asked: target asked;

  /**
    The toolchain that a project asks for, as rustup would install it, out of a channel
    manifest: what it is made of, and where each piece is, without a network.

    # Example

    ```nix
    builtins.rust.toolchain {
      file = ./rust-toolchain.toml;
      manifest = inputs.rust-manifest;
      host = "x86_64-linux";
    }
    => { channel = "stable"; version = "1.95.0"; components = [ … ]; … }
    ```

    A manifest is a file on Rust's server, `dist/channel-rust-1.95.0.toml` for a version and
    `dist/2026-04-16/channel-rust-nightly.toml` for a nightly, and as a flake's input:

    ```nix
    inputs.rust-manifest.url = "https://static.rust-lang.org/dist/channel-rust-1.95.0.toml";
    inputs.rust-manifest.flake = false;
    ```

    # Attributes

    - `file` (path): a toolchain file, `rust-toolchain` or `rust-toolchain.toml`, or a folder
      that has one.
    - `toolchain`: instead of a file, the name of a toolchain, `"nightly-2025-10-16"`, or a
      set of what stands in a file's `[toolchain]`: `channel`, `components`, `targets`,
      `profile`, `path`.
    - `stage0` (path, flake input): instead of both, a rustc source tree, or its stage0 file:
      the compiler that it is built with. A manifest is needed for trees of before 1.57 alone.
    - `manifest` (path, flake input, text, or a list of these): channel manifests. Of several,
      the newest that fits is taken.
    - `host` (required): on what the toolchain runs: a system, a platform of nixpkgs or a triple.
    - `default` (string): the toolchain for files that name none.
    - `root` (URL): the server to fetch from; by default that which the manifest names.
    - `force` (Boolean, false): whether to leave out what is not available.

    # Answer

    - `channel`, `version`, `date`, `commit`, `host`, `profile`, `targets`.
    - `components`: a list of `{ name; package; target; version; url; hash; archives; }`, in
      which `archives` has `{ url; hash; }` for each of `xz`, `gz`, `zst` that there is. The
      hashes are those that `fetchurl` takes.
    - `renamed`: names that were given, and what the manifest calls them.
    - `unavailable`: what the profile names and is not there for the host.
    - `warnings`: what rustup would have passed over.
    - `path`: for a file that gives one; all else is null or empty then.
  */
  toolchain = wanted: toolchain wanted;

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
