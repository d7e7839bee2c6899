//! `withSccache` with builders of every kind.

use std::process::Command;

use nix_sccache_tests::{Daemon, Derivation, hosts, root, stdout_of};
use serde_json::json;

use crate::{project, through};

/// A builder that calls rustc itself, as nixpkgs' buildRustCrate does.
#[test]
fn rustc_without_cargo() {
    let build = "
        mkdir -p out
        rustc --crate-name base --edition 2024 --crate-type lib --emit dep-info,link --out-dir out base/src/lib.rs
    ";
    let attributes =
        json!({ "buildPhase": build, "installPhase": "mkdir $out; cp out/libbase.rlib $out" });
    for host in hosts() {
        let (daemon, library) = (Daemon::start(), project());
        let cold = through(&daemon)
            .with(attributes.clone())
            .build(&host, &library);
        assert_eq!(cold.hits_and_misses(), (0, 1), "{}: {cold:#?}", host.name());
        let warm = through(&daemon)
            .with(attributes.clone())
            .build(&host, &library);
        assert_eq!(warm.hits_and_misses(), (1, 0), "{}: {warm:#?}", host.name());
        let plain = Derivation::new(json!(null))
            .with(attributes.clone())
            .build(&host, &library);
        assert_eq!(warm.contents(), plain.contents(), "{}", host.name());
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
        assert_eq!(
            built.hits_and_misses(),
            (0, 2),
            "{}: {built:#?}",
            host.name()
        );
        daemon.stop();
        let built = derivation.build(&host, &library);
        assert_eq!(
            (built.hits_and_misses(), built.troubles()),
            ((0, 0), 1),
            "{}: {built:#?}",
            host.name()
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
        assert_eq!(
            built.hits_and_misses(),
            (0, 2),
            "{}: {built:#?}",
            host.name()
        );
        let names = stdout_of(
            Command::new("find")
                .arg(built.path())
                .args(["-name", "*sccache*"]),
        );
        assert_eq!(names, "", "{}", host.name());
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
            "{}: {said}",
            host.name()
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
        assert_eq!(
            built.hits_and_misses(),
            (0, 2),
            "{}: {built:#?}",
            host.name()
        );
    }
}

/// Of a build that fails, the last lines of the log are the compiler's, which Nix shows.
#[test]
fn a_build_that_fails() {
    for host in hosts() {
        let (daemon, library) = (Daemon::start(), project());
        library.write("base/src/lib.rs", "pub fn add() -> u32 { \"text\" }\n");
        let built = through(&daemon).build(&host, &library);
        assert!(built.output.is_none(), "{}: {built:#?}", host.name());
        assert_eq!(built.troubles(), 0, "{}: {built:#?}", host.name());
        // What Nix shows of a failed build, unless it is asked for more.
        let ends = ["error: builder for", "error: Cannot build"];
        let end = ends.iter().find_map(|end| built.log.find(end)).unwrap();
        let builder = &built.log[..end];
        let shown: Vec<_> = builder.lines().rev().take(10).collect();
        for words in ["found `&str`", "nix-sccache: hits 0 of 0, misses 0"] {
            let found = shown.iter().any(|line| line.contains(words));
            assert!(found, "{}: no `{words}` in {shown:#?}", host.name());
        }
    }
}

/// Without the plugin, the error has the lines for nix.conf.
#[test]
fn without_the_plugin() {
    for host in hosts() {
        let expression = format!(
            "((import {0}/nix/lib {{ pkgs = import {0}/tests/nixpkgs {{ }}; }}).withSccache {{ }} {{ name = \"x\"; }}).RUSTC_WRAPPER",
            root().display()
        );
        let output = host
            .plain("nix-instantiate")
            .args(["--eval", "--expr", &expression])
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{}", host.name());
        assert!(
            stderr.contains("plugin-files = "),
            "{}: {stderr}",
            host.name()
        );
        assert!(stderr.contains("nix.conf"), "{}: {stderr}", host.name());
    }
}
