//! `nix-sccache doctor` with real daemons, gateways, stores, shims and Nixes, and with what goes wrong with them.

use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt, symlink};
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
    }

    /// The same, with a daemon or a gateway at this socket, which Nix mounts.
    fn at(shim: &Shim, socket: &Path) -> Self {
        let doctor = Self::of(shim, "server").env("SCCACHE_SERVER_UDS", socket);
        let folder = socket.parent().unwrap().display();
        doctor.nix_conf(&format!("sandbox-paths = {folder}?"))
    }

    fn nix_conf(self, line: &str) -> Self {
        self.nix_conf_of(hosts().next().unwrap().plugin(), line)
    }

    fn nix_conf_of(self, plugin: &Path, line: &str) -> Self {
        let conf = format!("plugin-files = {}\n{line}\n", plugin.display());
        fs::write(self.folder.path().join("nix.conf"), conf).unwrap();
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

    /// As what another program runs.
    fn below(self, mut command: Command) -> Self {
        let variables = self.command.get_envs();
        let variables = variables.filter_map(|(name, value)| Some((name, value?)));
        command.env_clear().envs(variables);
        command
            .arg(self.command.get_program())
            .args(self.command.get_args());
        Self { command, ..self }
    }

    fn in_session(self) -> Self {
        let mut run = Command::new(self.command.get_program());
        run.args(["run", "--"]);
        self.below(run)
    }

    /// As another user than root, with tools that such a one can run.
    fn by_nobody(self, shim: &Shim) -> Self {
        fs::set_permissions(shim.path(), Permissions::from_mode(0o755)).unwrap();
        let sccache = self.folder.path().join("sccache");
        script(&sccache, "#!/bin/sh\necho sccache 0.19.0\n");
        let mut command = Command::new("setpriv");
        command.args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"]);
        command.current_dir("/");
        self.env("NIX_SCCACHE_SCCACHE", sccache).below(command)
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

    /// That these keep builds from the cache, and nothing else; that these are to be known.
    #[track_caller]
    fn check(self, errors: &[&str], warnings: &[&str]) -> Said {
        let said = self.said();
        assert_eq!(said.codes("error"), errors, "{said:#?}");
        assert_eq!(said.codes("warning"), warnings, "{said:#?}");
        assert_eq!(said.code, Some(i32::from(!errors.is_empty())), "{said:#?}");
        assert_eq!(said.json["served"], errors.is_empty(), "{said:#?}");
        said
    }

    #[track_caller]
    fn fails(self, error: &str) -> Said {
        self.check(&[error], &[])
    }

    #[track_caller]
    fn warns(self, warning: &str) -> Said {
        self.check(&[], &[warning])
    }
}

impl Said {
    fn codes(&self, severity: &str) -> Vec<&str> {
        let findings = self.json["findings"].as_array().unwrap().iter();
        let findings = findings.filter(|it| it["severity"] == severity);
        findings.map(|it| it["code"].as_str().unwrap()).collect()
    }

    /// That a member has this value.
    #[track_caller]
    fn has(&self, member: &str, value: impl Into<Value>) {
        let found = self.json.pointer(member);
        assert_eq!(found, Some(&value.into()), "{member}: {self:#?}");
    }

    /// That this is among what is to be done.
    #[track_caller]
    fn advises(&self, remedy: &str) {
        let findings = self.json["findings"].to_string();
        assert!(findings.contains(remedy), "{remedy}: {self:#?}");
    }
}

/// In a development shell: with cargo, with rustc alone, and with a daemon or a gateway.
#[test]
fn a_set_up_that_works() {
    let (shim, daemon) = (shim(), Daemon::start());
    let gateway = Gateway::start(&daemon, &[]);
    for (socket, listener) in [(daemon.socket(), "sccache"), (gateway.socket(), "gateway")] {
        let said = Doctor::at(&shim, &socket).check(&[], &[]);
        said.has("/schema", 2);
        said.has("/place", "dev-shell");
        said.has("/storage/listener", listener);
        let took = &said.json["storage"]["round_trip_seconds"];
        assert!(took.as_f64().unwrap() > 0.0, "{said:#?}");
        said.has("/trial/by", "cargo");
        said.has("/trial/outcomes/0", "miss");
        said.has("/trial/outcomes/1", "hit");
        said.has("/nix/has_plugin", true);
    }
    let (code, text) = Doctor::at(&shim, &gateway.socket()).output();
    assert_eq!(code, Some(0), "{text}");
    let end = "\nA build here would be served by the cache.\n";
    assert!(text.ends_with(end), "{text}");
    for title in ["to fix", "to know"] {
        assert!(!text.contains(title), "{text}");
    }
    let is_short = |line: &str| line.chars().count() <= 80;
    assert!(text.lines().all(is_short), "{text}");
    // The session that was tried with is gone, and one entry for all probes is left.
    let rustc = Doctor::at(&shim, &daemon.socket());
    let bin = rustc.folder.path().join("bin");
    fs::create_dir(&bin).unwrap();
    let path = std::env::var("PATH").unwrap();
    let runs = format!("#!/bin/sh\nPATH={path} exec rustc \"$@\"\n");
    script(&bin.join("rustc"), &runs);
    std::os::unix::fs::symlink("/usr/bin/cc", bin.join("cc")).unwrap();
    let said = rustc.env("PATH", bin).check(&[], &[]);
    said.has("/trial/by", "rustc");
    said.has("/trial/outcomes/1", "hit");
    let entries = daemon.entries().into_iter();
    let is_probe = |entry: &PathBuf| entry.to_string_lossy().contains("6e69782d");
    assert_eq!(entries.filter(is_probe).count(), 1);
}

/// On a host whose environment names no cache, what counts is what derivations find by default.
#[test]
fn on_the_host() {
    let shim = shim();
    let missing = ["sandbox-path-missing", "socket-missing"];
    // Without the plugin `withSccache { }` is served, and every build of a machine.
    let said = Doctor::new(&shim).check(&missing, &["plugin-missing"]);
    said.has("/are_defaults", true);
    said.advises("extra-sandbox-paths = /run/nix-sccache?");
    let mounting = |path: &str| Doctor::new(&shim).nix_conf(&format!("sandbox-paths = {path}"));
    for other in [
        "/run/nix",
        "/tmp=/run/nix-sccache",
        "/run/nix-sccache-daemon",
    ] {
        mounting(other).check(&missing, &[]);
    }
    mounting("/run=/tmp").fails(missing[1]);
    for host in hosts() {
        let bin = host.path().parent().unwrap().display();
        let path = format!("{bin}:{}", std::env::var("PATH").unwrap());
        let with = |plugin: &Path| {
            let line = "sandbox-paths = /run/nix-sccache=/tmp?";
            let doctor = Doctor::new(&shim).nix_conf_of(plugin, line);
            doctor.env("PATH", &path)
        };
        with(host.plugin()).fails(missing[1]);
        let broken = with(Path::new("/nonexistent.so")).said();
        let codes = broken.codes("error");
        assert!(codes.contains(&"plugin-fails"), "{broken:#?}");
    }
}

#[test]
fn the_shim_is_not_in_front_of_rustc() {
    let (shim, daemon) = (shim(), Daemon::start());
    let doctor = || Doctor::at(&shim, &daemon.socket()).without("RUSTC_WRAPPER");
    let by = |wrapper: &Path| doctor().env("RUSTC_WRAPPER", wrapper);
    doctor().fails("shim-not-in-front");
    by(Path::new("env")).fails("shim-not-in-front");
    by(&shim.program("nix-sccache-shim")).fails("compile-fails");
    // By the names that the setup hook puts on PATH it is.
    let libexec = shim.path().join("libexec/nix-sccache");
    let path = format!("{}:{}", libexec.display(), std::env::var("PATH").unwrap());
    let said = doctor().env("PATH", path).check(&[], &[]);
    said.has("/programs/in_front/0/is_shim", true);
}

/// The codes, the sentences and the remedies are those of the report.
#[test]
fn calls_that_run_without_the_cache() {
    let (shim, daemon) = (shim(), Daemon::start());
    let doctor = || Doctor::at(&shim, &daemon.socket());
    doctor().env("CARGO_INCREMENTAL", "1").check(&[], &[]);
    let native = doctor().env("RUSTFLAGS", "-Ctarget-cpu=native");
    native.fails("native").advises("name a processor");
    let wraps = |languages| doctor().env("NIX_SCCACHE_WRAP", languages);
    wraps("c").warns("not-wrapped");
    wraps("none").fails("not-wrapped");
    let own = doctor();
    fs::create_dir(own.folder.path().join(".cargo")).unwrap();
    let config = "[build]\nrustc-wrapper = '/usr/bin/env'\n";
    fs::write(own.folder.path().join(".cargo/config.toml"), config).unwrap();
    own.fails("project-wrapper");
}

#[test]
fn nothing_is_at_the_socket() {
    let (shim, folder) = (shim(), tempfile::tempdir().unwrap());
    let at = |name: &str| Doctor::at(&shim, &folder.path().join(name));
    at("s").fails("socket-missing");
    let build = at("none/s").without("IN_NIX_SHELL");
    let build = build.env("NIX_BUILD_TOP", "/build").fails("socket-missing");
    let missing = folder.path().join("none");
    build.advises(&format!("extra-sandbox-paths = {}?", missing.display()));
    fs::write(folder.path().join("file"), "").unwrap();
    at("file").fails("not-a-socket");
    drop(UnixListener::bind(folder.path().join("left")).unwrap());
    at("left").fails("nobody-listens");
    // Nothing was started there.
    assert!(!folder.path().join("s").exists());
}

#[test]
fn who_does_not_answer_or_is_somebody_else() {
    let (shim, daemon) = (shim(), Daemon::start());
    daemon.pause();
    Doctor::at(&shim, &daemon.socket()).fails("silent");
    for nonsense in [
        &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..],
        b"\0\0\0\x04\xff\xff\xff\xff",
        b"\xff\xff\xff\xff",
        b"",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("s");
        let listener = UnixListener::bind(&socket).unwrap();
        thread::spawn(move || {
            for mut connection in listener.incoming().flatten() {
                connection.write_all(nonsense).ok();
            }
        });
        Doctor::at(&shim, &socket).fails("not-a-storage");
    }
}

