/**
  A Rust toolchain as one derivation, with `bin/rustc`, `bin/cargo` and all other components: what
  `builtins.rust.toolchain` resolves, from the archives of Rust's own server. It brings the C compiler
  that rustc links with.

  # Example

  ```nix
  toolchain {
    file = ./rust-toolchain.toml;
    manifest = ./channel-rust-1.95.0.toml;
  }

  (toolchain {
    toolchain = "1.95.0";
    manifest = ./channel-rust-1.95.0.toml;
  }).withComponents [ "rust-src" ]

  # What a rustc source tree is built with.
  toolchain { stage0 = rustc-source; }
  ```

  # Arguments

  Those of `builtins.rust.toolchain`. `host` is by default the platform that packages are built on. Over
  `pkgsCross` the standard library of the platform that packages run on is included.

  # Attributes of the result

  - `resolved`: the answer of `builtins.rust.toolchain`; `version`, `channel`, `date`, `host` and
    `targets` are from there.
  - `components`: a derivation for each component, by the name that a toolchain file has for it.
    The standard library is `rust-std`; components for a target other than the host have the target
    in their name: `rust-std-wasm32-unknown-unknown`. Components that are linked with the compiler, such
    as clippy and rustfmt, run only within a toolchain.
  - what nixpkgs reads from a rustc: it can be both arguments of `makeRustPlatform`.
  - `withComponents [ … ]`, `withTargets [ … ]`: the same toolchain with more of them.
*/
{ pkgs, rust }:

let
  inherit (pkgs.buildPackages)
    fetchurl
    lib
    patchelf
    stdenv
    zlib
    ;
  inherit (stdenv) hostPlatform;

  asRustc = import ./asRustc.nix pkgs;

  # What is built with these packages runs on.
  platforms = lib.unique (
    map (platform: platform.rust.rustcTarget) [
      pkgs.stdenv.hostPlatform
      pkgs.stdenv.targetPlatform
    ]
  );

  join = import ./join.nix {
    inherit lib stdenv;
    linkers = import ./linkers.nix pkgs // import ./lld.nix pkgs;
  };

  toolchain =
    arguments:
    let
      asked = rust.toolchain ({ host = hostPlatform.rust.rustcTarget; } // arguments);

      isFixed = asked.path != null || arguments.stage0 or null != null;
      missing = if isFixed then [ ] else lib.subtractLists (asked.targets ++ [ asked.host ]) platforms;

      # Not every platform has a standard library: what was asked for is there, and those are left out.
      resolved =
        if missing == [ ] then
          asked
        else
          rust.toolchain (
            {
              host = hostPlatform.rust.rustcTarget;
            }
            // addTo asked {
              components = [ ];
              targets = missing;
            }
            // {
              force = true;
            }
          );

      component = import ./component.nix {
        inherit
          fetchurl
          lib
          patchelf
          stdenv
          zlib
          ;
        inherit (resolved) host;
      };

      components = builtins.listToAttrs (
        map (answer: {
          name = if isForeign answer then "${answer.name}-${answer.target}" else answer.name;
          value = component answer;
        }) resolved.components
      );

      # Of rust-src and its like, the target is null.
      isForeign = answer: answer.target != null && answer.target != asked.host;

      # The same, with other words for it: a file cannot be added to. With its date, it is of the
      # same manifest.
      addTo =
        answer:
        { components, targets }:
        removeAttrs arguments [ "file" ]
        // {
          toolchain = {
            channel = "${answer.channel}-${answer.date}";
            components =
              map (component: component.name) (
                builtins.filter (component: !isForeign component && component.name != "rust-std") answer.components
              )
              ++ components;
            targets = answer.targets ++ targets;
          }
          # A manifest from before 2019 has none.
          // lib.optionalAttrs (answer.profile != null) { inherit (answer) profile; };
        };

      add =
        more:
        if arguments.stage0 or null != null then
          throw "toolchain: a stage0 file names rustc, cargo and the host's library, and there is nothing to add"
        else
          toolchain (addTo resolved more);

      withoutLibrary =
        target:
        "toolchain: Rust ${resolved.version} (${resolved.date}) has no standard library for ${target}, for which these packages are.";

      # Moving channels have a new one every day, or every six weeks.
      isMoving = builtins.match "(beta|nightly).*" resolved.channel != null;

      joined = join {
        name = "rust-${resolved.version}" + lib.optionalString isMoving "-${resolved.date}";
        inherit (resolved) version;
        paths = builtins.attrValues components;
        passthru = asRustc { } // {
          unwrapped = joined;
          inherit components resolved;
          inherit (resolved)
            channel
            date
            host
            targets
            version
            ;
          withComponents =
            components:
            add {
              inherit components;
              targets = [ ];
            };
          withTargets =
            targets:
            add {
              inherit targets;
              components = [ ];
            };
        };
      };
    in
    if resolved.path != null then
      throw ''
        toolchain: the toolchain file names the directory ${resolved.path}, which no build sees.
        Give the programs of a toolchain that is a package to fromPaths: fromPaths { rustc = …; cargo = …; }
      ''
    else if resolved.host != hostPlatform.rust.rustcTarget then
      throw ''
        toolchain: this is a toolchain that runs on ${resolved.host}, and the packages around it run on ${hostPlatform.rust.rustcTarget}.
        Give `pkgs` of that system, or leave `host` away; what rustc is to compile for goes into `targets`.
      ''
    else
      builtins.foldl' (result: warning: builtins.trace "nix-sccache: warning: ${warning}" result) joined (
        resolved.warnings ++ map withoutLibrary (lib.subtractLists resolved.targets missing)
      );
in
toolchain
