//! Builds derivations, for real.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::commands::stdout_of;
use crate::crates::Library;
use crate::host::Host;
use crate::places::root;

/// The small project as a derivation: `tests/sandbox/library.nix`.
#[derive(Clone, Debug)]
pub struct Derivation {
    settings: Value,
    attributes: Value,
    mounts: Vec<String>,
    options: Vec<(&'static str, &'static str)>,
}

/// What a build did.
#[derive(Debug)]
pub struct Built {
    /// The output, if there is one.
    pub output: Option<PathBuf>,
    /// The builder's log, and what Nix itself said.
    pub log: String,
}

impl Derivation {
    /// With `withSccache` of these settings; with null, without it.
    pub fn new(settings: Value) -> Self {
        Self {
            settings,
            attributes: serde_json::json!({}),
            mounts: Vec::new(),
            options: Vec::new(),
        }
    }

    /// With further attributes.
    #[must_use]
    pub fn with(mut self, attributes: Value) -> Self {
        self.attributes = attributes;
        self
    }

    /// With a folder of the host's in its sandbox.
    #[must_use]
    pub fn mount(mut self, folder: &Path, at: &str) -> Self {
        self.mounts.push(format!("{at}={}", folder.display()));
        self
    }

    /// With a setting of Nix's own.
    #[must_use]
    pub fn option(mut self, name: &'static str, value: &'static str) -> Self {
        self.options.push((name, value));
        self
    }

    /// Builds it, whether or not the store has it already.
    pub fn build(&self, host: &Host, library: &Library) -> Built {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_nanos());
        self.build_run(host, library, &since.to_string())
    }

    /// Builds it as the run of this name, unless the store has that.
    pub fn build_run(&self, host: &Host, library: &Library, run: &str) -> Built {
        Built::run(&mut self.command(host, library, run))
    }

    /// Builds the run of this name again, and fails where the output is not what the store has.
    pub fn check_run(&self, host: &Host, library: &Library, run: &str) -> Built {
        Built::run(self.command(host, library, run).arg("--check"))
    }

    fn command(&self, host: &Host, library: &Library, run: &str) -> Command {
        let mut command = host.program("nix-build");
        command
            .arg(root().join("tests/sandbox/library.nix"))
            .args([
                "--no-out-link",
                "--option",
                "extra-sandbox-paths",
                &self.mounts.join(" "),
            ])
            .args(["--argstr", "source", &library.path().display().to_string()])
            .args(["--argstr", "settings", &self.settings.to_string()])
            .args(["--argstr", "attributes", &self.attributes.to_string()])
            .args(["--argstr", "run", run]);
        for (name, value) in &self.options {
            command.args(["--option", name, value]);
        }
        command
    }
}

impl Built {
    /// Runs a `nix-build` of one derivation.
    pub fn run(command: &mut Command) -> Self {
        let output = command
            .output()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let path = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        Self {
            output: output.status.success().then(|| path.into()),
            log,
        }
    }

    /// The output of a build that went well.
    #[track_caller]
    pub fn path(&self) -> &Path {
        self.output
            .as_deref()
            .unwrap_or_else(|| panic!("the build failed:\n{}", self.log))
    }

    /// Hits and misses, from the report in the log.
    #[track_caller]
    pub fn hits_and_misses(&self) -> (u64, u64) {
        let line = self
            .log
            .lines()
            .find_map(|line| line.split_once("nix-sccache: hits "));
        let (_, numbers) = line.unwrap_or_else(|| panic!("no report in the log:\n{}", self.log));
        let mut numbers = numbers
            .split([' ', ','])
            .filter_map(|word| word.parse().ok());
        match (numbers.next(), numbers.next(), numbers.next()) {
            (Some(hits), Some(asked), Some(misses)) if hits + misses == asked => (hits, misses),
            other => panic!("not a summary: {other:?} in {}", self.log),
        }
    }

    /// It has these hits and misses, and no trouble.
    #[track_caller]
    pub fn assert_counts(&self, hits_and_misses: (u64, u64)) {
        let found = (self.hits_and_misses(), self.troubles());
        assert_eq!(found, (hits_and_misses, 0), "{self:#?}");
    }

    /// How often the shim spoke of trouble with the cache.
    pub fn troubles(&self) -> usize {
        self.log
            .matches("nix-sccache: the cache cannot be used")
            .count()
    }

    /// What tells this output from every other: the hash of its contents.
    #[track_caller]
    pub fn contents(&self) -> String {
        stdout_of(
            Command::new("nix-hash")
                .args(["--type", "sha256"])
                .arg(self.path()),
        )
    }
}
