# The builtins, made of the plugin's one function `ask`: the name of a builtin, its
# argument as JSON and a text beside it go in, `{"ok": …}` or `{"err": "…"}` comes out.
# They are documented by the comments before them; where Nix does not show such comments,
# `document` makes of a name and a function one that has the comment's text.
#
# What Nix does best is done here: forcing the argument, carrying string context over,
# reading files under the rules of pure and restricted evaluation, and throwing, so that
# an error has a trace and `builtins.tryEval` sees it.
#
# A plugin has no directory to import from: it puts the text of a file in the place of its import.
{
  ask,
  document ? _name: function: function,
}:

let
  inherit (builtins) isFunction mapAttrs;

  inherit (import ./calls.nix { inherit ask float hideHashes; })
    call
    callAbout
    callWith
    documentLimits
    ;

  float = import ./float.nix;

  hideHashes = import ./hideHashes.nix;

  files = import ./files.nix { inherit hideHashes; };

  bootstrapConfig = import ./bootstrapConfig.nix { inherit callAbout files; };

  stage0 = import ./stage0.nix { inherit call callAbout files; };

  toolchain = import ./toolchain.nix {
    inherit
      call
      callAbout
      files
      target
      ;
  };

  target = import ./target.nix { inherit call; };
in

mapAttrs (name: value: if isFunction value then document name value else value) {
  /**
    The bootstrap config of a rustc source: the text of its `config.toml`, by its release and
    settings that are checked against it. An attribute set:

    - `text`: the config. Name it by `RUST_BOOTSTRAP_CONFIG`, or write it to `fileName`.
    - `fileName`: `config.toml`, or `bootstrap.toml` from 1.90 on, in the source's directory.
    - `release`: the source's release.
    - `explain`: a list of `{ key, value, why, given }`, one for each line of the text.
    - `warnings`: a list of strings: what may not be as it was meant.
    - `sccache`: null, or with `sccache = true`, `key`, the one that has bootstrap call sccache. With
      `RUSTC_WRAPPER` in the environment, too, it comes to all compilers.

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
    - `sccache` (path): the package of the real sccache, 0.17 or later, whose server a build
      starts itself with the transports other than `server`; by default the first `sccache` on
      `PATH` that is not the shim.
    - `wrap` (list of `"rust"`, `"c"`, `"c++"`; all): what to cache.
    - `network` (Boolean, false): whether the build has a network, as a dev shell has.
    - `transport` (`"server"`): how the cache is reached; a name, or a set of one
      attribute, `transport.NAME = { … }`:
      - `server`: the host's daemon. `socket` (path,
        `/run/nix-sccache/sccache.sock`).
      - `directory`: `path` (required), `size`, `readOnly`.
      - `ephemeral`: a directory within the build. `size`.
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
    - `maxFrameLength` (size, 1G): the longest message to the server; longer entries are stored in parts.
    - `timeout` (seconds, 120): how long a call waits for the cache before the compiler runs
      without it.
    - `prefetch` (size, or false; 1G): how much a build fetches at most, when it begins, of what the build of the same
      package or lock file before it asked for; false for nothing, and for not leaving the next one its list either.
    - `verify` (number of hits; none): of so many hits one, at random, is compiled again beside and
      compared. A difference is a fault in the report, and the entry is replaced.
    - `links` (`"all"`, `"host"`, `"never"`; `"all"`): what of that which is linked the cache serves: all of it;
      what runs while building, which are build scripts and procedural macros of dependencies; or nothing.
    - `stablePaths` (`"exact"`, `"always"`, `"never"`; `"exact"`): whether compilers are shown
      paths of vendored crates that stay the same while a lock file or a version changes: where
      the output has the same bytes all the same; also where numbers in names of local symbols,
      `NAME.llvm.NUMBER`, are others; or not at all.
    - `reports` (path): a directory in which a build leaves its log and what its keys were made of, for
      `nix-sccache report --pages` and `explain`; it has to be in `extra-sandbox-paths`, and open to
      build users.
    - `recache` (Boolean, false): whether all is compiled anew, and stored in the place of what is there.
    - `skipCacheCheck` (Boolean), `idleTimeout` (seconds; 0 is never), `log` (string), `config` (path): as
      sccache has them, for a server that the build starts itself.

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

    - `file` (path): a toolchain file, `rust-toolchain` or `rust-toolchain.toml`, or a directory
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
