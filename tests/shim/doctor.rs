//! `nix-sccache doctor` with real daemons, gateways, stores, shims and Nixes, and with what goes wrong with them.

use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use nix_sccache_tests::{Daemon, Gateway, Redis, Shim, hosts, sccache, script};
use serde_json::Value;
use tempfile::TempDir;

use crate::{closed, shim};

/// Nothing may keep it for long, on a machine that does something else besides.
const PATIENCE: Duration = Duration::from_mins(1);

/// A user who may do what everybody may.
const NOBODY: &str = "65534";

/// A doctor who is called where nothing but this test's variables is set.
struct Doctor {
    command: Command,
    folder: TempDir,
}

/// What it said, as JSON, and how it ended.
#[derive(Debug)]
struct Said {
    code: Option<i32>,
    json: Value,
}

impl Doctor {
    /// With nothing said of the cache, and a Nix without settings.
    fn new(shim: &Shim) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Another user may be the one to be examined.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let mut command = Command::new(shim.program("nix-sccache"));
        let home = std::env::var_os("HOME").unwrap();
        let rustup =
            std::env::var_os("RUSTUP_HOME").map_or(Path::new(&home).join(".rustup"), PathBuf::from);
        command
            .arg("doctor")
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("RUSTUP_HOME", rustup)
            .env("HOME", folder.path())
            .env("NIX_CONF_DIR", folder.path())
            .env("NIX_SCCACHE_SCCACHE", sccache())
            .current_dir(folder.path());
        Self { command, folder }
    }

    /// As a development shell with `rust.sccacheEnv`'s variables has it.
    fn of(shim: &Shim, transport: &str) -> Self {
        Self::new(shim)
            .env("IN_NIX_SHELL", "impure")
            .env("RUSTC_WRAPPER", shim.program("sccache"))
            .env("CARGO_INCREMENTAL", "0")
            .env("NIX_SCCACHE_TRANSPORT", transport)
            .env("SCCACHE_MAX_FRAME_LENGTH", "1073741824")
            .env("SCCACHE_CLIENT_SIDE", "true")
    }

    /// The same, with a daemon or a gateway at this socket, which Nix mounts.
    fn at(shim: &Shim, socket: &Path) -> Self {
        let doctor = Self::of(shim, "server").env("SCCACHE_SERVER_UDS", socket);
        let folder = socket.parent().unwrap().display();
        doctor.nix_conf(&format!("sandbox-paths = {folder}?"))
    }

    fn nix_conf(self, line: &str) -> Self {
        let file = self.folder.path().join("nix.conf");
        fs::write(
            file,
            format!(
                "plugin-files = {}\n{line}\n",
                hosts().next().unwrap().plugin().display()
            ),
        )
        .unwrap();
        self
    }

    fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// As another user than root, with tools that such a one can run.
    fn by_nobody(self, shim: &Shim) -> Self {
        fs::set_permissions(shim.path(), Permissions::from_mode(0o755)).unwrap();
        let sccache = self.folder.path().join("sccache");
        script(&sccache, "#!/bin/sh\necho sccache 0.19.0\n");
        let mut command = Command::new("setpriv");
        command.args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"]);
        command
            .arg(self.command.get_program())
            .args(self.command.get_args())
            .env_clear();
        let variables = self
            .command
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?)));
        command
            .envs(variables)
            .env("NIX_SCCACHE_SCCACHE", sccache)
            .current_dir("/");
        Self { command, ..self }
    }

    #[track_caller]
    fn output(&mut self) -> (Option<i32>, String) {
        let began = Instant::now();
        let output = self.command.output().unwrap();
        assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
        )
    }

    #[track_caller]
    fn said(mut self) -> Said {
        self.command.arg("--json");
        let (code, json) = self.output();
        let json = serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json}"));
        Said { code, json }
    }
}

impl Said {
    fn codes(&self, severity: &str) -> Vec<&str> {
        let findings = self.json["findings"].as_array().unwrap().iter();
        let findings = findings.filter(|it| it["severity"] == severity);
        findings.map(|it| it["code"].as_str().unwrap()).collect()
    }

    /// That these keep builds from the cache, and nothing else; that these are to be known.
    #[track_caller]
    fn check(&self, errors: &[&str], warnings: &[&str]) {
        assert_eq!(self.codes("error"), errors, "{self:#?}");
        assert_eq!(self.codes("warning"), warnings, "{self:#?}");
        assert_eq!(self.code, Some(i32::from(!errors.is_empty())), "{self:#?}");
        assert_eq!(self.json["served"], errors.is_empty(), "{self:#?}");
    }

    /// What to do about the first of the findings.
    fn remedy(&self) -> &str {
        self.json["findings"][0]["remedy"].as_str().unwrap()
    }

