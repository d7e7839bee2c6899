//! Finds the shim, and calls it for what belongs to a session.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use nix_sccache_contract as contract;

/// Where the package of this tool has the shim, and the gateway.
const PACKAGED_SHIM: Option<&str> = option_env!("NIX_SCCACHE_SHIM");
const PACKAGED_GATEWAY: Option<&str> = option_env!("NIX_SCCACHE_GATEWAY");

/// The shim: the one that [`contract::SHIM`] names, that of this tool's package, the one beside this
/// program, or the first on `PATH`. Fails with what to do.
pub fn shim() -> Result<PathBuf, String> {
    let named = env::var_os(contract::SHIM).filter(|path| !path.is_empty());
    match named {
        Some(path) => Ok(path.into()),
        None => find("nix-sccache-shim", PACKAGED_SHIM),
    }
}

/// The gateway, likewise but for the variable.
pub fn gateway() -> Result<PathBuf, String> {
    find("nix-sccache-gateway", PACKAGED_GATEWAY)
}

/// A command of the shim's for sessions.
pub fn session(verb: &str) -> Result<Command, String> {
    let mut command = Command::new(shim()?);
    command.args(["session", verb]);
    Ok(command)
}

fn find(name: &str, packaged: Option<&str>) -> Result<PathBuf, String> {
    let beside = env::current_exe()
        .and_then(|own| own.canonicalize())
        .map(|own| own.with_file_name(name));
    packaged
        .map(PathBuf::from)
        .into_iter()
        .chain(beside)
        .find(|path| path.is_file())
        .or_else(|| which::which(name).ok())
        .ok_or_else(|| {
            format!("there is no {name} beside this program or on PATH: install the package `{}` as well", name.trim_start_matches("nix-sccache-"))
        })
}