/// Root may use everything, so this is what another user finds.
#[test]
fn another_user_may_not_connect() {
    let (shim, daemon) = (shim(), Daemon::start());
    let socket = daemon.socket();
    for (path, mode, does) in [(&*socket, 0o600, "666"), (&daemon.folder(), 0o700, "a+x")] {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        let said = Doctor::at(&shim, &socket).by_nobody(&shim).said();
        assert!(said.codes("error").contains(&"socket-denied"), "{said:#?}");
        said.advises(&format!("chmod {does} {}", path.display()));
    }
}

/// Nothing else is wrong with it; nor is anything with one that stands alone.
#[test]
fn a_storage_that_only_reads() {
    let (shim, daemon) = (shim(), Daemon::start());
    let reads = Gateway::start(&daemon, &["--read-only"]);
    Doctor::at(&shim, &reads.socket()).warns("read-only");
    let disk = Daemon::start_of(&sccache(), &[("SCCACHE_MULTILEVEL_CHAIN", "")]);
    Doctor::at(&shim, &disk.socket()).check(&[], &[]);
}

#[test]
fn sccache_is_missing_or_too_old() {
    let (shim, daemon, folder) = (shim(), Daemon::start(), tempfile::tempdir().unwrap());
    let with =
        |sccache: &Path| Doctor::at(&shim, &daemon.socket()).env("NIX_SCCACHE_SCCACHE", sccache);
    with(Path::new("/nonexistent/sccache")).warns("sccache-fails");
    let program = folder.path().join("sccache");
    script(&program, "#!/bin/sh\necho sccache 0.16.0\n");
    with(&program).warns("sccache-too-old");
    script(&program, "#!/bin/sh\nsleep 100 & sleep 100\n");
    with(&program).warns("sccache-fails");
}

