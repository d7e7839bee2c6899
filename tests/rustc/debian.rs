//! Debian's source of rustc 1.63.0, built by its own x.py with Debian's rustc.

use nix_sccache_tests::{Built, Daemon, Host, hosts, root, variable};

/// Builds the standard library at stage 0.
fn build(host: &Host, daemon: &Daemon, change: &str) -> Built {
    let mut command = host.program("nix-build");
    command
        .arg(root().join("tests/rustc/debian.nix"))
        .args(["--no-out-link", "--attr", "library"])
        .args(["--argstr", "tree", &variable("NIX_SCCACHE_TEST_RUSTC_TREE")])
        .args(["--argstr", "run", daemon.folder().to_str().unwrap()])
        .args(["--argstr", "change", change])
        .args(["--option", "extra-sandbox-paths"])
        .arg(format!("/run/nix-sccache={}", daemon.folder().display()));
    Built::run(&mut command)
}

/// All comes from the cache the second time but for the crate that was changed: bootstrap's own crates and its programs, build
/// scripts and their runs, and those of the standard library, core among them, and libstd as a shared library. On one host: what
/// is evaluated is compared elsewhere, and this takes minutes.
#[test]
fn the_standard_library_is_warm() {
    let host = hosts().next().unwrap();
    let daemon = Daemon::start();

    let cold = build(&host, &daemon, "");
    let (hits, misses) = cold.hits_and_misses();
    assert_eq!(hits, 0, "{cold:#?}");
    assert!(misses > 100, "{cold:#?}");
    assert!(cold.log.contains("passed through 0,"), "{cold:#?}");
    for text in [
        // The config, and what it has of its own accord.
        "ccache = \"sccache\"",
        "llvm-config = \"/usr/lib/llvm-14/bin/llvm-config\"",
        "  llvm.download-ci-llvm: there is no network",
        // What bootstrap says.
        "x.py build -j ",
        " library/std --stage 0",
        "Build completed successfully",
        // The report.
        "core ",
    ] {
        assert!(cold.log.contains(text), "{text}: {cold:#?}");
    }

    let warm = build(&host, &daemon, "// One line more.");
    assert_eq!(warm.hits_and_misses(), (misses - 1, 1), "{warm:#?}");
    assert!(warm.log.contains("  missed: test "), "{warm:#?}");
    assert!(warm.log.contains("passed through 0,"), "{warm:#?}");
    assert_eq!(warm.troubles(), 0, "{warm:#?}");
    for built in [&cold, &warm] {
        let library = built
            .path()
            .join("lib/rustlib/x86_64-unknown-linux-gnu/lib");
        let files: Vec<_> = library
            .read_dir()
            .unwrap_or_else(|error| panic!("{}: {error}", library.display()))
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        assert!(
            files.iter().any(|name| name.starts_with("libstd-")),
            "{files:?}"
        );
    }
}
