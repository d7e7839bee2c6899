//! `withSccache` with builders of every kind.

use std::process::Command;

use nix_sccache_tests::{Built, Daemon, Derivation, hosts, root, stdout_of};
use serde_json::json;

use crate::{project, through};

/// What nixpkgs' buildRustCrate has its shell do for a library and a program, by which crate2nix builds:
/// `build_lib` and `build_bin` of its `lib.sh`, with the options of its `build-crate.nix` and the
/// variables of its `configure-crate.nix`.
const BUILD_RUST_CRATE: &str = r#"
    noisily() { echo "$@"; "$@"; }
    mkdir -p target/{deps,lib,build,buildDeps,bin}
    export CARGO_PKG_NAME=base CARGO_PKG_VERSION=0.1.0 CARGO_PKG_AUTHORS= CARGO_CFG_TARGET_OS=linux
    export CARGO_CFG_TARGET_FAMILY=unix CARGO_MANIFEST_DIR=$(pwd)/base CARGO_MANIFEST_LINKS=
    export DEBUG= OPT_LEVEL=3 TARGET=x86_64-unknown-linux-gnu HOST=x86_64-unknown-linux-gnu PROFILE=release
    export OUT_DIR=$(pwd)/target/build/base.out NUM_JOBS=$NIX_BUILD_CORES RUSTC=rustc RUSTDOC=rustdoc
    common="-C opt-level=3 -C codegen-units=1 --remap-path-prefix=$NIX_BUILD_TOP=/"
    build_lib() {
        noisily rustc \
            --crate-name $1 $1/src/lib.rs \
            --out-dir target/lib \
            -L dependency=target/deps \
            --cap-lints allow \
            $common $2 --cfg feature=\"default\" --edition 2024 -C linker=cc \
            -C metadata=$1 -C extra-filename=-$1 --crate-type lib \
            --color always
    }
    base="--extern base=target/lib/libbase-base.rlib"
    build_lib base
    build_lib greeting "$base"
    noisily rustc \
        --crate-name program program/src/main.rs \
        --crate-type bin \
        $common --edition 2024 -C linker=cc \
        --out-dir target/bin \
        -L dependency=target/lib \
        $base --extern greeting=target/lib/libgreeting-greeting.rlib \
        --cap-lints allow \
        --color always
"#;

/// A builder that calls rustc itself, as nixpkgs' buildRustCrate does: nothing says what is to be
/// written, and the same files are there.
#[test]
fn rustc_without_cargo() {
    let attributes = json!({
        "buildPhase": BUILD_RUST_CRATE,
        "installPhase": "mkdir $out; cp -r target/lib target/bin $out; ./target/bin/program"
    });
    for host in hosts() {
        let (daemon, library) = (Daemon::start(), project());
        let cold = through(&daemon)
            .with(attributes.clone())
            .build(&host, &library);
        assert_eq!(cold.hits_and_misses(), (0, 2), "{cold:#?}");
        let warm = through(&daemon)
            .with(attributes.clone())
            .build(&host, &library);
        assert_eq!(warm.hits_and_misses(), (2, 0), "{warm:#?}");
        let plain = Derivation::new(json!(null))
            .with(attributes.clone())
            .build(&host, &library);
        for built in [&cold, &warm] {
            assert_eq!(built.contents(), plain.contents());
        }
    }
}

/// A derivation a crate, by the overlay. That is another derivation, with the same output but for its name.
#[test]
fn build_rust_crate_by_the_overlay() {
    for host in hosts() {
        let (daemon, library) = (Daemon::start(), project());
        let build = |cached: bool, run: &str| {
            let mut command = host.program("nix-build");
            command
                .arg(root().join("tests/sandbox/crates.nix"))
                .args(["--no-out-link", "--arg", "cached", &cached.to_string()])
                .args(["--argstr", "source", library.path().to_str().unwrap()])
                .args([
                    "--argstr",
                    "run",
                    &format!("{run}-{}", daemon.folder().display()),
                ])
                .args(["--option", "extra-sandbox-paths"])
                .arg(format!("/run/nix-sccache={}", daemon.folder().display()));
            Built::run(&mut command)
        };
        let plain = build(false, "plain");
        plain.path();
        // The program is linked with libraries whose paths are others.
        for (run, hits) in [("cold", 0), ("warm", 2)] {
            let built = build(true, run);
            assert_ne!(built.path(), plain.path());
            let found = built.log.matches("nix-sccache: hits 1 of 1").count();
            assert_eq!(found, hits, "{run}: {built:#?}");
            assert_eq!(built.log.matches("nix-sccache: hits ").count(), 3);
            assert_eq!(built.contents(), plain.contents());
        }
    }
}

/// A build that compiles nothing is told that the cache is of no use to it.
#[test]
fn nothing_to_compile() {
    let attributes = json!({ "buildPhase": "true", "installPhase": "mkdir $out" });
    for host in hosts() {
        let (daemon, library) = (Daemon::start(), project());
        let built = through(&daemon)
            .with(attributes.clone())
            .build(&host, &library);
        let said = built.log.matches("warning: nothing was compiled").count();
        assert_eq!(said, 1, "{built:#?}");
    }
}

