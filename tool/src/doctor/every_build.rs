//! Looks at what a machine mounts into every build: `/.cargo`, with the shim and its settings.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use nix_sccache_contract as contract;
use serde::Serialize;

use super::finding::Finding;
use super::nix::Nix;
use super::settings::{self, MOUNTED, Settings};

/// What of it matters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EveryBuild {
    /// The directory, as it is called here.
    pub directory: PathBuf,
    /// The packages that are left alone.
    pub exclude: Vec<String>,
    /// Of how many hits one is compiled again.
    pub verify: Option<String>,
}

/// Looks where there is one: in a sandbox at its place, on a host at what Nix mounts there.
pub fn look(
    settings: &Settings,
    nix: Option<&Nix>,
    findings: &mut Vec<Finding>,
) -> Option<EveryBuild> {
    let directory = if settings.place.is_build() {
        Some(PathBuf::from(MOUNTED)).filter(|directory| directory.join("settings").exists())
    } else {
        nix.and_then(|nix| nix.source_of(Path::new(MOUNTED)))
    }?;
    let place = directory.display().to_string();
    let wrong = wrong(&directory);
    if !wrong.is_empty() {
        let found = wrong.join("; ");
        findings.push(Finding::new("every-build-broken", place, found));
    }
    if settings.place.is_build()
        && let Some(wrapper) = settings.own_wrapper.as_deref()
    {
        let found = format!("it is {wrapper:?}, and cargo goes by that, and not by {MOUNTED}");
        findings.push(Finding::new(
            "every-build-overridden",
            "RUSTC_WRAPPER",
            found,
        ));
    }
    let lines = settings::lines(&directory);
    let value = |name: &str| {
        let line = lines.iter().find(|(it, _)| it == name);
        line.map(|(_, value)| value.clone())
    };
    Some(EveryBuild {
        exclude: value(contract::EXCLUDE)
            .map(|names| names.split(',').map(str::to_owned).collect())
            .unwrap_or_default(),
        verify: value(contract::VERIFY),
        directory,
    })
}

/// What keeps cargo from calling the shim in there.
fn wrong(directory: &Path) -> Vec<String> {
    let mut wrong = Vec::new();
    // In the sandbox it leads nowhere: Nix 2.26 shows it there as the link that it is.
    if let Ok(target) = fs::read_link(directory) {
        wrong.push(format!(
            "it is a link, which Nix does not follow: mount what it leads to, {}",
            target.display()
        ));
    }
    let config = fs::read_to_string(directory.join("config.toml")).unwrap_or_default();
    if !config.contains("rustc-wrapper = \"/.cargo/sccache\"") {
        wrong.push("config.toml does not name /.cargo/sccache as build.rustc-wrapper".to_owned());
    }
    let shim = fs::metadata(directory.join("sccache"));
    if !shim.is_ok_and(|shim| shim.is_file() && shim.permissions().mode() & 0o111 != 0) {
        wrong.push("sccache, the shim, is not there, or is no program".to_owned());
    }
    if !directory.join("libnix_sccache_trace.so").is_file() {
        wrong.push(
            "libnix_sccache_trace.so is not there, without which nothing is stored".to_owned(),
        );
    }
    if !settings::lines(directory)
        .iter()
        .any(|(name, _)| name == contract::TRANSPORT)
    {
        wrong.push(format!("settings does not say {}", contract::TRANSPORT));
    }
    wrong
}
