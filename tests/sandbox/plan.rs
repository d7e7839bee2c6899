//! What one derivation asked for is in the sandbox of another before that asks.

use nix_sccache_tests::{Built, Daemon, Derivation, Library, hosts};
use serde_json::json;

use crate::every_build::{COUNT, mounted};
use crate::{project, through};

/// Waits until as much has come as two crates are, for ten seconds at most.
const WAIT: &str = r#"
    has_come() {
        [ "$(find "${NIX_SCCACHE_SESSION-/tmp/nix-sccache}/local" -size +0 | grep -c '/[0-9a-f]\{64\}$')" -ge 4 ]
    }
    for ((tries = 0; tries < 200; tries++)); do
        if has_come; then echo "it has come"; break; fi
        sleep 0.05
    done
"#;

/// By the same lock file in another package, and by the same package with another lock file.
#[test]
fn another_derivation_has_it() {
    for host in hosts() {
        let (daemon, library) = (Daemon::start(), project().locked());
        let build = |name: &str, library: &Library| -> Built {
            through(&daemon)
                .with(json!({ "name": name, "preBuild": WAIT }))
                .build(&host, library)
        };
        let cold = build("library", &library);
        cold.assert_counts((0, 2));
        assert!(!cold.log.contains("it has come"), "{cold:#?}");
        let other = build("other", &library);
        other.assert_counts((2, 0));
        assert!(other.log.contains("it has come"), "{other:#?}");
        let plain = Derivation::new(json!(null)).with(json!({ "name": "other" }));
        assert_eq!(other.contents(), plain.build(&host, &library).contents());

        let manifest = std::fs::read_to_string(library.path().join("program/Cargo.toml")).unwrap();
        library.write("program/Cargo.toml", &manifest.replace("0.1.0", "0.1.1"));
        let library = library.locked();
        let bumped = build("library", &library);
        bumped.assert_counts((2, 0));
        assert!(bumped.log.contains("it has come"), "{bumped:#?}");
    }
}

/// The same where the machine mounts the shim: the first call begins to fetch, and the program's keeps what was asked for.
#[test]
fn a_derivation_that_knows_nothing_of_it_has_it() {
    for host in hosts() {
        let (daemon, library) = (Daemon::start(), project().locked());
        let directory = mounted(&host, &json!([]));
        let ask = format!("(cd /; /.cargo/sccache $(type -P rustc) -vV); {WAIT}");
        for (hits, has_come) in [(0, false), (2, true)] {
            let built = Derivation::new(json!(null))
                .with(json!({ "preBuild": ask, "postBuild": COUNT }))
                .mount(&daemon.folder(), "/run/nix-sccache")
                .mount(&directory, "/.cargo")
                .build(&host, &library);
            assert_eq!(built.hits_and_misses(), (hits, 2 - hits), "{built:#?}");
            assert_eq!(built.log.contains("it has come"), has_come, "{built:#?}");
        }
    }
}
