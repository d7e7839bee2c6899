//! The Nixes to test on.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{built, variable};

/// A Nix, with the plugin that was built for it.
#[derive(Clone, Debug)]
pub struct Host {
    nix: PathBuf,
    plugin: PathBuf,
}

/// The Nixes of `NIX_SCCACHE_HOSTS`.
pub fn hosts() -> Vec<Host> {
    let hosts: Vec<_> = variable("NIX_SCCACHE_HOSTS")
        .split(':')
        .map(|nix| Host {
            nix: nix.into(),
            plugin: built("libnix_sccache.so"),
        })
        .collect();
    assert!(!hosts.is_empty(), "NIX_SCCACHE_HOSTS names no Nix");
    hosts
}

impl Host {
    /// The same Nix with another plugin file.
    #[must_use]
    pub fn with_plugin(&self, plugin: PathBuf) -> Self {
        Self {
            nix: self.nix.clone(),
            plugin,
        }
    }

    /// What to call this host in a failure.
    pub fn name(&self) -> String {
        self.nix.display().to_string()
    }

    /// The plugin's file.
    pub fn plugin(&self) -> &Path {
        &self.plugin
    }

    /// `nix SUBCOMMAND …`, with the plugin.
    pub fn nix(&self, subcommand: &str) -> Command {
        let mut command = Command::new(&self.nix);
        // Nix before 2.23 loads plugins at the first positional argument.
        command
            .arg("--option")
            .arg("plugin-files")
            .arg(&self.plugin)
            .arg(subcommand);
        command
    }

    /// One of Nix's older programs, `nix-instantiate` say, from beside this `nix`, without
    /// the plugin.
    pub fn plain(&self, name: &str) -> Command {
        Command::new(self.nix.with_file_name(name))
    }

    /// The same with the plugin.
    pub fn program(&self, name: &str) -> Command {
        let mut command = self.plain(name);
        command
            .arg("--option")
            .arg("plugin-files")
            .arg(&self.plugin);
        command
    }

    /// The value of an expression, as JSON, or what Nix said was wrong.
    pub fn eval<S: AsRef<OsStr>>(
        &self,
        expression: &str,
        options: impl IntoIterator<Item = S>,
    ) -> Result<serde_json::Value, String> {
        let mut command = self.nix("eval");
        command.args(["--json", "--expr", expression]).args(options);
        let output = command
            .output()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let stderr = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            return Err(stderr.into_owned());
        }
        assert_eq!(stderr, "", "{}: {expression}", self.name());
        Ok(serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{expression}: {error}")))
    }

    /// The value of an expression that has one.
    #[track_caller]
    pub fn value(&self, expression: &str) -> serde_json::Value {
        self.eval(expression, [""; 0])
            .unwrap_or_else(|error| panic!("{}: {expression}\n{error}", self.name()))
    }

    /// The message of an expression that has none: what stands behind the last `error:`.
    #[track_caller]
    pub fn error(&self, expression: &str) -> String {
        match self.eval(expression, [""; 0]) {
            Ok(value) => panic!("{}: {expression}\nno error, but {value}", self.name()),
            Err(stderr) => message(&stderr),
        }
    }
}

/// The message at the end of a trace.
fn message(stderr: &str) -> String {
    let last = stderr
        .lines()
        .rev()
        .find_map(|line| line.trim_start().strip_prefix("error: "));
    last.unwrap_or(stderr).to_owned()
}
