//! The host's side: the plain unit files and what the NixOS module sets are the same, and systemd runs
//! them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod install;
mod machine;
mod secrets;
mod units;

use std::path::{Path, PathBuf};
use std::process::Command;

use nix_sccache_tests::{Host, hosts, root, stdout_of};
use serde_json::Value;

/// What NixOS makes of these settings, laid out as [`plain`] is.
fn nixos(host: &Host, settings: &Value) -> PathBuf {
    build(host, "nixos.nix", settings)
}

/// The package of plain unit files with these settings.
fn plain(host: &Host, settings: &Value) -> PathBuf {
    build(host, "units.nix", settings)
}

fn build(host: &Host, file: &str, settings: &Value) -> PathBuf {
    stdout_of(&mut command(host, file, settings)).trim().into()
}

/// The `nix-build` of a file in this directory.
fn command(host: &Host, file: &str, settings: &Value) -> Command {
    let mut build = host.plain("nix-build");
    build
        .arg(root().join("tests/services").join(file))
        .args(["--no-out-link", "--argstr", "settings"])
        .arg(settings.to_string());
    build
}

/// The first Nix: what is told of systemd hangs on none.
fn host() -> Host {
    hosts().next().unwrap()
}

/// Where a rendering has its units.
fn units_in(rendered: &Path) -> PathBuf {
    rendered.join("lib/systemd/system")
}
