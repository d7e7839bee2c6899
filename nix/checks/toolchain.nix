/**
  A toolchain's names and attributes, with a stand-in for builtins.rust.

  # Example

  ```nix
  pkgs.lib.runTests (import ./toolchain.nix pkgs)
  => [ ]
  ```
*/
pkgs:

let
  host = pkgs.stdenv.hostPlatform.rust.rustcTarget;
  wasm = "wasm32-unknown-unknown";

  component = name: target: { inherit name target; };

  components = [
    (component "cargo" host)
    (component "clippy" host // { package = "clippy-preview"; })
    (component "rust-src" null)
    (component "rust-std" host)
    (component "rust-std" wasm)
    (component "rustc" host)
  ];

  # Tells by `arguments` what it was asked.
  toolchainOf =
    attributes:
    (import ../lib {
      inherit pkgs;
      rust.toolchain =
        arguments: import ./answer.nix pkgs attributes components // { inherit arguments; };
    }).toolchain;

  toolchain = toolchainOf {
    targets = [
      host
      wasm
    ];
  };

  # The same over a `pkgsCross`, as far as the toolchain looks at it: its packages run on another
  # platform. There is a standard library for all in `available`.
  crossTo =
    triple: available:
    (import ../lib {
      pkgs = pkgs // {
        stdenv = pkgs.stdenv // rec {
          hostPlatform = pkgs.stdenv.hostPlatform // {
            config = triple;
            rust.rustcTarget = triple;
          };
          targetPlatform = hostPlatform;
        };
      };
      rust.toolchain =
        {
          force ? false,
          ...
        }@arguments:
        let
          wanted = arguments.toolchain.targets or [ ];
          targets = [
            host
          ]
          ++ builtins.filter (target: target != host && builtins.elem target available) wanted;
        in
        if !force && builtins.length targets < builtins.length wanted then
          throw "no standard library"
        else
          import ./answer.nix pkgs { inherit targets; } (map (component "rust-std") targets)
          // {
            inherit arguments;
          };
    }).toolchain
      { file = "rust-toolchain.toml"; };

  asked = toolchain: toolchain.resolved.arguments;
  succeeds = toolchain: (builtins.tryEval toolchain.drvPath).success;

  withFile = toolchain {
    file = "rust-toolchain.toml";
    manifest = "channel-rust-1.95.0.toml";
  };
in
{
  testArguments = {
    expr = [
      (asked withFile)
      (asked (toolchain {
        host = "other";
      }))
    ];
    expected = [
      {
        file = "rust-toolchain.toml";
        manifest = "channel-rust-1.95.0.toml";
        inherit host;
      }
      { host = "other"; }
    ];
  };

  testAttributes = {
    expr = {
      inherit (withFile)
        channel
        date
        host
        name
        targets
        version
        ;
      components = builtins.attrNames withFile.components;
      clippy = withFile.components.clippy.name;
      source = withFile.components.rust-src.name;
      program = withFile.meta.mainProgram;
    };
    expected = {
      inherit host;
      channel = "1.95.0";
      date = "2026-04-16";
      name = "rust-1.95.0";
      version = "1.95.0";
      targets = [
        host
        wasm
      ];
      components = [
        "cargo"
        "clippy"
        "rust-src"
        "rust-std"
        "rust-std-${wasm}"
        "rustc"
      ];
      clippy = "clippy-1.95.0-${host}";
      source = "rust-src-1.95.0";
      program = "rustc";
    };
  };

  # What nixpkgs reads of a rustc: that of a platform builds packages.
  testRustPlatform = {
    expr =
      let
        platform = pkgs.makeRustPlatform {
          rustc = withFile;
          cargo = withFile;
        };
        built = platform.buildRustPackage {
          pname = "hello";
          version = "1.0.0";
          src = ./hello;
          cargoLock.lockFile = ./hello/Cargo.lock;
        };
      in
      {
        builds = succeeds built;
        platform = builtins.elem pkgs.stdenv.hostPlatform.system built.meta.platforms;
        attributes = builtins.all builtins.isList [
          withFile.badTargetPlatforms
          withFile.meta.platforms
          withFile.targetPlatforms
          withFile.targetPlatformsWithHostTools
          withFile.tier1TargetPlatforms
        ];
        unwrapped = withFile.unwrapped.drvPath == withFile.drvPath;
      };
    expected = {
      builds = true;
      platform = true;
      attributes = true;
      unwrapped = true;
    };
  };

  testCross = {
    expr = {
      native = (crossTo host [ ]).targets;
      cross = (crossTo wasm [ wasm ]).targets;
      asked = (crossTo wasm [ wasm ]).resolved.arguments.toolchain;
      withOther =
        (
          (crossTo wasm [
            wasm
            "other"
          ]).withTargets
          [ "other" ]
        ).targets;
      # A platform without one is no error: its user may build it.
      without = (crossTo "other" [ ]).targets;
    };
    expected = {
      native = [ host ];
      cross = [
        host
        wasm
      ];
      asked = {
        channel = "1.95.0-2026-04-16";
        profile = "minimal";
        components = [ ];
        targets = [
          host
          wasm
        ];
      };
      withOther = [
        host
        wasm
        "other"
      ];
      without = [ host ];
    };
  };

  # Another day has another nightly of the same version.
  testNightly = {
    expr =
      (toolchainOf {
        channel = "nightly";
        version = "1.97.0-nightly";
        date = "2026-05-20";
      } { }).name;
    expected = "rust-1.97.0-nightly-2026-05-20";
  };

  testWithComponents = {
    expr = asked (withFile.withComponents [ "rust-analyzer" ]);
    expected = {
      manifest = "channel-rust-1.95.0.toml";
      inherit host;
      toolchain = {
        # With its date, of the same manifest.
        channel = "1.95.0-2026-04-16";
        profile = "minimal";
        components = [
          "cargo"
          "clippy"
          "rust-src"
          "rustc"
          "rust-analyzer"
        ];
        targets = [
          host
          wasm
        ];
      };
    };
  };

  testWithTargets = {
    expr = (asked ((toolchainOf { } { }).withTargets [ wasm ])).toolchain.targets;
    expected = [
      host
      wasm
    ];
  };

  testOldManifest = {
    expr = (asked ((toolchainOf { profile = null; } { }).withTargets [ wasm ])).toolchain ? profile;
    expected = false;
  };

  # A stage0 file names what it names.
  testStage0 = {
    expr = map succeeds [
      (toolchain { stage0 = "/rust"; })
      ((toolchain { stage0 = "/rust"; }).withComponents [ "clippy" ])
    ];
    expected = [
      true
      false
    ];
  };

  testPath = {
    expr = map succeeds [
      (toolchainOf { } { })
      (toolchainOf {
        path = "/opt/rust";
        channel = null;
        version = null;
        host = null;
        components = [ ];
      } { })
    ];
    expected = [
      true
      false
    ];
  };

  testOtherHost = {
    expr = succeeds (toolchainOf { host = "x86_64-pc-windows-msvc"; } { });
    expected = false;
  };
}
