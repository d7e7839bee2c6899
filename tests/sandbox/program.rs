//! A real program of crates.io: build scripts, procedural macros and dozens of crates.

use std::path::Path;
use std::process::Command;

use nix_sccache_tests::{Built, Daemon, Host, hosts, root, stdout_of, variable};

/// Builds one of `scripts/demo.nix`'s derivations.
fn build(host: &Host, attribute: &str, source: &Path, daemon: &Daemon) -> Built {
    let source_of_program = variable("NIX_SCCACHE_TEST_PROGRAM");
    let name = Path::new(&source_of_program)
        .file_name()
        .unwrap()
        .to_str()
        .unwrap();
    let mut command = host.program("nix-build");
    command
        .arg(root().join("scripts/demo.nix"))
        .args([
            "--no-out-link",
            "--attr",
            attribute,
            "--argstr",
            "name",
            name,
        ])
        .args(["--argstr", "source", source.to_str().unwrap()])
        .args([
            "--argstr",
            "vendored",
            &variable("NIX_SCCACHE_TEST_PROGRAM_VENDORED"),
        ])
        .args(["--argstr", "run", daemon.folder().to_str().unwrap()])
        .args(["--option", "extra-sandbox-paths"])
        .arg(format!("/run/nix-sccache={}", daemon.folder().display()));
    Built::run(&mut command)
}

/// What the demo shows, checked: all that can be cached comes from the cache when another
/// derivation with another line in its own source is built, and the bytes are those of a
/// build without a cache.
#[test]
fn is_warm_and_the_same() {
    // On one host: what takes minutes here is rustc, whoever evaluates.
    let host = hosts().last().unwrap();
    let daemon = Daemon::start();
    let source = tempfile::tempdir().unwrap();
    let copy = source.path().join("source");
    stdout_of(
        Command::new("cp")
            .arg("-r")
            .arg(variable("NIX_SCCACHE_TEST_PROGRAM"))
            .arg(&copy),
    );

    let cold = build(&host, "program", &copy, &daemon);
    let (hits, misses) = cold.hits_and_misses();
    assert_eq!(hits, 0, "{cold:#?}");
    assert!(misses > 20, "{cold:#?}");

    let main = copy.join("crates/core/main.rs");
    let text = std::fs::read_to_string(&main).unwrap();
    std::fs::write(&main, format!("{text}// One line more.\n")).unwrap();
    let warm = build(&host, "program", &copy, &daemon);
    // What was changed is compiled, and linked.
    assert_eq!(warm.hits_and_misses(), (misses - 1, 1), "{warm:#?}");
    assert!(warm.log.contains("  missed: rg "), "{warm:#?}");
    assert_eq!(warm.troubles(), 0, "{warm:#?}");
    // What a cold build makes is compared with smaller programs: each of these takes a minute.
    let plain = build(&host, "plain", &copy, &daemon);
    assert!(!plain.log.contains("nix-sccache"), "{plain:#?}");
    assert_eq!(warm.contents(), plain.contents());
}
