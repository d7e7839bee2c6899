//! Every build of a machine, by every way in which Nix builds: the derivation, the output, the log and the exit status are
//! those of a machine without the cache.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix_sccache_tests::{Daemon, Gateway, Host, Library, hosts, root, stdout_of, until};
use serde_json::json;
use tempfile::TempDir;

use crate::every_build::mounted;
use crate::host_logs::{Seen, seen};
use crate::paths::crates::Program;
use crate::project;

/// A machine whose sandboxes have the directory, and the gateway.
struct Cached {
    gateway: Gateway,
    _daemon: Daemon,
    mounts: String,
}

impl Cached {
    fn new(host: &Host) -> Self {
        let daemon = Daemon::start();
        let gateway = Gateway::start_keeping(&daemon, &[]);
        let mounts = format!(
            "/run/nix-sccache={} /.cargo={}",
            gateway.folder().display(),
            mounted(host, &json!([])).display()
        );
        Self {
            gateway,
            _daemon: daemon,
            mounts,
        }
    }

    /// Hits and misses of all builds.
    fn counts(&self) -> (u64, u64) {
        let builds = seen(self.gateway.logs());
        let counts = builds.iter().map(Seen::counts);
        counts.fold((0, 0), |sum, counts| (sum.0 + counts.0, sum.1 + counts.1))
    }

    /// How often a compiler of C was called.
    fn calls_of_c(&self) -> u64 {
        let builds = seen(self.gateway.logs());
        builds.iter().map(Seen::calls_of_c).sum()
    }
}

/// How Nix is called.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// `nix-build` of what the store does not have.
    Build,
    /// `nix-build --check`.
    Check,
    /// `nix build --rebuild`.
    Rebuild,
}

/// What came of a build.
#[derive(Debug, PartialEq)]
struct Came {
    status: Option<i32>,
    /// The hash of the output, if there is one.
    output: Option<String>,
    log: Vec<String>,
}

/// A derivation that knows nothing of the cache.
struct Untouched<'a> {
    host: &'a Host,
    path: PathBuf,
}

impl<'a> Untouched<'a> {
    /// Of this file, with these arguments. It is the same whatever is mounted.
    fn new(host: &'a Host, file: &str, arguments: &[(&str, &str)], mounts: &str) -> Self {
        let mut paths = ["", mounts].map(|mounts| {
            let mut command = host.program("nix-instantiate");
            command
                .arg(root().join(file))
                .args(["--option", "extra-sandbox-paths", mounts]);
            for (name, value) in arguments {
                command.args([if *name == "--attr" {
                    "--attr"
                } else {
                    "--argstr"
                }]);
                command.args(Some(name).filter(|name| **name != "--attr"));
                command.arg(value);
            }
            PathBuf::from(stdout_of(&mut command).trim())
        });
        assert_eq!(paths[0], paths[1]);
        let path = std::mem::take(&mut paths[0]);
        Self { host, path }
    }

    /// The small project.
    fn of_library(host: &'a Host, library: &Library, mounts: &str) -> Self {
        let source = library.path().to_str().unwrap();
        Self::new(
            host,
            "tests/sandbox/library.nix",
            &[("source", source), ("run", source)],
            mounts,
        )
    }

    fn store(&self, arguments: &[&str], path: &Path) -> Command {
        let mut command = self.host.plain("nix-store");
        command.args(arguments).arg(path);
        command
    }

    fn output(&self) -> PathBuf {
        stdout_of(&mut self.store(&["--query", "--outputs"], &self.path))
            .trim()
            .into()
    }

    /// Builds it.
    fn build(&self, way: Way, mounts: &str, more: &[&str], remote: Option<&Path>) -> Came {
        let mut command = match way {
            Way::Build | Way::Check => {
                let mut command = self.host.plain("nix-build");
                command.arg("--no-out-link").arg(&self.path);
                command
            }
            Way::Rebuild => {
                let mut command = Command::new(self.host.path());
                command.args(["build", "--no-link", "--rebuild"]);
                // Without it the file is meant since 2.15.
                let outputs = if self.host.is_from(2, 15) { "^*" } else { "" };
                command.arg(format!("{}{outputs}", self.path.display()));
                command
            }
        };
        match way {
            Way::Build if self.output().exists() => {
                stdout_of(&mut self.store(&["--delete"], &self.output()));
            }
            Way::Check => {
                command.arg("--check");
            }
            Way::Build | Way::Rebuild => {}
        }
        command
            .args(["--option", "extra-sandbox-paths", mounts])
            .args(more);
        if let Some(socket) = remote {
            command.env("NIX_REMOTE", format!("unix://{}", socket.display()));
        }
        let ended = command.output().unwrap();
        let log = stdout_of(&mut self.store(&["--read-log"], &self.path));
        let output = self.output();
        let hash = || stdout_of(&mut self.store(&["--query", "--hash"], &output));
        Came {
            status: ended.status.code(),
            output: output.exists().then(hash),
            log: without_times(&log),
        }
    }
}

