//! The host's side: what `nix-sccache doctor --setup` prints and what the NixOS module sets are
//! the same, and systemd runs it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod machine;
mod secrets;
mod setup;
mod units;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix_sccache_tests::{Host, built, hosts, root, stdout_of};
use serde_json::Value;
use tempfile::TempDir;

/// What NixOS makes of these settings, in a folder of the store's.
fn nixos(host: &Host, settings: &Value) -> PathBuf {
    let mut build = host.plain("nix-build");
    build.arg(root().join("tests/services/nixos.nix")).args([
        "--no-out-link",
        "--argstr",
        "settings",
        &settings.to_string(),
    ]);
    stdout_of(&mut build).trim().into()
}

/// The first Nix: what is told of systemd hangs on none.
fn host() -> Host {
    hosts().next().unwrap()
}

/// A program of a unit, by the line that starts it.
fn program(unit: &Path) -> PathBuf {
    let text = fs::read_to_string(unit).unwrap();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("ExecStart="));
    line.unwrap().split(' ').next().unwrap().into()
}

/// `nix-sccache doctor --setup`, for the programs of a system of [`nixos`]: those of the tests
/// are in folders of which no service sees anything.
fn setup(system: &Path) -> Command {
    let mut command = Command::new(built("nix-sccache"));
    command
        .args(["doctor", "--setup", "--program"])
        .arg(program(&system.join("nix-sccache.service")))
        .arg("--sccache")
        .arg(program(&system.join("nix-sccache-daemon.service")));
    command
}

/// What it writes, laid out as [`nixos`] does.
fn written(command: &mut Command) -> TempDir {
    let folder = TempDir::with_prefix("nix-sccache-setup-").unwrap();
    stdout_of(command.arg("--below").arg(folder.path()));
    let at = |path: &str| folder.path().join(path);
    let units = at("etc/systemd/system");
    for (from, to) in [
        ("etc/sysusers.d/nix-sccache.conf", "sysusers.conf"),
        ("etc/tmpfiles.d/nix-sccache.conf", "tmpfiles.conf"),
    ] {
        fs::rename(at(from), units.join(to)).unwrap();
    }
    folder
}

/// Where the units are of [`written`].
fn units(folder: &TempDir) -> PathBuf {
    folder.path().join("etc/systemd/system")
}