    /// What came of the second compilation.
    fn second(&self) -> &Value {
        &self.json["trial"]["outcomes"][1]
    }
}

/// In a development shell: with cargo, with rustc alone, and with a daemon or a gateway.
#[test]
fn a_set_up_that_works() {
    let (shim, daemon) = (shim(), Daemon::start());
    let gateway = Gateway::start(&daemon, &[]);
    for (socket, listener) in [(daemon.socket(), "sccache"), (gateway.socket(), "gateway")] {
        let said = Doctor::at(&shim, &socket).said();
        said.check(&[], &[]);
        assert_eq!(said.json["schema"], 2);
        assert_eq!(said.json["place"], "dev-shell");
        assert_eq!(said.json["storage"]["listener"], listener, "{said:#?}");
        assert!(
            said.json["storage"]["round_trip_seconds"].as_f64().unwrap() > 0.0,
            "{said:#?}"
        );
        assert_eq!(said.json["trial"]["by"], "cargo", "{said:#?}");
        assert_eq!(said.json["trial"]["outcomes"][0], "miss", "{said:#?}");
        assert_eq!(said.second(), "hit", "{said:#?}");
        assert_eq!(said.json["nix"]["has_plugin"], true, "{said:#?}");
    }
    let (code, text) = Doctor::at(&shim, &gateway.socket()).output();
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.ends_with("\nA build here would be served by the cache.\n"),
        "{text}"
    );
    assert!(
        !text.contains("to fix") && !text.contains("to know"),
        "{text}"
    );
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
    // The session that was tried with is gone, and one entry for all probes is left.
    let rustc = Doctor::at(&shim, &daemon.socket());
    let bin = rustc.folder.path().join("bin");
    fs::create_dir(&bin).unwrap();
    script(
        &bin.join("rustc"),
        &format!(
            "#!/bin/sh\nPATH={} exec rustc \"$@\"\n",
            std::env::var("PATH").unwrap()
        ),
    );
    std::os::unix::fs::symlink("/usr/bin/cc", bin.join("cc")).unwrap();
    let said = rustc.env("PATH", bin).said();
    said.check(&[], &[]);
    assert_eq!(said.json["trial"]["by"], "rustc", "{said:#?}");
    assert_eq!(said.second(), "hit", "{said:#?}");
    let probes = daemon
        .entries()
        .into_iter()
        .filter(|entry| entry.to_string_lossy().contains("6e69782d"));
    assert_eq!(probes.count(), 1);
}

/// On a host whose environment names no cache, what counts is what derivations find by default.
#[test]
fn on_the_host() {
    let shim = shim();
    let said = Doctor::new(&shim).said();
    let missing = ["sandbox-path-missing", "plugin-missing", "socket-missing"];
    said.check(&missing, &[]);
    assert_eq!(said.json["are_defaults"], true, "{said:#?}");
    assert!(
        said.remedy()
            .contains("extra-sandbox-paths = /run/nix-sccache?"),
        "{said:#?}"
    );
    for host in hosts() {
        let path = format!(
            "{}:{}",
            host.path().parent().unwrap().display(),
            std::env::var("PATH").unwrap()
        );
        let folder = tempfile::tempdir().unwrap();
        let with = |plugin: &Path, paths: &str| {
            let conf = format!(
                "plugin-files = {}\nsandbox-paths = {paths}\n",
                plugin.display()
            );
            fs::write(folder.path().join("nix.conf"), conf).unwrap();
            Doctor::new(&shim)
                .env("NIX_CONF_DIR", folder.path())
                .env("PATH", &path)
                .said()
        };
        with(host.plugin(), "/run/nix-sccache=/tmp?").check(&missing[2..], &[]);
        let broken = with(Path::new("/nonexistent.so"), "/run/nix-sccache?");
        assert!(
            broken.codes("error").contains(&"plugin-fails"),
            "{broken:#?}"
        );
    }
}

#[test]
fn the_shim_is_not_in_front_of_rustc() {
    let (shim, daemon) = (shim(), Daemon::start());
    let doctor = || Doctor::at(&shim, &daemon.socket());
    doctor()
        .without("RUSTC_WRAPPER")
        .said()
        .check(&["shim-not-in-front"], &[]);
    doctor()
        .env("RUSTC_WRAPPER", "env")
        .said()
        .check(&["shim-not-in-front"], &[]);
    doctor()
        .env("RUSTC_WRAPPER", shim.program("nix-sccache-shim"))
        .said()
        .check(&["compile-fails"], &[]);
    // By the names that the setup hook puts on PATH it is.
    let libexec = shim.path().join("libexec/nix-sccache");
    let path = format!("{}:{}", libexec.display(), std::env::var("PATH").unwrap());
    let said = doctor().without("RUSTC_WRAPPER").env("PATH", path).said();
    said.check(&[], &[]);
    assert_eq!(
        said.json["programs"]["in_front"][0]["is_shim"], true,
        "{said:#?}"
    );
}

