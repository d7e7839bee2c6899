//! Builds a project: its calls with the compilers alone, and the same ones through the cache.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;

use nix_sccache_contract::log::{self, Log};
use nix_sccache_tests::{Daemon, Gateway, Shim, rustc, sccache};
use tempfile::TempDir;

use crate::project::{Call, Project, in_place};

/// The names of compilers that the shim's package has no links of.
const COMPILERS: [&str; 6] = ["cc", "gcc", "c++", "g++", "clippy-driver", "rustdoc"];

/// How long a call may take, in seconds: what hangs is a difference.
const PATIENCE: &str = "120";

/// Held while a program starts, and while one is written: none that is open for writing can be run.
pub static STARTING: Mutex<()> = Mutex::new(());

/// What a call did.
pub type Said = Output;

/// Environment variables.
pub type Variables = BTreeMap<OsString, OsString>;

/// The variables of calls in which the compilers are called themselves.
pub fn plain(place: &Path) -> Variables {
    let toolchain = rustc();
    let programs = toolchain.parent().unwrap_or(Path::new("/"));
    let home = place.with_file_name("home");
    let variables = [
        (
            "PATH",
            format!(
                "{}/p/bin:{}:/usr/bin:/bin",
                place.display(),
                programs.display()
            )
            .into(),
        ),
        ("HOME", home.clone().into()),
        ("CARGO_HOME", home.join("cargo").into()),
        ("CARGO_TERM_COLOR", "never".into()),
        ("CARGO_NET_OFFLINE", "true".into()),
        ("CARGO_BUILD_JOBS", "1".into()),
        ("CARGO_INCREMENTAL", "0".into()),
    ];
    let variables = variables.map(|(name, value): (_, OsString)| (name.into(), value));
    variables.into()
}

/// A cache of the real parts, and the session that asks it.
#[derive(Debug)]
pub struct Cache {
    shim: Shim,
    gateway: Gateway,
    _daemon: Daemon,
    /// These names, which lead to the shim.
    compilers: TempDir,
    session: Variables,
}

impl Cache {
    /// Starts an empty one.
    pub fn start() -> Self {
        let daemon = Daemon::start();
        let gateway = Gateway::start(&daemon, &[]);
        let shim = Shim::new();
        let compilers = TempDir::with_prefix("nix-sccache-compilers-").unwrap();
        for name in COMPILERS {
            symlink(
                shim.program("nix-sccache-shim"),
                compilers.path().join(name),
            )
            .unwrap();
        }
        Self {
            shim,
            gateway,
            _daemon: daemon,
            compilers,
            session: Variables::new(),
        }
    }

    /// The variables of calls in a session, for those of a call without one.
    pub fn variables(&self, plain: &Variables) -> Variables {
        let mut variables = plain.clone();
        let mut path = OsString::new();
        for directory in [
            self.compilers.path(),
            &self.shim.path().join("libexec/nix-sccache"),
        ] {
            path.push(directory);
            path.push(":");
        }
        path.push(&plain[OsStr::new("PATH")]);
        let ours: [(&str, OsString); 8] = [
            ("PATH", path),
            ("RUSTC_WRAPPER", self.shim.program("sccache").into()),
            ("NIX_SCCACHE_SCCACHE", sccache().into()),
            ("NIX_SCCACHE_TRANSPORT", "server".into()),
            ("NIX_SCCACHE_LINKS", "all".into()),
            ("SCCACHE_SERVER_UDS", self.gateway.socket().into()),
            ("SCCACHE_CLIENT_SIDE", "true".into()),
            ("SCCACHE_IGNORE_SERVER_IO_ERROR", "1".into()),
        ];
        variables.extend(ours.map(|(name, value)| (name.into(), value)));
        variables.extend(self.session.clone());
        variables
    }

    /// Begins a session, as the setup hook does.
    pub fn begin_session(&mut self, plain: &Variables) {
        /// Variables that every shell sets.
        const SHELLS: [&str; 4] = ["_", "PWD", "OLDPWD", "SHLVL"];
        self.session = Variables::new();
        let before = self.variables(plain);
        let mut shell = Command::new("/bin/sh");
        shell
            .args([
                "-ec",
                r#"begun=$("$0" session begin); eval "$begun"; exec env -0"#,
            ])
            .arg(self.shim.program("nix-sccache-shim"))
            .env_clear()
            .envs(&before);
        let after = nix_sccache_tests::stdout_of(&mut shell);
        let after = after
            .split_terminator('\0')
            .filter_map(|line| line.split_once('='));
        let set = after.map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let new = |(name, value): &(OsString, OsString)| {
            before.get(name) != Some(value) && !SHELLS.iter().any(|shells| name == shells)
        };
        self.session = set.filter(new).collect();
        assert!(!self.session.is_empty(), "{shell:?} began no session");
    }

    /// Ends the session, and says what came of its calls.
    pub fn end_session(&mut self, plain: &Variables) -> Log {
        let call = |end: &str| {
            let mut command = Command::new(self.shim.program("nix-sccache-shim"));
            command
                .args(["session", end])
                .env_clear()
                .envs(self.variables(plain));
            command
                .output()
                .unwrap_or_else(|error| panic!("{command:?}: {error}"))
        };
        let log = call("log");
        call("end");
        self.session.clear();
        log::kept(&String::from_utf8_lossy(&log.stdout))
    }
}

/// Runs all calls of a project that lies in this place.
pub fn build(project: &Project, place: &Path, variables: &Variables) -> Vec<Said> {
    let directory = place.join(&project.directory);
    let mut variables = variables.clone();
    for (name, value) in &project.variables {
        variables.insert(name.into(), in_place(value, place));
    }
    let said = project
        .calls
        .iter()
        .map(|call| run(call, &directory, place, &variables));
    said.collect()
}

fn run(call: &Call, directory: &Path, place: &Path, variables: &Variables) -> Said {
    let mut command = Command::new("timeout");
    command
        .args(["--foreground", "--kill-after=5", PATIENCE])
        .args(call.words.iter().map(|word| in_place(word, place)))
        .current_dir(directory)
        .env_clear()
        .envs(variables)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let starting = STARTING.lock();
    let child = command.spawn();
    drop(starting);
    let mut child = child.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    if let Some(mut stdin) = child.stdin.take() {
        // Who does not read it has no need of it.
        stdin.write_all(call.stdin.as_bytes()).ok();
    }
    child
        .wait_with_output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"))
}
