//! Ways to a cache outside of a sandbox: the server of the host, a directory, and one of the session's own.

use std::fs;
use std::path::Path;
use std::process::Command;

use nix_sccache_tests::{Daemon, library, stdout_of, until};

use crate::{build, shim};

#[test]
fn server() {
    let (shim, daemon, library) = (shim(), Daemon::start(), library("hello"));
    let cold = build(shim.run(&daemon), &library);
    cold.assert_counts((0, 2));
    let warm = build(shim.run(&daemon), &library);
    warm.assert_counts((2, 0));
    assert_eq!(warm.report["passthrough"][0]["code"], "links", "{warm:#?}");
    assert_eq!(warm.troubles(), 0, "{warm:#?}");
    library.say("goodbye");
    let changed = build(shim.run(&daemon), &library);
    assert_eq!(changed.hits_and_misses(), (1, 1), "{changed:#?}");
    assert_eq!(
        changed.report["missed"][0]["name"], "greeting",
        "{changed:#?}"
    );
    assert_eq!(
        stdout_of(&mut Command::new(library.program())),
        "goodbye 5 3\n"
    );
}

#[test]
fn directory() {
    let (shim, library, cache) = (shim(), library("hello"), tempfile::tempdir().unwrap());
    for expected in [(0, 2), (2, 0)] {
        let mut run = shim.run_with("directory");
        run.env("SCCACHE_DIR", cache.path());
        let built = build(run, &library);
        built.assert_counts(expected);
    }
}

/// Nothing of an ephemeral cache outlives its session, whatever its command ends with: no entry, no
/// server, no folder.
#[test]
fn ephemeral() {
    let (shim, library, top) = (shim(), library("hello"), tempfile::tempdir().unwrap());
    for code in [0, 0, 3] {
        let mut run = shim.run_with("ephemeral");
        run.env("NIX_BUILD_TOP", top.path());
        run.current_dir(library.path());
        library.clean();
        let command = format!("cargo build --release --offline && exit {code}");
        let built = nix_sccache_tests::reported(run, ["sh", "-c", &command]);
        assert_eq!(
            (built.code, built.hits_and_misses()),
            (Some(code), (0, 2)),
            "{built:#?}"
        );
        assert_eq!(fs::read_dir(top.path()).unwrap().count(), 0);
        // The server says that it stops, and then does.
        until(
            || !processes_mention(top.path()),
            || "a server is left".to_owned(),
        );
    }
}

/// Within one session the second build of the same finds what the first left.
#[test]
fn ephemeral_within_one_session() {
    let (shim, library) = (shim(), library("hello"));
    let mut run = shim.run_with("ephemeral");
    run.current_dir(library.path());
    let twice =
        "cargo build --release --offline && rm -r target && cargo build --release --offline";
    let built = nix_sccache_tests::reported(run, ["sh", "-c", twice]);
    built.assert_counts((2, 2));
}

fn processes_mention(path: &Path) -> bool {
    let path = path.to_str().unwrap();
    fs::read_dir("/proc").unwrap().flatten().any(|process| {
        ["cmdline", "environ"].iter().any(|file| {
            fs::read(process.path().join(file))
                .is_ok_and(|text| String::from_utf8_lossy(&text).contains(path))
                && process.file_name().to_str() != Some(&std::process::id().to_string())
        })
    })
}
