/**
  What becomes of a package or a source of rustc, with a stand-in for builtins.rust.

  # Example

  ```nix
  pkgs.lib.runTests (import ./sccachedRustc.nix pkgs)
  => [ ]
  ```
*/
pkgs:

let
  host = pkgs.stdenv.hostPlatform.rust.rustcTarget;

  # As the builtins do, which look at all that they are given.
  forced =
    arguments: result:
    builtins.foldl' (result: value: builtins.seq value result) result (builtins.attrValues arguments);

  # A source of 1.85 or, of which bootstrap does not look at the compiler, of 1.63.
  sccachedRustcOf =
    {
      minors ? [
        "1.84"
        "1.85"
      ],
      enforced ? true,
    }:
    (import ../lib {
      inherit pkgs;
      shim = "/shim";
      rust = {
        sccacheEnv = settings: {
          RUSTC_WRAPPER = "/shim/bin/sccache";
          SCCACHE_DIR = settings.directory;
        };
        stage0 =
          arguments:
          forced arguments {
            inherit arguments;
            version = "1.84.0";
            date = "2025-01-09";
            accepts = {
              source = "1.85.0";
              inherit minors enforced;
            };
          };
        bootstrapConfig =
          arguments:
          forced arguments {
            inherit arguments;
            text = "profile = \"dist\"\n";
            fileName = "config.toml";
            warnings = [ ];
            explain = [
              {
                key = "profile";
                why = "it is needed";
                given = false;
              }
              {
                key = "build.docs";
                why = "of `settings`";
                given = true;
              }
            ];
          };
        target = system: { x86_64-linux = "x86_64-unknown-linux-gnu"; }.${system};
        toolchain = arguments: forced arguments { inherit arguments; };
      };
    }).sccachedRustc;

  sccachedRustc = sccachedRustcOf { };

  toolchain = {
    outPath = "/rust";
    version = "1.84.1";
  };

  package = pkgs.stdenv.mkDerivation {
    pname = "rustc";
    version = "1.85.0";
    src = ../checks;
    preConfigure = "echo before";
    postBuild = "echo after";
    nativeBuildInputs = [ "/cmake" ];
  };

  ofPackage =
    more:
    sccachedRustc (
      {
        source = package;
        inherit toolchain;
      }
      // more
    );

  asked = rustc: rustc.bootstrapConfig.arguments;
  succeeds = rustc: (builtins.tryEval rustc.drvPath).success;

  each = import ./each.nix;

  # Whether a source takes a compiler.
  isTaken =
    enforced: toolchain:
    succeeds (
      sccachedRustcOf { inherit enforced; } {
        source = package;
        inherit toolchain;
      }
    );

  version = version: {
    outPath = "/rust";
    inherit version;
  };

  # An archive, as fetchurl makes it.
  archive = pkgs.stdenv.mkDerivation {
    name = "rustc-1.85.0-src.tar.xz";
  };
