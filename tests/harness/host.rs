//! Finds the Nixes to test on.

use std::env;
use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::vec::IntoIter;

use crate::commands::stdout_of;
use crate::places::{root, variable};

/// A Nix, with the plugin that was built for it.
#[derive(Clone, Debug)]
pub struct Host {
    nix: PathBuf,
    version: String,
    is_lix: bool,
    plugin: PathBuf,
}

/// The Nixes of `NIX_SCCACHE_HOSTS`, one after the other. Whatever fails before the next one
/// is asked for has failed on this one, which is then told beside it.
#[derive(Debug)]
pub struct Hosts {
    rest: IntoIter<Host>,
    current: Option<String>,
}

/// The Nixes of `NIX_SCCACHE_HOSTS`.
pub fn hosts() -> Hosts {
    let hosts: Vec<_> = variable("NIX_SCCACHE_HOSTS")
        .split(':')
        .map(|nix| Host::new(nix.into()))
        .collect();
    assert!(!hosts.is_empty(), "NIX_SCCACHE_HOSTS names no Nix");
    Hosts {
        rest: hosts.into_iter(),
        current: None,
    }
}

impl Iterator for Hosts {
    type Item = Host;

    fn next(&mut self) -> Option<Host> {
        let host = self.rest.next();
        self.current = host.as_ref().map(Host::name);
        host
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        if let Some(host) = self.current.as_ref().filter(|_| thread::panicking()) {
            eprintln!("this was on {host}");
        }
    }
}

impl Host {
    fn new(nix: PathBuf) -> Self {
        let printed = stdout_of(Command::new(&nix).arg("--version"));
        // Lix says more in further lines.
        let first = printed.lines().next().unwrap_or_default();
        let version = first.split_whitespace().next_back().unwrap_or_default();
        // Where scripts/build leaves it, unless it is told another place.
        let plugins = env::var_os("NIX_SCCACHE_PLUGINS");
        let plugin = plugins
            .map_or_else(|| root().join("target/hosts"), PathBuf::from)
            .join(version)
            .join("release/libnix_sccache.so");
        assert!(
            plugin.exists(),
            "{} is missing: run scripts/build",
            plugin.display()
        );
        Self {
            nix,
            version: version.to_owned(),
            is_lix: printed.contains("Lix"),
            plugin,
        }
    }

    /// The same Nix with another plugin file, or several, or a folder of them.
    #[must_use]
    pub fn with_plugin(&self, plugin: PathBuf) -> Self {
        Self {
            plugin,
            ..self.clone()
        }
    }

    /// The `nix` itself.
    pub fn path(&self) -> &Path {
        &self.nix
    }

    /// What it says of its version, such as `2.8.0`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Whether the `nix` has its C API in it, as it has since 2.35 and never in Lix.
    pub fn has_c_api(&self) -> bool {
        !self.is_lix && self.is_from(2, 35)
    }

    /// Whether it is of this release, major and minor, or a later one; any Lix is.
    pub fn is_from(&self, major: u32, minor: u32) -> bool {
        let mut numbers = self.version.split('.').map(str::parse);
        let mut next = || numbers.next().and_then(Result::ok).unwrap_or(0);
        (next(), next()) >= (major, minor)
    }

    /// Whether it knows this setting, which is given a value that it takes.
    pub fn has_setting(&self, name: &str, value: &str) -> bool {
        let mut command = Command::new(&self.nix);
        command.args(["--option", name, value, "eval", "--expr", "1"]);
        let output = command
            .output()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        !String::from_utf8_lossy(&output.stderr).contains("unknown setting")
    }

    /// What to call this host in a failure.
    pub fn name(&self) -> String {
        format!("Nix {} ({})", self.version, self.nix.display())
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

    /// All that `nix repl` prints when it is given one line.
    #[track_caller]
    pub fn repl(&self, line: &str) -> String {
        let mut command = self.nix("repl");
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let printed = command.spawn().and_then(|mut repl| {
            if let Some(mut stdin) = repl.stdin.take() {
                writeln!(stdin, "{line}")?;
            }
            repl.wait_with_output()
        });
        let printed = printed.unwrap_or_else(|error| panic!("{command:?}: {error}"));
        String::from_utf8_lossy(&[printed.stdout, printed.stderr].concat()).into_owned()
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
        self.error_under(expression, &[])
    }

    /// The same of an expression that reads files of the machine.
    #[track_caller]
    pub fn impure_error(&self, expression: &str) -> String {
        self.error_under(expression, &["--impure"])
    }

    #[track_caller]
    fn error_under(&self, expression: &str, options: &[&str]) -> String {
        match self.eval(expression, options) {
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
