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
