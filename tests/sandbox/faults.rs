//! The cache fails in the sandbox, and the build does not.

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::thread;
use std::time::Duration;

use nix_sccache_tests::damage::{Spot, Stored, flip, those};
use nix_sccache_tests::{Built, Daemon, Derivation, Host, Library, hosts};
use serde_json::json;

use crate::{project, through};

/// The output is that of a build without a cache, and trouble was told once.
#[track_caller]
fn check(built: &Built, host: &Host, library: &Library) {
    let plain = Derivation::new(json!(null)).build(host, library);
    assert_eq!(built.contents(), plain.contents());
    assert_eq!(built.troubles(), 1, "{built:#?}");
}

#[test]
fn the_daemon_stopped_before_the_build() {
    for host in hosts() {
        let (mut daemon, library) = (Daemon::start(), project());
        daemon.stop();
        let built = through(&daemon).build(&host, &library);
        check(&built, &host, &library);
        assert_eq!(built.hits_and_misses(), (0, 0), "{built:#?}");
    }
}

/// Damaged entries are compiled again, and whole for the next build.
#[test]
fn entries_are_damaged() {
    for host in hosts() {
        let (daemon, library) = (Daemon::start(), project());
        let plain = Derivation::new(json!(null)).build(&host, &library);
        through(&daemon).build(&host, &library);
        for entry in those(daemon.entries(), Stored::Entry) {
            flip(&entry, Spot::Header);
        }
        let built = through(&daemon).build(&host, &library);
        assert_eq!(built.contents(), plain.contents());
        for told in ["entry-damaged", "base, greeting)"] {
            assert!(built.log.contains(told), "{built:#?}");
        }
        assert_eq!(built.troubles(), 0, "{built:#?}");
        let built = through(&daemon).build(&host, &library);
        assert_eq!(built.contents(), plain.contents());
        assert_eq!(built.hits_and_misses(), (2, 0), "{built:#?}");
        assert!(!built.log.contains("damaged"), "{built:#?}");
    }
}

/// A daemon that cannot keep what it is given says so in each build's report.
#[test]
fn the_daemons_disk_is_full() {
    let full = "mount -t tmpfs -o size=4k none \"$FOLDER/cache\"; exec \"$@\"";
    for host in hosts() {
        let by_mounts = ["unshare", "--mount", "sh", "-ec", full, "sh"];
        let (daemon, library) = (Daemon::start_by(&by_mounts, &[]), project());
        let plain = Derivation::new(json!(null)).build(&host, &library);
        let built = through(&daemon).build(&host, &library);
        assert_eq!(built.contents(), plain.contents());
        assert!(built.log.contains("entry-not-stored"), "{built:#?}");
        assert!(built.log.contains("No space left"), "{built:#?}");
    }
}

#[test]
fn the_socket_is_not_mounted() {
    for host in hosts() {
        let library = project();
        let built = Derivation::new(json!({ "transport": "server" })).build(&host, &library);
        check(&built, &host, &library);
    }
}

/// A directory that is not mounted would be made in the sandbox, and be gone with it.
#[test]
fn the_directory_is_not_mounted() {
    for host in hosts() {
        let library = project();
        let settings = json!({ "transport": { "directory": { "path": "/var/cache/sccache" } } });
        let built = Derivation::new(settings).build(&host, &library);
        check(&built, &host, &library);
        assert!(built.log.contains("extra-sandbox-paths"), "{built:#?}");
    }
}

/// The daemon goes after the first crate, whose build says when that is.
#[test]
fn the_daemon_stopped_in_the_middle() {
    let build = "
        cargo build --release --offline -p base
        touch /run/middle/reached
        while [ -e /run/middle/reached ]; do sleep 0.05; done
        cargoBuildHook
    ";
    for host in hosts() {
        let (mut daemon, library) = (Daemon::start(), project());
        let middle = tempfile::tempdir().unwrap();
        fs::set_permissions(middle.path(), Permissions::from_mode(0o777)).unwrap();
        let reached = middle.path().join("reached");
        let derivation = through(&daemon)
            .mount(middle.path(), "/run/middle")
            .with(json!({ "buildPhase": build }));
        let built = thread::scope(|scope| {
            let building = scope.spawn(|| derivation.build(&host, &library));
            while !reached.exists() && !building.is_finished() {
                thread::sleep(Duration::from_millis(20));
            }
            daemon.stop();
            fs::remove_file(&reached).ok();
            building.join().unwrap()
        });
        assert_eq!(built.hits_and_misses(), (0, 1), "{built:#?}");
        check(&built, &host, &library);
    }
}

#[test]
fn a_socket_that_answers_nonsense() {
    for host in hosts() {
        let (mut daemon, library) = (Daemon::start(), project());
        daemon.stop();
        fs::remove_file(daemon.socket()).unwrap();
        let listener = UnixListener::bind(daemon.socket()).unwrap();
        fs::set_permissions(daemon.socket(), Permissions::from_mode(0o666)).unwrap();
        thread::spawn(move || {
            for mut connection in listener.incoming().flatten() {
                connection
                    .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                    .ok();
            }
        });
        let built = through(&daemon).build(&host, &library);
        check(&built, &host, &library);
        assert_eq!(built.hits_and_misses(), (0, 0), "{built:#?}");
    }
}
