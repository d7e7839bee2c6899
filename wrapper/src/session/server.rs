//! Starts and stops the server inside a build, for transports that need one.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix_sccache_contract as contract;
use serde::Deserialize;

use crate::real_sccache;
use nix_sccache_contract::fault::{Fault, Kind};

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
    // It would take headers that are new for headers that are not there.
    if std::env::var_os(contract::DIRECT).is_none() {
        command.env(contract::DIRECT, "false");
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

/// What it met, by its own statistics, which are those of this session alone.
pub(super) fn faults(socket: &Path) -> Vec<Fault> {
    let ask = || -> io::Result<Statistics> {
        let output = command()?
            .args(["--show-stats", "--stats-format", "json"])
            .env(contract::SERVER_UDS, socket)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()?;
        Ok(serde_json::from_slice(&output.stdout)?)
    };
    let Ok(Statistics { stats }) = ask() else {
        return Vec::new();
    };
    let counted = [
        (
            Kind::EntryNotRead,
            stats.not_read.counts.values().sum(),
            "sccache could not read what its storage gave it",
        ),
        (
            Kind::EntryNotRead,
            stats.silent,
            "sccache's storage did not answer within 60 s",
        ),
        (
            Kind::EntryNotStored,
            stats.not_written,
            "sccache's storage did not take what it was given",
        ),
    ];
    counted
        .into_iter()
        .filter(|(_, calls, _)| *calls > 0)
        .map(|(kind, calls, why)| Fault::of_calls(kind, calls, why))
        .collect()
}

/// Of sccache's statistics, as 0.16 to 0.19 print them, what tells of faults.
#[derive(Deserialize)]
struct Statistics {
    stats: Counts,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Counts {
    #[serde(rename = "cache_errors")]
    not_read: ByLanguage,
    #[serde(rename = "cache_timeouts")]
    silent: u64,
    #[serde(rename = "cache_write_errors")]
    not_written: u64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ByLanguage {
    counts: BTreeMap<String, u64>,
}

fn command() -> io::Result<Command> {
    real_sccache::find()
        .map(|sccache| real_sccache::command_of(&sccache))
        .ok_or_else(|| io::Error::other("there is no sccache on PATH"))
}