/// How long something took is another time each time, and what cargo begins with when several crates are left.
fn without_times(log: &str) -> Vec<String> {
    let is_time = |word: &str| {
        let number = word.strip_suffix(['s', 'm']).unwrap_or_default();
        number.parse::<f64>().is_ok()
    };
    let line = |line: &str| {
        let words = line.split(' ').filter(|word| !is_time(word));
        words.collect::<Vec<_>>().join(" ")
    };
    let mut lines: Vec<_> = log.lines().map(line).collect();
    lines.sort();
    lines
}

/// A `nix-daemon` of its own.
struct NixDaemon {
    directory: TempDir,
    process: Child,
}

impl NixDaemon {
    fn start(host: &Host) -> Self {
        let directory = TempDir::with_prefix("nix-sccache-nix-").unwrap();
        let socket = directory.path().join("socket");
        let mut command = host.plain("nix-daemon");
        command
            .env("NIX_DAEMON_SOCKET_PATH", &socket)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let process = command.spawn().unwrap();
        until(|| socket.exists(), || format!("{command:?}: no socket"));
        Self { directory, process }
    }

    fn socket(&self) -> PathBuf {
        self.directory.path().join("socket")
    }
}

impl Drop for NixDaemon {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// Cold by `nix-build`, and warm by each other way.
#[test]
fn by_every_way() {
    for host in hosts() {
        let (cached, library) = (Cached::new(&host), project());
        let untouched = Untouched::of_library(&host, &library, &cached.mounts);
        let without = untouched.build(Way::Build, "", &[], None);
        assert_eq!(without.status, Some(0), "{without:#?}");

        let cold = untouched.build(Way::Build, &cached.mounts, &[], None);
        assert_eq!(cold, without);
        let (hits, misses) = cached.counts();
        assert!(hits == 0 && misses == 2, "{hits} {misses}");

        let nix_daemon = NixDaemon::start(&host);
        let socket = nix_daemon.socket();
        let mut ways: Vec<(_, &[&str], _)> = vec![
            (Way::Build, &[], None),
            (Way::Check, &[], None),
            (Way::Rebuild, &[], None),
            (Way::Build, &[], Some(socket.as_path())),
        ];
        if host.has_setting("auto-allocate-uids", "true") {
            let allocate = &[
                "--option",
                "extra-experimental-features",
                "auto-allocate-uids",
                "--option",
                "auto-allocate-uids",
                "true",
            ];
            ways.push((Way::Check, allocate, None));
        }
        for (count, (way, more, remote)) in (1..).zip(ways) {
            let warm = untouched.build(way, &cached.mounts, more, remote);
            assert_eq!(warm, without, "{way:?} {more:?} {remote:?}");
            assert_eq!(
                cached.counts(),
                (misses * count, misses),
                "{way:?} {more:?}"
            );
        }
    }
}

/// A build that fails, with its message.
#[test]
fn a_build_that_fails() {
    for host in hosts() {
        let (cached, library) = (Cached::new(&host), project());
        library.write(
            "program/src/main.rs",
            "fn main() { let text: u32 = greeting::greeting(); }\n",
        );
        let untouched = Untouched::of_library(&host, &library, &cached.mounts);
        let without = untouched.build(Way::Build, "", &[], None);
        let says = |words: &str| without.log.iter().any(|line| line.contains(words));
        assert!(says("mismatched types"), "{without:#?}");
        assert_eq!(without.output, None);
        for hits in [0, 2] {
            let with = untouched.build(Way::Build, &cached.mounts, &[], None);
            assert_eq!(with, without);
            assert_eq!(cached.counts(), (hits, 2));
        }
    }
}

/// The layouts of nixpkgs, crane and naersk: vendored crates with C, a macro and build scripts, in a workspace.
#[test]
fn of_every_layout() {
    // On one host: what takes time here is rustc, whoever builds.
    let host = hosts().last().unwrap();
    let program = Program::new(12);
    let (source, crates) = (program.source(), program.crates());
    for layout in ["crane", "naersk", "cargoHash"] {
        let cached = Cached::new(&host);
        let arguments = [
            ("--attr", layout),
            ("source", source.to_str().unwrap()),
            ("crates", crates.to_str().unwrap()),
            ("version", "1.0.0"),
            ("run", source.to_str().unwrap()),
        ];
        let untouched = Untouched::new(&host, "tests/sandbox/layouts", &arguments, &cached.mounts);
        let without = untouched.build(Way::Build, "", &[], None);
        assert_eq!(without.status, Some(0), "{layout}: {without:#?}");
        let mut expected = (0, 0);
        for way in ["cold", "warm"] {
            let with = untouched.build(Way::Check, &cached.mounts, &[], None);
            assert_eq!(with, without, "{layout}, {way}");
            let (hits, misses) = cached.counts();
            if way == "cold" {
                // Of crane it is what is behind the dependencies, which are another derivation.
                assert!(misses > 2, "{layout}: {misses}");
                expected.1 = misses;
            } else {
                // A build script whose run is a hit calls no compiler.
                expected.0 = expected.1 - cached.calls_of_c();
            }
            assert_eq!((hits, misses), expected, "{layout}, {way}");
        }
    }
}
