//! What the tests stand on: real Nixes, the real plugin, the real shim, a real sccache.
//!
//! `scripts/test` sets the environment that is read here; a part that is missing is a
//! failure that says which, never a test passed over.
#![expect(clippy::panic, reason = "a test harness fails by panicking")]
#![allow(clippy::missing_panics_doc, clippy::must_use_candidate)]

pub mod attack;
mod crates;
mod daemon;
pub mod damage;
mod derivation;
mod dist_server;
mod gateway;
mod host;
mod network;
pub mod protocol;
mod redis;
mod rustup;
pub mod s3;
mod shim;

use std::env;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub use crates::{Library, library};
pub use daemon::{Daemon, entries};
pub use derivation::{Built, Derivation};
pub use dist_server::DistServer;
pub use gateway::Gateway;
pub use host::{Host, Hosts, hosts};
pub use network::{Machine, Network};
pub use redis::Redis;
pub use rustup::{Installed, Rustup};
pub use s3::S3;
pub use shim::{Reported, Shim, reported};

/// The project's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map_or_else(PathBuf::new, Path::to_owned)
}

/// Something that `scripts/build` leaves in `target/release`.
pub fn built(name: &str) -> PathBuf {
    let path = root().join("target/release").join(name);
    assert!(
        path.exists(),
        "{} is missing: run scripts/build",
        path.display()
    );
    path
}

/// The real sccache.
pub fn sccache() -> PathBuf {
    variable("NIX_SCCACHE_TEST_SCCACHE").into()
}

/// A variable of `scripts/setup`'s.
pub fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run scripts/test, or eval \"$(scripts/setup)\"")
    })
}

/// What a program that ended well printed on standard output.
pub fn stdout_of(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Writes a script. Another process does: while this one has a file open for writing, or a
/// child of another test's that has not begun yet, nobody can run it.
pub fn script(path: &Path, text: &str) {
    let mut command = Command::new("install");
    command
        .args(["-m", "755", "/dev/stdin"])
        .arg(path)
        .stdin(Stdio::piped());
    let mut install = command
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let written = install
        .stdin
        .take()
        .map(|mut stdin| stdin.write_all(text.as_bytes()));
    let done = install.wait();
    assert!(
        matches!((written, done), (Some(Ok(())), Ok(status)) if status.success()),
        "{}",
        path.display()
    );
}

/// The logs of calls that builds left in a folder of reports: neither the pages nor the keys.
pub fn logs_in(reports: &Path) -> Vec<PathBuf> {
    let is_log = |path: &PathBuf| {
        let name = path.to_str().unwrap_or_default();
        name.strip_suffix(".jsonl").is_some_and(|stem| {
            Path::new(stem)
                .extension()
                .is_none_or(|more| more != "keys")
        })
    };
    std::fs::read_dir(reports)
        .unwrap_or_else(|error| panic!("{}: {error}", reports.display()))
        .map(|entry| entry.unwrap_or_else(|error| panic!("{error}")).path())
        .filter(is_log)
        .collect()
}