/// A derivation without phases has its session, too, and trouble is told once there.
#[test]
fn a_build_command() {
    let command = "
        cp -r $src/base base
        for crate in one two; do
            rustc --crate-name $crate --edition=2024 --crate-type lib --emit link --out-dir . base/src/lib.rs
        done
        mkdir $out && cp lib*.rlib $out
    ";
    for host in hosts() {
        let (mut daemon, library) = (Daemon::start(), project());
        let derivation = through(&daemon).with(json!({ "buildCommand": command }));
        let built = derivation.build(&host, &library);
        assert_eq!(built.hits_and_misses(), (0, 2), "{built:#?}");
        daemon.stop();
        let built = derivation.build(&host, &library);
        assert_eq!(
            (built.hits_and_misses(), built.troubles()),
            ((0, 0), 1),
            "{built:#?}"
        );
    }
}

/// A build may install all of its directory: nothing of the session's is in it.
#[test]
fn the_builds_directory_is_its_own() {
    let attributes = json!({ "installPhase": "cd $NIX_BUILD_TOP; mkdir $out; cp -r . $out" });
    for host in hosts() {
        let library = project();
        let settings = json!({ "transport": "ephemeral" });
        let built = Derivation::new(settings)
            .with(attributes.clone())
            .build(&host, &library);
        built.assert_counts((0, 2));
        let names = stdout_of(
            Command::new("find")
                .arg(built.path())
                .args(["-name", "*sccache*"]),
        );
        assert_eq!(names, "");
    }
}

/// In a shell nobody would end what the hook begins, so it begins nothing.
#[test]
fn a_shell() {
    for host in hosts() {
        let library = project();
        let mut shell = host.program("nix-shell");
        shell
            .arg(root().join("tests/sandbox/library.nix"))
            .args([
                "--argstr",
                "source",
                library.path().to_str().unwrap(),
                "--argstr",
                "run",
                "shell",
            ])
            .args(["--argstr", "settings", r#"{ "transport": "ephemeral" }"#])
            .args([
                "--run",
                "echo session: ${NIX_SCCACHE_SESSION-none}, wrapper: $RUSTC_WRAPPER",
            ])
            .env("NIX_BUILD_SHELL", "/bin/bash");
        let said = stdout_of(&mut shell);
        assert!(
            said.contains("session: none, wrapper: /nix/store/"),
            "{said}"
        );
    }
}

/// A derivation that lists its phases itself has its session all the same.
#[test]
fn phases_of_its_own() {
    for host in hosts() {
        let (daemon, library) = (Daemon::start(), project());
        let attributes = json!({ "phases": ["unpackPhase", "buildPhase", "installPhase"] });
        let built = through(&daemon).with(attributes).build(&host, &library);
        assert_eq!(built.hits_and_misses(), (0, 2), "{built:#?}");
    }
}

/// Of a build that fails, the last lines of the log are the compiler's, which Nix shows.
#[test]
fn a_build_that_fails() {
    for host in hosts() {
        let (daemon, library) = (Daemon::start(), project());
        library.write("base/src/lib.rs", "pub fn add() -> u32 { \"text\" }\n");
        let built = through(&daemon).build(&host, &library);
        assert!(built.output.is_none(), "{built:#?}");
        assert_eq!(built.troubles(), 0, "{built:#?}");
        // What Nix shows of a failed build, unless it is asked for more.
        let ends = ["error: builder for", "error: Cannot build"];
        let end = ends.iter().find_map(|end| built.log.find(end)).unwrap();
        let builder = &built.log[..end];
        let shown: Vec<_> = builder.lines().rev().take(10).collect();
        for words in ["found `&str`", "nix-sccache: hits 0 of 0, misses 0"] {
            let found = shown.iter().any(|line| line.contains(words));
            assert!(found, "no `{words}` in {shown:#?}");
        }
    }
}

/// Without settings no plugin is needed, and the derivation is the same with it. With one, the error has the lines for nix.conf.
#[test]
fn without_the_plugin() {
    for host in hosts() {
        let evaluate = |program: &mut Command, settings: &str| {
            let expression = format!(
                "let pkgs = import {0}/tests/nixpkgs {{ }}; in
                  (pkgs.stdenv.mkDerivation ((import {0}/nix/lib {{ inherit pkgs; }}).withSccache {settings} {{ name = \"x\"; }})).drvPath",
                root().display()
            );
            program
                .args(["--eval", "--expr", &expression])
                .output()
                .unwrap()
        };
        let without = evaluate(&mut host.plain("nix-instantiate"), "{ }");
        let with = evaluate(&mut host.program("nix-instantiate"), "{ }");
        assert!(without.status.success(), "{without:?}");
        assert_eq!(without.stdout, with.stdout);

        let output = evaluate(&mut host.plain("nix-instantiate"), "{ verify = 5; }");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success());
        for words in ["plugin-files = ", "nix.conf", "`withSccache { }`"] {
            assert!(stderr.contains(words), "{words}: {stderr}");
        }
    }
}