in
{
  testRustcPackage = {
    expr =
      let
        rustc = ofPackage { };
      in
      {
        inherit (rustc)
          RUSTC_WRAPPER
          bootstrapCommand
          bootstrapConfigReasons
          bootstrapStage0Date
          bootstrapTriple
          name
          postBuild
          ;
        first = builtins.head (builtins.filter builtins.isString (builtins.split "\n" rustc.preConfigure));
        inputs = builtins.elem "/cmake" rustc.nativeBuildInputs;
        shim = builtins.elem "/shim" rustc.nativeBuildInputs;
        compiler = rustc.toolchain.version;
      };
    expected = {
      RUSTC_WRAPPER = "/shim/bin/sccache";
      bootstrapCommand = "build";
      # What was given has no need of a reason.
      bootstrapConfigReasons = "  profile: it is needed\n";
      bootstrapStage0Date = "2025-01-09";
      bootstrapTriple = host;
      name = "rustc-1.85.0";
      postBuild = "echo after";
      first = "echo before";
      inputs = true;
      shim = true;
      compiler = "1.84.1";
    };
  };

  testRustcCommand = {
    expr = map (more: (ofPackage more).bootstrapCommand) [
      { stage = 1; }
      {
        command = [
          "build"
          "library"
        ];
        stage = 0;
      }
      { command = "test tidy"; }
    ];
    expected = [
      "build --stage 1"
      "build library --stage 0"
      "test tidy"
    ];
  };

  testRustcCache = {
    expr = (ofPackage { cache.directory = "/other"; }).SCCACHE_DIR;
    expected = "/other";
  };

  testRustcSettings = {
    expr =
      let
        arguments = asked (ofPackage {
          settings.build.docs = false;
          settings.target.${host}.cc = "/cc";
          targets = [
            "x86_64-linux"
            "wasm32-wasip1"
          ];
        });
      in
      {
        inherit (arguments) sccache source;
        inherit (arguments.settings) build;
        inherit (arguments.settings.target.${host}) cc;
        linker = arguments.settings.target.${host} ? linker;
        toolchain = arguments.toolchain.version;
      };
    expected = {
      sccache = true;
      source = ../checks;
      build = {
        build = host;
        docs = false;
        # The host is never left out.
        target = builtins.filter (target: target == host) [ "aarch64-unknown-linux-gnu" ] ++ [
          "x86_64-unknown-linux-gnu"
          "wasm32-wasip1"
        ];
      };
      cc = "/cc";
      linker = true;
      toolchain = "1.84.1";
    };
  };

  testRustcTree = {
    expr =
      let
        rustc = sccachedRustc {
          source = ../checks;
          inherit toolchain;
        };
      in
      {
        inherit (rustc) name bootstrapCommand;
        source = builtins.match ".*-source" "${rustc.src}" != null;
        overridden = (rustc.overrideAttrs { name = "other"; }).name;
      };
    expected = {
      name = "rustc-1.85.0";
      bootstrapCommand = "build";
      # The directory's own name would be part of the keys.
      source = true;
      overridden = "other";
    };
  };

  # Nothing is built to evaluate it where its release is given, and its stage0 or a toolchain.
  testRustcArchive = {
    expr =
      let
        of =
          more:
          sccachedRustc (
            {
              source = package.overrideAttrs { src = archive; };
              inherit toolchain;
            }
            // more
          );
        given = of {
          release = "1.85.0";
          stage0 = "compiler_version=1.84.0";
        };
      in
      {
        succeeds = map succeeds [
          (of { })
          (of { stage0 = "compiler_version=1.84.0"; })
          (of {
            release = "1.85.0";
            toolchain = null;
          })
          (of { release = "1.85.0"; })
          # By a compiler that bootstrap would refuse.
          (of {
            release = "1.85.0";
            toolchain = toolchain // {
              version = "1.83.0";
            };
          })
        ];
        date = (of { release = "1.85.0"; }).bootstrapStage0Date;
        release = (asked given).release;
        stage0 = given.stage0.arguments;
      };
    expected = {
      succeeds = [
        false
        false
        false
        true
        false
      ];
      date = "";
      release = "1.85.0";
      stage0 = {
        file = "compiler_version=1.84.0";
        version = "1.85.0";
      };
    };
  };

  # What bootstrap would refuse, and what cannot be known.
  testRustcTakes = each true [
    (isTaken true (version "1.84"))
    (isTaken true (version "1.85.0-nightly"))
    (isTaken true (version "2025-01-20"))
    (isTaken true "/rust")
    # It warns of this one.
    (isTaken false (version "1.83.0"))
  ];

  testRustcRefuses = each false [
    (isTaken true (version "1.83.0"))
    (isTaken true (version "1.86.0-nightly-2025-02-01"))
    (isTaken true {
      outPath = "/rust";
      name = "rustc-1.92.0";
    })
  ];
}
