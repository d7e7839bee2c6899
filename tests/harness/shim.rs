//! Lays out the shim as its package is, with the tool beside it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::commands::stdout_of;
use crate::daemon::Daemon;
use crate::places::{built, sccache};

/// A copy of the shim's package, and of the tool.
#[derive(Debug)]
pub struct Shim {
    folder: TempDir,
}

impl Shim {
    /// Lays the package out.
    pub fn new() -> Self {
        let folder = TempDir::with_prefix("nix-sccache-shim-").unwrap();
        let [bin, libexec] = ["bin", "libexec/nix-sccache"].map(|it| folder.path().join(it));
        for folder in [&bin, &libexec] {
            fs::create_dir_all(folder).unwrap();
        }
        // A program that this process wrote could not be run while another test starts one.
        stdout_of(
            Command::new("cp")
                .arg(built("nix-sccache-shim"))
                .arg(built("nix-sccache"))
                .arg(&bin),
        );
        stdout_of(
            Command::new("cp")
                .arg(built("libnix_sccache_trace.so"))
                .arg(&libexec),
        );
        for link in [
            bin.join("sccache"),
            libexec.join("rustc"),
            libexec.join("cargo"),
        ] {
            symlink(bin.join("nix-sccache-shim"), link).unwrap();
        }
        Self { folder }
    }

    /// The package.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// One of its programs, called as its name says.
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.path().join("bin").join(name)
    }

    /// `nix-sccache run`, with the environment that `rust.sccacheEnv` gives for a daemon.
    pub fn run(&self, daemon: &Daemon) -> Command {
        self.run_at(&daemon.socket())
    }

    /// The same for a socket.
    pub fn run_at(&self, socket: &Path) -> Command {
        let mut command = self.run_with("server");
        command.env("SCCACHE_SERVER_UDS", socket);
        command
    }

    /// `nix-sccache run`, with what is common to all transports. What may be installed is linked without the cache, so that
    /// libraries count alone.
    pub fn run_with(&self, transport: &str) -> Command {
        let mut command = Command::new(self.program("nix-sccache"));
        command
            .env("NIX_SCCACHE_SCCACHE", sccache())
            .env("NIX_SCCACHE_TRANSPORT", transport)
            .env("NIX_SCCACHE_LINKS", "host")
            .env("RUSTC_WRAPPER", self.program("sccache"))
            .env("CARGO_INCREMENTAL", "0")
            .env_remove("NIX_SCCACHE_SESSION")
            .arg("run");
        command
    }
}

/// What a session's command did, and what its report says.
#[derive(Debug)]
pub struct Reported {
    /// What was called, with the variables that were set for it.
    pub command: String,
    /// The command's exit code.
    pub code: Option<i32>,
    /// All that it and the shim said.
    pub stderr: String,
    /// The report.
    pub report: serde_json::Value,
}

impl Reported {
    /// A number of the report.
    #[track_caller]
    pub fn count(&self, name: &str) -> u64 {
        self.report[name]
            .as_u64()
            .unwrap_or_else(|| panic!("no {name} in {self:#?}"))
    }

    /// Hits and misses.
    #[track_caller]
    pub fn hits_and_misses(&self) -> (u64, u64) {
        (self.count("hits"), self.count("misses"))
    }

    /// It ended well, with these hits and misses and without trouble.
    #[track_caller]
    pub fn assert_counts(&self, hits_and_misses: (u64, u64)) {
        let found = (self.code, self.hits_and_misses(), self.troubles());
        assert_eq!(found, (Some(0), hits_and_misses, 0), "{self:#?}");
    }

    /// How often the shim spoke of trouble with the cache.
    pub fn troubles(&self) -> usize {
        self.stderr
            .matches("nix-sccache: the cache cannot be used")
            .count()
    }
}

/// Ends the command line of `nix-sccache run` with a command, and runs it.
#[track_caller]
pub fn reported<S: AsRef<std::ffi::OsStr>>(
    mut run: Command,
    command: impl IntoIterator<Item = S>,
) -> Reported {
    let folder = TempDir::with_prefix("nix-sccache-report-").unwrap();
    let file = folder.path().join("report.json");
    run.arg("--report").arg(&file).arg("--").args(command);
    let output = run
        .output()
        .unwrap_or_else(|error| panic!("{run:?}: {error}"));
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let report =
        fs::read(&file).unwrap_or_else(|error| panic!("{run:?}: no report: {error}\n{stderr}"));
    let report = serde_json::from_slice(&report).unwrap();
    Reported {
        command: format!("{run:?}"),
        code: output.status.code(),
        stderr,
        report,
    }
}

impl Default for Shim {
    fn default() -> Self {
        Self::new()
    }
}

/// The logs of calls that builds left in a folder of reports: neither the pages nor the keys.
pub fn logs_in(reports: &Path) -> Vec<PathBuf> {
    let is_log = |path: &PathBuf| {
        let name = path.to_str().unwrap_or_default();
        name.strip_suffix(".jsonl").is_some_and(|stem| {
            Path::new(stem)
                .extension()
                .is_none_or(|more| more != "keys")
        })
    };
    fs::read_dir(reports)
        .unwrap_or_else(|error| panic!("{}: {error}", reports.display()))
        .map(|entry| entry.unwrap().path())
        .filter(is_log)
        .collect()
}
