//! What sccache's daemons of each release do with requests, as the contract's `wire` module says, and what
//! the cache's storage client makes of them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod client;
mod daemon;

use std::path::PathBuf;
use std::time::Duration;

use nix_sccache_cache::storage::{Address, Limits, Storage};
use nix_sccache_contract::wire::Key;
use nix_sccache_tests::{Daemon, variable};

/// A release, and its program.
struct Release {
    version: String,
    sccache: PathBuf,
}

impl Release {
    /// A daemon of it, with these further variables.
    fn start(&self, variables: &[(&str, &str)]) -> Daemon {
        Daemon::start_of(&self.sccache, variables)
    }
}

/// Each release that the wire module is for.
fn releases() -> Vec<Release> {
    let variable = variable("NIX_SCCACHE_TEST_SCCACHE_RELEASES");
    let releases: Vec<_> = variable
        .split(':')
        .map(|release| {
            let (version, sccache) = release.split_once('=').unwrap();
            Release {
                version: version.to_owned(),
                sccache: sccache.into(),
            }
        })
        .collect();
    let minor = |release: &Release| release.version.rsplit_once('.').unwrap().0.to_owned();
    let minors: Vec<_> = releases.iter().map(minor).collect();
    assert_eq!(minors, ["0.17", "0.18", "0.19"]);
    releases
}

/// A variable by which a daemon's frames are as long as where none is set.
const DEFAULT_FRAMES: (&str, &str) = ("SCCACHE_MAX_FRAME_LENGTH", "the default");

/// How long nothing may come before it is taken for silence.
const SILENCE: Duration = Duration::from_secs(2);

fn key(digit: char) -> Key {
    Key::new(digit.to_string().repeat(Key::LENGTH).as_bytes()).unwrap()
}

/// A connection to a daemon that is not to be silent.
fn connect(daemon: &Daemon) -> Storage {
    connect_to(
        &Address::Socket(daemon.socket()),
        Duration::from_secs(20),
        1 << 30,
    )
}

fn connect_to(address: &Address, answer: Duration, frame: u32) -> Storage {
    let limits = Limits {
        connect: Duration::from_secs(20),
        answer,
        frame,
    };
    Storage::connect(address, limits).unwrap()
}