/// The codes, the sentences and the remedies are those of the report.
#[test]
fn calls_that_run_without_the_cache() {
    let (shim, daemon) = (shim(), Daemon::start());
    let doctor = || Doctor::at(&shim, &daemon.socket());
    let said = doctor().env("CARGO_INCREMENTAL", "1").said();
    said.check(&["incremental"], &[]);
    assert!(
        said.remedy().starts_with("set CARGO_INCREMENTAL=0"),
        "{said:#?}"
    );
    doctor()
        .env("NIX_SCCACHE_WRAP", "c")
        .said()
        .check(&[], &["not-wrapped"]);
    doctor()
        .env("NIX_SCCACHE_WRAP", "none")
        .said()
        .check(&["not-wrapped"], &[]);
    let own = doctor();
    fs::create_dir(own.folder.path().join(".cargo")).unwrap();
    let config = format!("[build]\nrustc-wrapper = {:?}\n", "/usr/bin/env");
    fs::write(own.folder.path().join(".cargo/config.toml"), config).unwrap();
    own.said().check(&["project-wrapper"], &[]);
}

#[test]
fn nothing_is_at_the_socket() {
    let (shim, folder) = (shim(), tempfile::tempdir().unwrap());
    let at = |name: &str| Doctor::at(&shim, &folder.path().join(name));
    at("s").said().check(&["socket-missing"], &[]);
    let build = at("none/s")
        .without("IN_NIX_SHELL")
        .env("NIX_BUILD_TOP", "/build")
        .said();
    build.check(&["socket-missing"], &[]);
    let line = format!(
        "extra-sandbox-paths = {}?",
        folder.path().join("none").display()
    );
    assert!(build.remedy().contains(&line), "{build:#?}");
    fs::write(folder.path().join("file"), "").unwrap();
    at("file").said().check(&["not-a-socket"], &[]);
    drop(UnixListener::bind(folder.path().join("left")).unwrap());
    at("left").said().check(&["nobody-listens"], &[]);
    // Nothing was started there.
    assert!(!folder.path().join("s").exists());
}

#[test]
fn who_does_not_answer_or_is_somebody_else() {
    let (shim, daemon) = (shim(), Daemon::start());
    daemon.pause();
    Doctor::at(&shim, &daemon.socket())
        .said()
        .check(&["silent"], &[]);
    for nonsense in [
        &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..],
        b"\0\0\0\x04\xff\xff\xff\xff",
        b"\xff\xff\xff\xff",
        b"",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("s")).unwrap();
        thread::spawn(move || {
            for mut connection in listener.incoming().flatten() {
                connection.write_all(nonsense).ok();
            }
        });
        Doctor::at(&shim, &folder.path().join("s"))
            .said()
            .check(&["not-a-storage"], &[]);
    }
}

/// Root may use everything, so this is what another user finds.
#[test]
fn another_user_may_not_connect() {
    let (shim, daemon) = (shim(), Daemon::start());
    let check = |remedy: &str| {
        let said = Doctor::at(&shim, &daemon.socket()).by_nobody(&shim).said();
        assert!(said.codes("error").contains(&"socket-denied"), "{said:#?}");
        assert!(
            said.json["findings"].to_string().contains(remedy),
            "{said:#?}"
        );
    };
    fs::set_permissions(daemon.socket(), Permissions::from_mode(0o600)).unwrap();
    check(&format!("chmod 666 {}", daemon.socket().display()));
    fs::set_permissions(daemon.folder(), Permissions::from_mode(0o700)).unwrap();
    check(&format!("chmod a+x {}", daemon.folder().display()));
}

/// What it does not store, and how long its frames may be.
#[test]
fn a_storage_that_does_less_than_it_should() {
    let shim = shim();
    let daemon = Daemon::start();
    let gateway = |options: &[&str]| Gateway::start(&daemon, options);
    let at = |gateway: &Gateway| Doctor::at(&shim, &gateway.socket());
    let reads = gateway(&["--read-only"]);
    at(&reads).said().check(&[], &["read-only"]);
    at(&gateway(&["--max-frame", "64M"]))
        .said()
        .check(&[], &["small-frames"]);
    let plain = gateway(&[]);
    at(&plain)
        .without("SCCACHE_MAX_FRAME_LENGTH")
        .said()
        .check(&[], &["small-frames"]);
    let small = Daemon::start_of(&sccache(), &[("SCCACHE_MAX_FRAME_LENGTH", "67108864")]);
    let behind = Gateway::start(&small, &[]);
    at(&behind).said().check(&[], &["small-frames"]);
    let paths = Daemon::start_of(&sccache(), &[("SCCACHE_MULTILEVEL_CHAIN", "")]);
    Doctor::at(&shim, &paths.socket())
        .said()
        .check(&[], &["daemon-sends-paths"]);
}

