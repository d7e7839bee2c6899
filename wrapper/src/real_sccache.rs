//! Finds the real sccache.

use std::env;
use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix_sccache_contract as contract;

use crate::process;

/// The program.
pub fn find() -> Option<PathBuf> {
    let named = env::var_os(contract::SCCACHE);
    process::find(named.as_deref().unwrap_or(OsStr::new("sccache")))
}

/// A command of it, whatever its file is called: under another name than its own it takes itself for
/// a compiler.
pub fn command_of(sccache: &Path) -> Command {
    let mut command = Command::new(sccache);
    command.arg0("sccache");
    command
}

/// Whether sccache compiles by itself, and asks the server for entries alone.
pub fn is_client_side() -> bool {
    let wanted = env::var(contract::CLIENT_SIDE).unwrap_or_default();
    !["", "0", "false", "off", "no"].contains(&wanted.to_lowercase().as_str())
}
