# A toolchain's names and attributes, with a stand-in for builtins.rust.
pkgs:

let
  host = pkgs.stdenv.hostPlatform.rust.rustcTarget;
  wasm = "wasm32-unknown-unknown";

  components = [
    {
      name = "cargo";
      package = "cargo";
      target = host;
    }
    {
      name = "clippy";
      package = "clippy-preview";
      target = host;
    }
    {
      name = "rust-src";
      package = "rust-src";
      target = null;
    }
    {
      name = "rust-std";
      package = "rust-std";
      target = host;
    }
    {
      name = "rust-std";
      package = "rust-std";
      target = wasm;
    }
    {
      name = "rustc";
      package = "rustc";
      target = host;
    }
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
