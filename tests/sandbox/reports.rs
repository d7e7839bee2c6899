//! What a build leaves for people, outside of the sandbox.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use nix_sccache_tests::{Daemon, Derivation, built, hosts, stdout_of};
use serde_json::json;

use crate::{project, through};

/// Page and log get out of the sandbox by a directory that is mounted, and the output is as it is
/// without.
#[test]
fn a_page_in_a_directory() {
    for host in hosts() {
        let (daemon, library) = (Daemon::start(), project());
        let directory = tempfile::tempdir().unwrap();
        // Whichever build user it is.
        fs::set_permissions(directory.path(), Permissions::from_mode(0o1777)).unwrap();
        let settings = json!({ "transport": "server", "reports": "/reports" });
        let reporting = Derivation::new(settings)
            .mount(&daemon.folder(), "/run/nix-sccache")
            .mount(directory.path(), "/reports");
        for (builds, expected) in [(1, (0, 2)), (2, (2, 0))] {
            let built = reporting.build(&host, &library);
            assert_eq!(built.hits_and_misses(), expected, "{built:#?}");
            let output = built.path().file_name().unwrap().to_str().unwrap();
            let left = fs::read_dir(directory.path()).unwrap().count();
            assert_eq!(left, 3 * builds - 1);
            let mut pages = Command::new(self::built("nix-sccache"));
            let pages = stdout_of(pages.args(["report", "--pages"]).arg(directory.path()));
            let [page] = pages.lines().collect::<Vec<_>>()[..] else {
                panic!("{pages}");
            };
            assert!(page.contains(output), "{page}");
            let page = fs::read_to_string(page).unwrap();
            let hits = format!("data-count=\"hits\">{}<", expected.0);
            assert!(page.contains(&hits), "{page}");

            let silent = through(&daemon).build(&host, &library);
            assert_eq!(built.contents(), silent.contents());
        }
        // And what the keys were made of, for whoever asks about a miss.
        library.write(
            "base/src/lib.rs",
            "//! Base.\n/// Adds.\npub fn add(a: u32, b: u32) -> u32 { b + a }\n",
        );
        let changed = reporting.build(&host, &library);
        assert_eq!(changed.hits_and_misses(), (0, 2));
        let mut explain = Command::new(built("nix-sccache"));
        explain.args(["explain", "greeting", "--reports"]);
        let text = stdout_of(explain.arg(directory.path()));
        for expected in [
            "greeting (0.1.0, lib",
            "  dependency `base` (libbase-",
            "  base 0.1.0: source src/lib.rs changed",
        ] {
            assert!(text.contains(expected), "{text}");
        }
        let others = ["argument", "variable", "directory", "compiler"];
        let named = text.lines().filter(|line| line.starts_with("  "));
        for line in named {
            let named = others
                .iter()
                .any(|kind| line.trim_start().starts_with(kind));
            assert!(!named, "{text}");
        }
    }
}
