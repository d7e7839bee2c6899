//! Finds the shim, the real sccache as the shim finds it, and what stands in front of compilers.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};

use nix_sccache_contract as contract;
use nix_sccache_core::version::numbers;
use serde::Serialize;

use super::finding::Finding;
use super::process::{SHORT, run, within};
use super::settings::Settings;

/// A program that a build would run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Program {
    /// Its name, or the variable that names it.
    pub name: &'static str,
    /// Where it is.
    pub path: PathBuf,
    /// Whether that leads to the shim.
    pub is_shim: bool,
}

/// The programs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Programs {
    /// The shim that is used to look.
    pub shim: Option<PathBuf>,
    /// What the sccache that the shim calls says of its version.
    pub sccache: Option<String>,
    /// What stands in front: `RUSTC_WRAPPER`, and the first of each name on `PATH`.
    pub in_front: Vec<Program>,
}

impl Programs {
    /// Where a program is that a build would run by this name.
    pub fn path(&self, name: &str) -> Option<&Path> {
        let program = self.in_front.iter().find(|program| program.name == name)?;
        Some(&program.path)
    }

    /// What stands in front, in a line.
    pub fn text(&self) -> String {
        let text = |Program {
                        name,
                        path,
                        is_shim,
                    }: &Program| {
            let not = if *is_shim { "" } else { "not " };
            format!("{name} is {} ({not}the shim)", path.display())
        };
        let in_front: Vec<_> = self.in_front.iter().map(text).collect();
        in_front.join(", ")
    }
}

/// Looks for them.
pub fn find(
    settings: &Settings,
    shim: Result<PathBuf, String>,
    findings: &mut Vec<Finding>,
) -> Programs {
    let mut programs = Programs::default();
    let sccache = match shim {
        Ok(shim) => sccache(settings, programs.shim.insert(shim)),
        Err(error) => Err(Finding::new("shim-missing", "PATH", error)),
    };
    programs.sccache = sccache.map_err(|finding| findings.push(finding)).ok();
    let wrapper = settings.variables.path("RUSTC_WRAPPER");
    let wrapper = wrapper.filter(|_| !settings.are_defaults);
    let in_front = within(SHORT, move || {
        let on_path = |name| Some((name, which::which(name).ok()?));
        let on_path = ["rustc", "cargo"].into_iter().filter_map(on_path);
        let named = wrapper.map(|path| ("RUSTC_WRAPPER", path)).into_iter();
        let program = |(name, path): (_, PathBuf)| Program {
            name,
            is_shim: fs::canonicalize(&path).is_ok_and(|it| it.ends_with("nix-sccache-shim")),
            path,
        };
        named.chain(on_path).map(program).collect()
    });
    programs.in_front = in_front.unwrap_or_default();
    programs
}

/// What the shim's sccache says of its version; what it is not asked to compile the shim passes on.
fn sccache(settings: &Settings, shim: &Path) -> Result<String, Finding> {
    let mut ask = settings.variables.command(shim);
    ask.arg0("sccache").arg("--version");
    // With it sccache would serve.
    ask.env_remove("SCCACHE_START_SERVER");
    let failed = |code, found| {
        let place = format!("{}, or PATH", contract::SCCACHE);
        // Calls go to the host's daemon without it.
        Finding::new(code, place, found).warning_if(settings.is_hosts_daemon())
    };
    let version = run(&mut ask, SHORT).map_err(|error| {
        let found = format!("`sccache --version`, called by the shim, {error}");
        failed("sccache-fails", found)
    })?;
    let version = version.lines().next().unwrap_or_default().to_owned();
    // From 0.17 on its storage can be asked for entries alone.
    let release = version.rsplit(' ').next().and_then(numbers);
    if release.is_some_and(|release| release < (0, 17, 0)) {
        let found = format!("{version} is no storage for builds");
        return Err(failed("sccache-too-old", found));
    }
    Ok(version)
}