/// In a session, as a build has it, and in one that the doctor begins: with a server of its own.
#[test]
fn other_transports() {
    let (shim, redis, folder) = (shim(), Redis::start(), tempfile::tempdir().unwrap());
    let endpoint = format!("redis+unix://localhost{}", redis.socket().display());
    let line = format!("sandbox-paths = {}", folder.path().display());
    let of = |transport: &str| Doctor::of(&shim, transport).nix_conf(&line);
    let at = |endpoint: &str| of("redis").env("SCCACHE_REDIS_ENDPOINT", endpoint);
    let in_directory = |transport| of(transport).env("SCCACHE_DIR", folder.path().join("cache"));
    at(&endpoint).check(&[], &[]);
    assert!(redis.entries() > 0);
    at(&endpoint).in_session().check(&[], &[]);
    let build = at(&endpoint).without("IN_NIX_SHELL");
    build.env("NIX_BUILD_TOP", "/tmp/build").fails("no-session");
    at("redis+unix://localhost/nonexistent/r").fails("server-not-started");
    in_directory("directory").check(&[], &[]);
    in_directory("sever").fails("transport-unknown");
    // No server of a session's is left.
    let left = Command::new("pgrep").args(["-f", &endpoint]).output();
    assert!(left.is_ok_and(|left| left.stdout.is_empty()));
}

