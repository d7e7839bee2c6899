//! Starts and stops the server inside a build, for transports that need one.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use nix_sccache_cache::storage::{Address, Limits, Storage, StorageError};
use nix_sccache_contract::wire;

use crate::real_sccache;

/// In seconds.
const A_DAY: &str = "86400";

/// Starts it: sccache goes to the background by itself when it listens.
pub(super) fn start(variables: &[(&'static str, PathBuf)]) -> io::Result<()> {
    let mut command = command()?;
    command
        .arg("--start-server")
        .envs(variables.iter().cloned());
    // The session says when it ends; of a session that was killed nothing is left for ever.
    if std::env::var_os("SCCACHE_IDLE_TIMEOUT").is_none() {
        command.env("SCCACHE_IDLE_TIMEOUT", A_DAY);
    }
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(io::Error::other(said.trim().replace('\n', "; ")))
}

/// Stops it.
pub(super) fn stop(socket: &Path) {
    connect(socket).and_then(Storage::shut_down).ok();
}

fn connect(socket: &Path) -> Result<Storage, StorageError> {
    const LIMITS: Limits = Limits {
        connect: Duration::from_secs(10),
        answer: Duration::from_secs(10),
        frame: wire::DEFAULT_MAX_FRAME,
    };
    Storage::connect(&Address::Socket(socket.to_owned()), LIMITS)
}

fn command() -> io::Result<Command> {
    real_sccache::find()
        .map(|sccache| real_sccache::command_of(&sccache))
        .ok_or_else(|| io::Error::other("there is no sccache on PATH"))
}
