//! Finds the shim, the real sccache as the shim finds it, and what stands in front of compilers.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix_sccache_contract as contract;
use serde::Serialize;

use super::finding::Finding;
use super::process::{SHORT, run, within};
use super::settings::{Settings, Variables};

/// The first release of sccache whose client asks for entries alone, as the transport `server` has it.
const CLIENT_SIDE_SINCE: (u64, u64) = (0, 17);

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
        let text = |program: &Program| {
            let is_shim = if program.is_shim {
                "the shim"
            } else {
                "not the shim"
            };
            format!("{} is {} ({is_shim})", program.name, program.path.display())
        };
        let in_front: Vec<_> = self.in_front.iter().map(text).collect();
        in_front.join(", ")
    }
}

/// A command in an environment.
pub fn command(program: &Path, variables: &Variables) -> Command {
    let mut command = Command::new(program);
    command.env_clear().envs(variables.all());
    command
}

/// Looks for them.
pub fn find(settings: &Settings, shim: Result<PathBuf, String>) -> (Programs, Vec<Finding>) {
    let mut programs = Programs::default();
    let sccache = match shim {
        Ok(shim) => sccache(settings, programs.shim.insert(shim)),
        Err(error) => Err(Finding::error("shim-missing", "PATH", error)),
    };
    let wrapper = settings.variables.get("RUSTC_WRAPPER").map(PathBuf::from);
    let wrapper = wrapper.filter(|_| !settings.are_defaults);
    let in_front = within(SHORT, move || {
        let on_path = |name| Some((name, which::which(name).ok()?));
        let on_path = ["rustc", "cargo"].into_iter().filter_map(on_path);
        let named = wrapper.map(|path| ("RUSTC_WRAPPER", path)).into_iter();
        let program = |(name, path): (_, PathBuf)| {
            let is_shim =
                fs::canonicalize(&path).is_ok_and(|real| real.ends_with("nix-sccache-shim"));
            Program {
                name,
                path,
                is_shim,
            }
        };
        named.chain(on_path).map(program).collect()
    });
    programs.in_front = in_front.unwrap_or_default();
    match sccache {
        Ok(version) => {
            programs.sccache = Some(version);
            (programs, Vec::new())
        }
        Err(finding) => (programs, vec![finding]),
    }
}

/// What the shim's sccache says of its version; what it is not asked to compile the shim passes on.
fn sccache(settings: &Settings, shim: &Path) -> Result<String, Finding> {
    let mut ask = command(shim, &settings.variables);
    ask.arg0("sccache").arg("--version");
    // With it sccache would serve.
    ask.env_remove("SCCACHE_START_SERVER");
    let (code, found) = match run(&mut ask, SHORT) {
        Ok(version) => {
            let version = version.lines().next().unwrap_or_default().to_owned();
            let is_old = release(&version).is_some_and(|release| release < CLIENT_SIDE_SINCE);
            if !is_old || !settings.is_hosts_daemon() {
                return Ok(version);
            }
            (
                "sccache-too-old",
                format!("{version} cannot ask the daemon of the transport `server`"),
            )
        }
        Err(error) => (
            "sccache-fails",
            format!("`sccache --version`, called by the shim, {error}"),
        ),
    };
    let place = format!("{}, or PATH", contract::SCCACHE);
    Err(Finding::error(code, place, found).warning_if(settings.are_defaults))
}

/// The numbers of a version such as `sccache 0.19.0`, major and minor.
fn release(version: &str) -> Option<(u64, u64)> {
    let numbers = version.split_whitespace().next_back()?;
    let mut numbers = numbers.split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_read() {
        assert_eq!(release("sccache 0.19.0"), Some((0, 19)));
        assert_eq!(release("0.17.1-rc.1"), Some((0, 17)));
        for other in ["", "sccache", "sccache 1", "sccache a.b.c"] {
            assert_eq!(release(other), None, "{other}");
        }
    }
}