/// What a machine mounts into every build, whole and not.
#[test]
fn what_is_mounted_into_every_build() {
    let (shim, daemon) = (shim(), Daemon::start());
    let mounted = tempfile::tempdir().unwrap();
    let doctor = || {
        let folder = daemon.folder();
        let paths = format!("{}? /.cargo={}", folder.display(), mounted.path().display());
        Doctor::at(&shim, &daemon.socket()).nix_conf(&format!("sandbox-paths = {paths}"))
    };
    let said = doctor().fails("every-build-broken");
    said.advises("everyBuild");
    let write = |name: &str, text: &str| fs::write(mounted.path().join(name), text).unwrap();
    write(
        "config.toml",
        "[build]\nrustc-wrapper = \"/.cargo/sccache\"\n",
    );
    write(
        "settings",
        "NIX_SCCACHE_TRANSPORT=server\nNIX_SCCACHE_EXCLUDE=a,b\nNIX_SCCACHE_VERIFY=200\n",
    );
    write("libnix_sccache_trace.so", "");
    script(&mounted.path().join("sccache"), "#!/bin/sh\n");
    let said = doctor().check(&[], &[]);
    said.has("/every_build/exclude/1", "b");
    said.has("/every_build/verify", "200");

    let links = tempfile::tempdir().unwrap();
    let link = links.path().join("result");
    symlink(mounted.path(), &link).unwrap();
    let paths = format!("{}? /.cargo={}?", daemon.folder().display(), link.display());
    let said = Doctor::at(&shim, &daemon.socket())
        .nix_conf(&format!("sandbox-paths = {paths}"))
        .fails("every-build-broken");
    said.advises("everyBuild");
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
        for shown in [
            "SCCACHE_REDIS_PASSWORD",
            "(hidden)",
            "redis://(hidden)@localhost:1/0",
        ] {
            assert!(said.contains(shown), "{said}");
        }
    }
}

#[test]
fn variables_that_the_shim_would_not_take() {
    let shim = shim();
    Doctor::of(&shim, "server")
        .nix_conf("")
        .fails("socket-not-named");
    let build = Doctor::new(&shim).env("NIX_BUILD_TOP", "/build");
    build.fails("cache-not-named");
    let daemon = Daemon::start();
    let gone = Doctor::at(&shim, &daemon.socket()).env("NIX_SCCACHE_SESSION", "/nonexistent");
    gone.warns("session-gone");
}

/// Nobody hears it, and the exit status says all the same what it found.
#[test]
fn nobody_reads() {
    let (shim, daemon) = (shim(), Daemon::start());
    for (socket, code) in [(&*daemon.socket(), 0), (Path::new("/nonexistent/s"), 1)] {
        let mut doctor = Doctor::at(&shim, socket);
        let status = doctor.command.stdout(closed()).stderr(closed()).status();
        assert_eq!(status.unwrap().code(), Some(code));
    }
    // A disk that is full is told.
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let mut doctor = Doctor::at(&shim, &daemon.socket());
    let output = doctor.command.stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("cannot print it"), "{said}");
    // A wrong call is told apart.
    let mut wrong = Doctor::new(&shim);
    wrong.command.arg("--jsn");
    assert_eq!(wrong.output().0, Some(2));
}
