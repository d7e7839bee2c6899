//! `withSccache` with builders of every kind.

use nix_sccache_tests::{Daemon, Derivation, hosts, root};
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
        let builder = built.log.split("error: builder for").next().unwrap();
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
