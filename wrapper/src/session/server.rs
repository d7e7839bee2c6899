//! The server inside a build, for transports that need one.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix_sccache_core::contract;

use crate::client;

/// Starts it: sccache goes to the background by itself when it listens.
pub(super) fn start(variables: &[(&'static str, PathBuf)]) -> io::Result<()> {
    let mut command = command()?;
    command
        .arg("--start-server")
        .envs(variables.iter().cloned());
    // The session says when it ends.
    if std::env::var_os("SCCACHE_IDLE_TIMEOUT").is_none() {
        command.env("SCCACHE_IDLE_TIMEOUT", "0");
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
    let stop = || -> io::Result<()> {
        command()?
            .arg("--stop-server")
            .env(contract::SERVER_UDS, socket)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .map(drop)
    };
    stop().ok();
}

fn command() -> io::Result<Command> {
    client::sccache()
        .map(Command::new)
        .ok_or_else(|| io::Error::other("there is no sccache on PATH"))
}
