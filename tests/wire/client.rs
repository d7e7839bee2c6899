//! The storage client, with a daemon of each release.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix_sccache_cache::storage::{Address, Limits, Storage, StorageError};
use nix_sccache_contract::wire::{DEFAULT_MAX_FRAME, Request};
use nix_sccache_tests::protocol::{Client, Heard, request, string};
use nix_sccache_tests::{Gateway, rustc, script};

use crate::{DEFAULT_FRAMES, SILENCE, connect, connect_to, key, releases};

#[test]
fn entries_are_stored_and_fetched() {
    for release in releases() {
        let daemon = release.start(&[]);
        let gateway = Gateway::start(&daemon, &[]);
        let alone = Gateway::start(&daemon, &["--user-connections", "1"]);
        for socket in [daemon.socket(), gateway.socket(), alone.socket()] {
            let address = Address::Socket(socket);
            let mut storage = connect_to(&address, Duration::from_secs(20), 128 << 20);
            let told =
                storage.handshake(|storage| (storage.location.to_owned(), storage.is_read_only));
            assert_eq!(told.unwrap(), ("Multi-level (1 levels)".to_owned(), false));
            for (digit, length) in [('a', 0), ('b', 1), ('c', 100_000), ('d', 4 << 20)] {
                let (key, entry) = (key(digit), vec![7; length]);
                storage.put(key, &entry).unwrap();
                assert!(storage.get(key).unwrap() == Some(entry), "{length}");
            }
            // Many at once, in the order in which they are asked for.
            let wanted = [('d', 4 << 20), ('a', 0), ('c', 100_000), ('d', 4 << 20)];
            let wanted = wanted.map(|(digit, length)| (key(digit), length));
            let all = wanted.map(|(_, length)| vec![7; length]).to_vec();
            assert!(storage.get_all(&wanted).unwrap() == Some(all));
            for other in [(key('c'), 99_999), (key('e'), 0)] {
                assert!(storage.get_all(&[wanted[0], other]).unwrap().is_none());
            }
            // Whatever stands under a key, the last one holds.
            storage.put(key('a'), b"another").unwrap();
            assert_eq!(storage.get(key('a')).unwrap(), Some(b"another".to_vec()));
            assert_eq!(storage.get(key('e')).unwrap(), None);
        }
    }
}

#[test]
fn a_daemon_at_a_port() {
    for release in releases() {
        // Nobody takes it in between, and if somebody does this fails, and says so.
        let port = {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            listener.local_addr().unwrap().port()
        };
        let directory = tempfile::tempdir().unwrap();
        let _daemon = Ending(
            Command::new(&release.sccache)
                .env_clear()
                .env("HOME", directory.path())
                .env("SCCACHE_START_SERVER", "1")
                .env("SCCACHE_NO_DAEMON", "1")
                .env("SCCACHE_SERVER_PORT", port.to_string())
                .env("SCCACHE_DIR", directory.path().join("cache"))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap(),
        );
        let limits = Limits {
            connect: Duration::from_secs(1),
            answer: Duration::from_secs(20),
            frame: DEFAULT_MAX_FRAME,
        };
        // It listens before it serves, and may hang up on whoever comes first.
        let deadline = Instant::now() + Duration::from_secs(20);
        let mut storage = loop {
            let shaken = Storage::connect(&Address::Port(port), limits)
                .and_then(|mut storage| storage.handshake(|_| ()).map(|()| storage));
            match shaken {
                Ok(storage) => break storage,
                Err(error) => assert!(Instant::now() < deadline, "{}: {error}", release.version),
            }
            thread::sleep(Duration::from_millis(20));
        };
        storage.put(key('a'), b"entry").unwrap();
        assert_eq!(storage.get(key('a')).unwrap(), Some(b"entry".to_vec()));
    }
}

/// A process that ends with the value.
struct Ending(Child);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[test]
fn entries_that_are_too_long() {
    for release in releases() {
        let daemon = release.start(&[DEFAULT_FRAMES]);
        let entry = vec![7; DEFAULT_MAX_FRAME as usize - Request::HEAD + 1];
        // A client that knows does not try, and goes on.
        let address = Address::Socket(daemon.socket());
        let mut knows = connect_to(&address, Duration::from_secs(20), DEFAULT_MAX_FRAME);
        let told = knows.put(key('a'), &entry);
        assert!(
            matches!(told, Err(StorageError::TooLong(length)) if length == u64::from(DEFAULT_MAX_FRAME) + 1),
            "{}: {told:?}",
            release.version
        );
        knows.put(key('a'), &entry[1..]).unwrap();
        assert_eq!(knows.get(key('a')).unwrap().unwrap().len(), entry.len() - 1);
        // One that does not is hung up on, in the middle of it.
        let told = connect(&daemon).put(key('b'), &entry);
        assert!(
            matches!(told, Err(StorageError::Closed)),
            "{}: {told:?}",
            release.version
        );
        // What was stored by a daemon with longer frames is not answered by one with shorter ones.
        connect(&daemon).put(key('c'), &vec![7; 100_000]).unwrap();
        let cache = daemon.cache();
        let shorter = [
            ("SCCACHE_DIR", cache.to_str().unwrap()),
            ("SCCACHE_MAX_FRAME_LENGTH", "65536"),
        ];
        let shorter = release.start(&shorter);
        let address = Address::Socket(shorter.socket());
        let told = connect_to(&address, SILENCE, 1 << 30).get(key('c'));
        assert!(
            matches!(told, Err(StorageError::Silent(_))),
            "{}: {told:?}",
            release.version
        );
        // Its other connections go on.
        assert_eq!(connect(&shorter).get(key('b')).unwrap(), None);
        // Nor is it taken by a client with shorter ones.
        let address = Address::Socket(daemon.socket());
        let told = connect_to(&address, Duration::from_secs(20), 65536).get(key('c'));
        assert!(
            matches!(told, Err(StorageError::TooLong(_))),
            "{}: {told:?}",
            release.version
        );
    }
}

