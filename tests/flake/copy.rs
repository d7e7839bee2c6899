//! A plain git copy of this project, as somebody has it who cloned it: with a commit, which is what
//! Nix needs to remember what it evaluated.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use nix_sccache_tests::{Host, root, stdout_of};
use tempfile::TempDir;

/// The directory, and what Nix remembers of it, which is nobody else's.
#[derive(Debug)]
pub struct Copy {
    directory: TempDir,
    memory: TempDir,
}

/// Whether Nix has the plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plugin {
    With,
    Without,
}

/// What a command printed, and whether it ended well.
#[derive(Debug)]
pub struct Said {
    pub is_ok: bool,
    pub stdout: String,
    pub stderr: String,
}

impl Copy {
    /// Of all that git knows here, as it is now.
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let listed = stdout_of(
            Command::new("git")
                .args(["-C", root().to_str().unwrap()])
                .args(["ls-files", "--cached", "--others", "--exclude-standard"]),
        );
        for name in listed.lines() {
            let (from, to) = (root().join(name), directory.path().join(name));
            // One that was deleted, and that git has not been told of.
            if from.exists() {
                fs::create_dir_all(to.parent().unwrap()).unwrap();
                fs::copy(from, to).unwrap();
            }
        }
        commit(directory.path());
        Self {
            directory,
            memory: tempfile::tempdir().unwrap(),
        }
    }

    /// How flakes name it.
    pub fn url(&self) -> String {
        format!("git+file://{}", self.path().display())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Has Nix forget what it evaluated.
    pub fn forget(&mut self) {
        self.memory = tempfile::tempdir().unwrap();
    }

    /// `nix SUBCOMMAND …` of a flake, with stand-ins for its inputs.
    pub fn nix(&self, host: &Host, plugin: Plugin, arguments: &[&str]) -> Command {
        let mut command = self.bare(host, plugin, arguments);
        command.arg("--no-write-lock-file");
        for (input, directory) in [("nixpkgs", "nixpkgs"), ("rust-overlay", "rust-overlay")] {
            command.args(["--override-input", input, &stand_in(directory)]);
        }
        command
    }

    /// `nix SUBCOMMAND …`, with nothing else.
    pub fn bare(&self, host: &Host, plugin: Plugin, arguments: &[&str]) -> Command {
        let mut command = match plugin {
            Plugin::With => host.nix(arguments[0]),
            Plugin::Without => {
                let mut command = Command::new(host.path());
                command.arg(arguments[0]);
                command
            }
        };
        command
            .args(&arguments[1..])
            .env("XDG_CACHE_HOME", self.memory.path())
            .stdin(Stdio::null());
        command
    }
}

/// A stand-in for an input, as flakes name it.
pub fn stand_in(directory: &str) -> String {
    format!("path:{}", root().join("tests").join(directory).display())
}

/// Makes a repository of a directory, or makes it one again, with a commit.
pub fn commit(directory: &Path) {
    stdout_of(
        Command::new("git")
            .current_dir(directory)
            .args(["init", "--quiet"]),
    );
    nix_sccache_tests::commit(directory);
}

/// Runs a command to its end.
pub fn said(command: &mut Command) -> Said {
    let Output {
        status,
        stdout,
        stderr,
    } = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    Said {
        is_ok: status.success(),
        stdout: String::from_utf8_lossy(&stdout).into_owned(),
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
    }
}

impl Said {
    /// What it printed, if it ended well.
    #[track_caller]
    pub fn stdout(&self) -> &str {
        assert!(self.is_ok, "{self:#?}");
        self.stdout.trim()
    }

    /// Whether it failed because the plugin is not there, and said what to do.
    pub fn wants_the_plugin(&self) -> bool {
        !self.is_ok
            && ["this Nix has no builtins.rust", "plugin-files = "]
                .iter()
                .all(|text| self.stderr.contains(text))
    }

    /// Warnings and traces, but for what Nix says of inputs that are overridden.
    pub fn warnings(&self) -> Vec<&str> {
        self.stderr
            .lines()
            .filter(|line| line.contains("warning:") || line.contains("trace:"))
            .filter(|line| !line.contains("not writing modified lock file"))
            .collect()
    }
}