#[test]
fn sccache_is_missing_or_too_old() {
    let (shim, daemon) = (shim(), Daemon::start());
    let with = |sccache: &Path| {
        Doctor::at(&shim, &daemon.socket())
            .env("NIX_SCCACHE_SCCACHE", sccache)
            .said()
    };
    with(Path::new("/nonexistent/sccache")).check(&["sccache-fails"], &[]);
    let folder = tempfile::tempdir().unwrap();
    let program = |name: &str, text: &str| {
        script(&folder.path().join(name), &format!("#!/bin/sh\n{text}\n"));
        folder.path().join(name)
    };
    with(&program("old", "echo sccache 0.16.0")).check(&["sccache-too-old"], &[]);
    with(&program("hangs", "sleep 100 & sleep 100")).check(&["sccache-fails"], &[]);
}

/// In a session, as a build has it, and in one that the doctor begins: with a server of its own.
#[test]
fn other_transports() {
    let (shim, redis, folder) = (shim(), Redis::start(), tempfile::tempdir().unwrap());
    let endpoint = format!("redis+unix://localhost{}", redis.socket().display());
    let of = |transport: &str| {
        Doctor::of(&shim, transport)
            .nix_conf(&format!("sandbox-paths = {}", folder.path().display()))
    };
    let at_redis = || of("redis").env("SCCACHE_REDIS_ENDPOINT", &endpoint);
    at_redis().said().check(&[], &[]);
    assert!(redis.entries() > 0);
    let mut in_session = at_redis();
    let program = in_session.command.get_program().to_owned();
    in_session.command = {
        let mut run = Command::new(&program);
        run.envs(
            in_session
                .command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
        run.args(["run", "--"]).arg(&program).arg("doctor");
        run
    };
    in_session.said().check(&[], &[]);
    let build = |doctor: Doctor| {
        doctor
            .without("IN_NIX_SHELL")
            .env("NIX_BUILD_TOP", "/tmp/build")
    };
    build(at_redis()).said().check(&["no-session"], &[]);
    of("redis")
        .env(
            "SCCACHE_REDIS_ENDPOINT",
            "redis+unix://localhost/nonexistent/r",
        )
        .said()
        .check(&["server-not-started"], &[]);
    of("directory")
        .env("SCCACHE_DIR", folder.path().join("cache"))
        .said()
        .check(&[], &[]);
    of("sever")
        .env("SCCACHE_DIR", folder.path().join("cache"))
        .said()
        .check(&["transport-unknown"], &[]);
    // No server of a session's is left.
    let left = Command::new("pgrep").args(["-f", &endpoint]).output();
    assert!(left.is_ok_and(|left| left.stdout.is_empty()));
}

#[test]
fn secrets_are_hidden() {
    let shim = shim();
    let doctor = || {
        Doctor::of(&shim, "redis")
            .env("SCCACHE_REDIS_PASSWORD", "hunter2-a")
            .env("AWS_SECRET_ACCESS_KEY", "hunter2-b")
            // Sccache repeats it, and one that stands where it does not belong.
            .env(
                "SCCACHE_REDIS_ENDPOINT",
                "redis://me:hunter2-c@localhost:1/0",
            )
            .env("SCCACHE_WEBDAV_USERNAME", "hunter2-b")
    };
    for said in [doctor().output().1, doctor().said().json.to_string()] {
        assert!(!said.contains("hunter2"), "{said}");
        assert!(
            said.contains("SCCACHE_REDIS_PASSWORD") && said.contains("(hidden)"),
            "{said}"
        );
        assert!(said.contains("redis://(hidden)@localhost:1/0"), "{said}");
    }
}

/// Nobody hears it, and the exit status says all the same what it found.
#[test]
fn nobody_reads() {
    let (shim, daemon) = (shim(), Daemon::start());
    for (socket, code) in [
        (daemon.socket().as_path(), 0),
        (Path::new("/nonexistent/s"), 1),
    ] {
        let mut doctor = Doctor::at(&shim, socket);
        let status = doctor.command.stdout(closed()).stderr(closed()).status();
        assert_eq!(status.unwrap().code(), Some(code));
    }
    // A disk that is full is told.
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = Doctor::at(&shim, &daemon.socket())
        .command
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("cannot print it"),
        "{output:?}"
    );
    // A wrong call is told apart.
    let mut wrong = Doctor::new(&shim);
    wrong.command.arg("--jsn");
    assert_eq!(wrong.output().0, Some(2));
}