/// No client of this project's sends one; the daemon's task panics over it.
#[test]
fn a_key_of_a_byte_is_never_answered() {
    for release in releases() {
        let daemon = release.start(&[]);
        for key in ["", "a"] {
            let body = request(7, &[&string(key.as_bytes())]);
            let heard = Client::with_timeout(&daemon.socket(), SILENCE).ask(&body);
            assert_eq!(heard, Heard::Nothing, "{}: {key:?}", release.version);
        }
        assert_eq!(connect(&daemon).get(key('a')).unwrap(), None);
    }
}

#[test]
fn a_storage_that_only_reads() {
    for release in releases() {
        let daemon = release.start(&[]);
        connect(&daemon).put(key('a'), b"entry").unwrap();
        let cache = daemon.cache();
        let reads = release.start(&[
            ("SCCACHE_DIR", cache.to_str().unwrap()),
            ("SCCACHE_LOCAL_RW_MODE", "READ_ONLY"),
        ]);
        let mut storage = connect(&reads);
        assert!(storage.handshake(|storage| storage.is_read_only).unwrap());
        assert_eq!(storage.get(key('a')).unwrap(), Some(b"entry".to_vec()));
        let told = storage.put(key('b'), b"entry");
        assert!(
            matches!(&told, Err(StorageError::NotStored(why)) if why.contains("put_raw not implemented")),
            "{}: {told:?}",
            release.version
        );
        // The connection goes on, and so it does where a gateway lets nobody write.
        assert_eq!(storage.get(key('b')).unwrap(), None);
        let gateway = Gateway::start(&daemon, &["--read-only"]);
        let mut storage = connect_to(&Address::Socket(gateway.socket()), SILENCE, 1 << 20);
        let told = storage.put(key('b'), b"entry");
        assert!(
            matches!(&told, Err(StorageError::NotStored(why)) if why.contains("nobody write")),
            "{told:?}"
        );
        assert_eq!(storage.get(key('a')).unwrap(), Some(b"entry".to_vec()));
    }
}

#[test]
fn a_daemon_ends_when_it_is_told_to() {
    for release in releases() {
        let mut daemon = release.start(&[]);
        let gateway = Gateway::start(&daemon, &[]);
        let through = connect_to(&Address::Socket(gateway.socket()), SILENCE, 1 << 20).shut_down();
        assert!(matches!(through, Err(StorageError::Refused)), "{through:?}");
        assert!(daemon.runs());
        let version = connect(&daemon).statistics(|info| info.version.to_owned());
        assert_eq!(version.unwrap(), release.version);
        connect(&daemon).shut_down().unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        while daemon.runs() {
            assert!(Instant::now() < deadline, "{} runs on", release.version);
        }
    }
}

/// Sccache's own client of each release says nothing to the gateway that it would refuse.
#[test]
fn a_client_of_each_release_is_understood() {
    for release in releases() {
        let daemon = release.start(&[]);
        let gateway = Gateway::start(&daemon, &[]);
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        script(&at("a.rs"), "pub fn one() -> u32 { 1 }\n");
        let noting = format!(
            "#!/bin/sh\necho \"$@\" >>{}\nexec {} \"$@\"\n",
            at("calls").display(),
            rustc().display()
        );
        script(&at("rustc"), &noting);
        for _ in 0..2 {
            let output = Command::new(&release.sccache)
                .arg(at("rustc"))
                .args(["--crate-name", "a", "--crate-type", "lib"])
                .args(["--emit", "dep-info,link", "--out-dir"])
                .arg(directory.path())
                .arg("a.rs")
                .current_dir(directory.path())
                .env("SCCACHE_SERVER_UDS", gateway.socket())
                .env("SCCACHE_CLIENT_SIDE", "true")
                .env("SCCACHE_DIRECT", "false")
                .output()
                .unwrap();
            assert!(output.status.success(), "{}: {output:?}", release.version);
        }
        // The second time it asks for names of files and sources alone.
        let calls = fs::read_to_string(at("calls")).unwrap();
        let compiles = |call: &&str| call.contains("link") && !call.contains("--print");
        let compiled = calls.lines().filter(compiles);
        assert_eq!(compiled.count(), 1, "{}: {calls}", release.version);
        assert_eq!(daemon.entries().len(), 1, "{}", release.version);
        let log = gateway.log();
        assert!(!log.contains("refused"), "{}: {log}", release.version);
    }
}
