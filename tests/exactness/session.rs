//! Runs a project's script, without the cache and in a session with one.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use nix_sccache_contract::log::{self, Log};
use nix_sccache_tests::{Daemon, Gateway, Shim, rustc};
use tempfile::TempDir;

use crate::project::{Found, Project, files_below};

/// A shim, a daemon with an empty cache, and a gateway in front of it.
pub struct World {
    root: TempDir,
    shim: Arc<Shim>,
    pub gateway: Arc<Gateway>,
    pub daemon: Arc<Daemon>,
    /// Paths that may differ: parts of them.
    pub ignored: Vec<&'static str>,
}

/// How long a script may take, in seconds, and what runs it.
const LIMIT: [&str; 2] = ["60", "sh"];

/// What a script did.
pub struct Ran {
    /// Its exit code.
    pub code: Option<i32>,
    /// What it printed.
    pub printed: String,
    /// The messages.
    pub messages: String,
    /// What is in the directory then.
    pub files: BTreeMap<PathBuf, Found>,
    /// What the session says of its calls.
    pub log: Log,
}

fn directory() -> TempDir {
    TempDir::with_prefix("nix-sccache-exactness-").unwrap()
}

impl World {
    /// With a daemon of its own, and a gateway.
    pub fn new() -> Self {
        Self::with(Daemon::start(), &[])
    }

    /// With this daemon, and a gateway with these options.
    pub fn with(daemon: Daemon, options: &[&str]) -> Self {
        Self {
            root: directory(),
            shim: Arc::new(Shim::new()),
            gateway: Arc::new(Gateway::start(&daemon, options)),
            daemon: Arc::new(daemon),
            ignored: Vec::new(),
        }
    }

    /// The same cache, for projects in another place.
    pub fn beside(&self) -> Self {
        Self {
            root: directory(),
            shim: self.shim.clone(),
            gateway: self.gateway.clone(),
            daemon: self.daemon.clone(),
            ignored: self.ignored.clone(),
        }
    }

    /// Where projects are laid out.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// Lays the project out anew, and runs its script without the cache.
    pub fn plain(&self, project: &Project) -> Ran {
        let script = project.lay_out(self.root());
        let mut command = Command::new("timeout");
        command.env_clear().env("through", "").args(LIMIT);
        self.run(command, &script, project)
    }

    /// The same in a session of its own.
    pub fn cached(&self, project: &Project) -> Ran {
        let script = project.lay_out(self.root());
        self.cached_as_it_is(&script, project)
    }

    /// The same, without the directory being laid out.
    pub fn cached_as_it_is(&self, script: &Path, project: &Project) -> Ran {
        let mut command = self.session(&self.gateway.socket());
        command.arg("--log").arg(self.log()).args(["--", "timeout"]);
        command.args(LIMIT);
        self.run(command, script, project)
    }

    /// `nix-sccache run`, with the cache that is at a socket and without a variable of this process.
    pub fn session(&self, socket: &Path) -> Command {
        let run = self.shim.run_at(socket);
        let mut command = Command::new(run.get_program());
        let settings = run
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?)));
        command
            .env_clear()
            .envs(settings)
            .env("NIX_SCCACHE_LINKS", "all")
            .env("through", self.shim.program("sccache"))
            .args(run.get_args());
        command
    }

    fn log(&self) -> PathBuf {
        self.root().join("log")
    }

    fn run(&self, mut command: Command, script: &Path, project: &Project) -> Ran {
        let streams = ["stdout", "stderr"].map(|name| self.root().join(name));
        fs::remove_file(self.log()).ok();
        let mut path = OsString::from(rustc().parent().unwrap());
        path.push(":/usr/bin:/bin");
        command
            .current_dir(project.path(self.root()))
            .arg(script)
            .args(&streams)
            .env("PATH", path)
            .env("HOME", self.root())
            .env("CARGO_INCREMENTAL", "0")
            .envs(&project.variables)
            .stdin(std::process::Stdio::null());
        let output = command.output().unwrap();
        let [printed, messages] =
            streams.map(|file| String::from_utf8_lossy(&fs::read(file).unwrap()).into_owned());
        let mut files = files_below(&project.path(self.root()));
        files.retain(|path, _| {
            let path = path.display().to_string();
            !self.ignored.iter().any(|part| path.contains(part))
        });
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        Ran {
            code: output.status.code(),
            printed,
            messages: without_random_names(&messages),
            files,
            log: log::kept(&log),
        }
    }
}

impl Ran {
    /// What is otherwise than in the other one: a line for each.
    pub fn differences(&self, other: &Self) -> String {
        let mut text = String::new();
        if self.code != other.code {
            let _ = writeln!(text, "exit code {:?}, not {:?}", self.code, other.code);
        }
        for (what, here, there) in [
            ("printed", &self.printed, &other.printed),
            ("messages", &self.messages, &other.messages),
        ] {
            if here != there {
                let (here, there) = (beginning(here), beginning(there));
                let _ = writeln!(text, "{what}:\n{here}instead of:\n{there}");
            }
        }
        let paths: BTreeSet<_> = self.files.keys().chain(other.files.keys()).collect();
        for path in paths {
            let (here, there) = (self.files.get(path), other.files.get(path));
            if here != there {
                let (here, there) = (shown(here, there), shown(there, here));
                let _ = writeln!(text, "{}: {here}, not {there}", path.display());
            }
        }
        text
    }
}

/// A text without the names of rustc's temporary directories.
fn without_random_names(text: &str) -> String {
    let mut parts = text.split("/rustc");
    let mut named = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_random = part.as_bytes().get(6) == Some(&b'/');
        named.push_str(if is_random { "/rustc……" } else { "/rustc" });
        named.push_str(if is_random { &part[6..] } else { part });
    }
    named
}

/// The beginnings of a text's lines.
fn beginning(text: &str) -> String {
    let lines = text.lines().take(20);
    lines
        .map(|line| line.chars().take(300).chain(['\n']).collect::<String>())
        .collect()
}

/// What is at a path, as far as it is otherwise than something else is.
fn shown(found: Option<&Found>, other: Option<&Found>) -> String {
    match (found, other) {
        (None, _) => "nothing".into(),
        (Some(Found::Link(to)), _) => format!("a link to {}", to.display()),
        (Some(Found::Directory { mode }), _) => format!("a directory {mode:o}"),
        (Some(Found::Device), _) => "a device".into(),
        (Some(Found::Other), _) => "a pipe or a socket".into(),
        (Some(Found::File { mode, bytes }), Some(Found::File { bytes: others, .. })) => {
            let same = bytes.iter().zip(others).take_while(|(a, b)| a == b).count();
            let part = &bytes[same.saturating_sub(20)..bytes.len().min(same + 60)];
            format!(
                "a file {mode:o} of {} bytes, {:?} at {same}",
                bytes.len(),
                String::from_utf8_lossy(part)
            )
        }
        (Some(Found::File { mode, bytes }), _) => {
            format!("a file {mode:o} of {} bytes", bytes.len())
        }
    }
}
