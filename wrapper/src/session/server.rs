//! Starts and stops the server inside a build, for transports that need one.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use nix_sccache_cache::storage::{Address, Limits, Storage, StorageError};
use nix_sccache_contract::fault::{Fault, FaultRecord};
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

/// What it met, by its own statistics, which are those of this session alone.
pub(super) fn faults(socket: &Path) -> Vec<FaultRecord> {
    let counts = connect(socket).and_then(|mut server| {
        server.statistics(|info| {
            (
                info.cache_errors,
                info.cache_timeouts,
                info.cache_write_errors,
            )
        })
    });
    let Ok((not_read, silent, not_written)) = counts else {
        return Vec::new();
    };
    let counted = [
        (
            Fault::EntryNotRead("sccache could not read what its storage gave it".to_owned()),
            not_read,
        ),
        (
            Fault::EntryNotRead("sccache's storage did not answer within 60 s".to_owned()),
            silent,
        ),
        (
            Fault::EntryNotStored("sccache's storage did not take what it was given".to_owned()),
            not_written,
        ),
    ];
    counted
        .into_iter()
        .filter(|(_, calls)| *calls > 0)
        .map(|(fault, calls)| FaultRecord::of_calls(fault, calls))
        .collect()
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
