//! `nix-sccache doctor` with real daemons, stores and shims, and with what goes wrong with them.

use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Output};
use std::thread;
use std::time::{Duration, Instant};

use nix_sccache_tests::{Daemon, Redis, Shim, sccache, script};
use serde_json::Value;
use tempfile::TempDir;

use crate::{closed, shim};

/// No probe may keep anybody for long, and all together neither.
const PATIENCE: Duration = Duration::from_secs(25);

/// A user who may do what everybody may.
const NOBODY: u32 = 65534;

/// A doctor who is called where nothing but this test's variables is set.
struct Doctor {
    command: Command,
    folder: TempDir,
}

/// What it said.
#[derive(Debug)]
struct Said {
    code: Option<i32>,
    json: Value,
}

impl Doctor {
    /// With the shim in front of rustc, and nothing said of the cache.
    fn new(shim: &Shim) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Another user may be the one to be examined.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let mut command = Command::new(shim.program("nix-sccache"));
        command
            .arg("doctor")
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("RUSTUP_HOME", rustup_home())
            .env("HOME", folder.path())
            .env("RUSTC_WRAPPER", shim.program("sccache"))
            .env("CARGO_INCREMENTAL", "0")
            .env("NIX_SCCACHE_SCCACHE", sccache())
            .current_dir(folder.path());
        Self { command, folder }
    }

    /// With what `rust.sccacheEnv` says of a daemon at this socket.
    fn of_daemon(shim: &Shim, socket: &Path) -> Self {
        Self::new(shim)
            .env("NIX_SCCACHE_TRANSPORT", "server")
            .env("SCCACHE_CLIENT_SIDE", "true")
            .env("SCCACHE_MAX_FRAME_LENGTH", "1073741824")
            .env("SCCACHE_SERVER_UDS", socket)
    }

    fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// As another user than root, which these tests are run as, with tools that such a one can
    /// run, wherever root keeps its own.
    fn by_nobody(self, shim: &Shim) -> Self {
        fs::set_permissions(shim.path(), Permissions::from_mode(0o755)).unwrap();
        let tools = self.folder().join("tools");
        fs::create_dir(&tools).unwrap();
        for name in ["rustc", "cargo", "sccache"] {
            script(
                &tools.join(name),
                &format!("#!/bin/sh\necho {name} 0.19.0\n"),
            );
        }
        let mut command = Command::new("setpriv");
        command
            .arg(format!("--reuid={NOBODY}"))
            .arg(format!("--regid={NOBODY}"))
            .arg("--clear-groups")
            .arg(self.command.get_program())
            .args(self.command.get_args())
            .env_clear()
            .envs(
                self.command
                    .get_envs()
                    .filter_map(|(name, value)| Some((name, value?))),
            )
            .env("PATH", format!("{}:/usr/bin:/bin", tools.display()))
            .env("NIX_SCCACHE_SCCACHE", tools.join("sccache"))
            .current_dir("/");
        Self { command, ..self }
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    #[track_caller]
    fn output(&mut self) -> Output {
        let began = Instant::now();
        let output = self.command.output().unwrap();
        let took = began.elapsed();
        assert!(took < PATIENCE, "{took:?}");
        output
    }

    /// What it says for programs.
    #[track_caller]
    fn json(mut self) -> Said {
        self.command.arg("--json");
        let output = self.output();
        let json = serde_json::from_slice(&output.stdout);
        Said {
            code: output.status.code(),
            json: json.unwrap_or_else(|error| panic!("{error}: {output:?}")),
        }
    }

    /// What it says for people, and that it fits their screen.
    #[track_caller]
    fn text(mut self) -> String {
        let output = self.output();
        let text = String::from_utf8(output.stdout).unwrap();
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{line:?} in {text}");
        }
        text
    }
}

impl Said {
    /// The names of what keeps builds from the cache.
    fn to_fix(&self) -> Vec<&str> {
        self.problems("fix").collect()
    }

    fn problems(&self, weight: &str) -> impl Iterator<Item = &str> {
        self.json["problems"]
            .as_array()
            .unwrap()
            .iter()
            .filter(move |problem| problem["weight"] == weight)
            .map(|problem| problem["name"].as_str().unwrap())
    }

    /// That this keeps builds from the cache, and nothing else.
    #[track_caller]
    fn check(&self, name: &str) {
        assert_eq!(self.to_fix(), [name], "{self:#?}");
        assert_eq!(self.code, Some(1), "{self:#?}");
        assert_eq!(self.json["served"], false, "{self:#?}");
    }

    /// That nothing does.
    #[track_caller]
    fn check_served(&self) {
        assert_eq!(self.to_fix(), [""; 0], "{self:#?}");
        assert_eq!(self.code, Some(0), "{self:#?}");
        assert_eq!(self.json["served"], true, "{self:#?}");
    }
}

fn rustup_home() -> std::path::PathBuf {
    let home = std::env::var_os("RUSTUP_HOME").map(Into::into);
    home.unwrap_or_else(|| Path::new(&std::env::var_os("HOME").unwrap()).join(".rustup"))
}

/// A socket, and somebody who does this with each connection.
fn listen(
    folder: &Path,
    with: impl Fn(std::os::unix::net::UnixStream) + Send + 'static,
) -> std::path::PathBuf {
    let socket = folder.join("s");
    let listener = UnixListener::bind(&socket).unwrap();
    thread::spawn(move || listener.incoming().flatten().for_each(with));
    socket
}

#[test]
fn all_is_well() {
    let (shim, daemon) = (shim(), Daemon::start());
    let said = Doctor::of_daemon(&shim, &daemon.socket()).json();
    said.check_served();
    assert_eq!(said.problems("note").count(), 0, "{said:#?}");
    assert_eq!(said.json["schema"], 1);
    assert_eq!(said.json["environment"]["place"], "host");
    let server = &said.json["cache"]["server"];
    assert_eq!(server["found"]["state"], "answered", "{said:#?}");
    assert_eq!(server["version"], server["client_version"], "{said:#?}");
    assert_eq!(server["mode"], "ReadWrite", "{said:#?}");
    assert_eq!(
        said.json["build"]["ways"][0]["through_cache"], true,
        "{said:#?}"
    );
    let text = Doctor::of_daemon(&shim, &daemon.socket()).text();
    for part in [
        "\nA build here would be served by the cache.\n",
        &format!(
            "  server        {}\n                answers\n",
            daemon.socket().display()
        ),
        "rust          asks the cache: RUSTC_WRAPPER leads to the shim",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(
        !text.contains("to fix") && !text.contains("to know"),
        "{text}"
    );
}

#[test]
fn the_shim_is_not_in_front_of_rustc() {
    let (shim, daemon) = (shim(), Daemon::start());
    let mut doctor = Doctor::of_daemon(&shim, &daemon.socket());
    doctor.command.env_remove("RUSTC_WRAPPER");
    let said = doctor.json();
    said.check("rust-not-wrapped");
    let real = Doctor::of_daemon(&shim, &daemon.socket()).env("RUSTC_WRAPPER", sccache());
    real.json().check("wrapper-not-ours");
    let wrong = Doctor::of_daemon(&shim, &daemon.socket())
        .env("RUSTC_WRAPPER", shim.program("nix-sccache"));
    wrong.json().check("wrapper-by-wrong-name");
    // In a session, and by the shim as cargo, it is.
    let path = format!(
        "{}:{}",
        shim.path().join("libexec/nix-sccache").display(),
        std::env::var("PATH").unwrap()
    );
    let mut doctor = Doctor::of_daemon(&shim, &daemon.socket()).env("PATH", path);
    doctor.command.env_remove("RUSTC_WRAPPER");
    let said = doctor.json();
    said.check_served();
    assert_eq!(
        said.json["tools"]["tools"][0]["found"][0]["kind"], "shim",
        "{said:#?}"
    );
}

#[test]
fn nothing_is_at_the_socket() {
    let (shim, folder) = (shim(), tempfile::tempdir().unwrap());
    let at = |name: &str| Doctor::of_daemon(&shim, &folder.path().join(name));
    at("s").json().check("socket-missing");
    let in_sandbox = at("none/s").env("NIX_BUILD_TOP", "/build").json();
    in_sandbox.check("socket-missing");
    let remedy = in_sandbox.json["problems"][0]["remedy"].as_str().unwrap();
    assert!(
        remedy.contains(&format!(
            "extra-sandbox-paths = {}",
            folder.path().join("none").display()
        )),
        "{remedy}"
    );
    fs::write(folder.path().join("file"), "").unwrap();
    at("file").json().check("not-a-socket");
    drop(UnixListener::bind(folder.path().join("left")).unwrap());
    at("left").json().check("nobody-listens");
    // Nothing was started there.
    assert!(!folder.path().join("s").exists());
}

#[test]
fn the_daemon_is_silent() {
    let (shim, daemon) = (shim(), Daemon::start());
    daemon.pause();
    Doctor::of_daemon(&shim, &daemon.socket())
        .json()
        .check("silent");
}

#[test]
fn somebody_else_listens() {
    let shim = shim();
    for nonsense in [
        &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..],
        b"\0\0\0\x04\xff\xff\xff\xff",
        b"\xff\xff\xff\xff",
        b"",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let socket = listen(folder.path(), move |mut connection| {
            connection.write_all(nonsense).ok();
        });
        Doctor::of_daemon(&shim, &socket).json().check("strange");
    }
}

/// Root may use everything, so this is what another user finds.
#[test]
fn another_user_may_not_connect() {
    let (shim, daemon) = (shim(), Daemon::start());
    let check = |remedy: &str| {
        let said = Doctor::of_daemon(&shim, &daemon.socket())
            .by_nobody(&shim)
            .json();
        said.check("socket-denied");
        let problem = &said.json["problems"][0];
        assert!(
            problem["remedy"].as_str().unwrap().contains(remedy),
            "{problem}"
        );
    };
    fs::set_permissions(daemon.socket(), Permissions::from_mode(0o600)).unwrap();
    check(&format!("chmod 666 {}", daemon.socket().display()));
    fs::set_permissions(daemon.socket(), Permissions::from_mode(0o666)).unwrap();
    fs::set_permissions(daemon.folder(), Permissions::from_mode(0o700)).unwrap();
    check(&format!("chmod a+x {}", daemon.folder().display()));
    fs::set_permissions(daemon.folder(), Permissions::from_mode(0o755)).unwrap();
    let said = Doctor::of_daemon(&shim, &daemon.socket())
        .by_nobody(&shim)
        .json();
    assert_eq!(said.json["environment"]["user"], NOBODY, "{said:#?}");
    said.check_served();
}

#[test]
fn sccache_is_missing_or_too_old() {
    let (shim, daemon) = (shim(), Daemon::start());
    let with = |sccache: &Path| {
        Doctor::of_daemon(&shim, &daemon.socket()).env("NIX_SCCACHE_SCCACHE", sccache)
    };
    with(Path::new("/nonexistent/sccache"))
        .json()
        .check("sccache-fails");
    let folder = tempfile::tempdir().unwrap();
    let old = folder.path().join("sccache");
    script(&old, "#!/bin/sh\necho sccache 0.16.0\n");
    with(&old).json().check("sccache-too-old");
    let hangs = folder.path().join("hangs");
    script(&hangs, "#!/bin/sh\nsleep 100 & sleep 100\n");
    with(&hangs).json().check("sccache-fails");
    // Nothing but the tools that are no sccache.
    let bare = folder.path().join("bin");
    fs::create_dir(&bare).unwrap();
    for name in ["rustc", "cargo", "cc"] {
        script(&bare.join(name), &format!("#!/bin/sh\necho {name} 1.2.3\n"));
    }
    symlink(shim.program("nix-sccache"), bare.join("sccache")).unwrap();
    let mut doctor = Doctor::of_daemon(&shim, &daemon.socket()).env("PATH", &bare);
    doctor.command.env_remove("NIX_SCCACHE_SCCACHE");
    doctor.json().check("sccache-missing");
}

#[test]
fn directories() {
    let (shim, folder) = (shim(), tempfile::tempdir().unwrap());
    let at = |path: &Path| {
        Doctor::new(&shim)
            .env("NIX_SCCACHE_TRANSPORT", "directory")
            .env("SCCACHE_SERVER_PORT", "1")
            .env("SCCACHE_DIR", path)
    };
    let said = at(folder.path()).json();
    said.check_served();
    let store = &said.json["cache"]["stores"][0];
    assert_eq!(
        (&store["state"], &store["writable"]),
        (&"directory".into(), &true.into())
    );
    assert!(store["free"].as_u64().unwrap() > 0, "{said:#?}");
    let new = folder.path().join("new");
    at(&new).json().check_served();
    assert!(!new.exists());
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    at(&file).json().check("directory-unusable");
    // One that belongs to root, and one in which root has left entries.
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    at(folder.path())
        .by_nobody(&shim)
        .json()
        .check("directory-unusable");
    fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
    at(folder.path()).by_nobody(&shim).json().check_served();
    let entries = folder.path().join("a");
    fs::create_dir(&entries).unwrap();
    fs::set_permissions(&entries, Permissions::from_mode(0o750)).unwrap();
    at(folder.path())
        .by_nobody(&shim)
        .json()
        .check("entries-of-others");
    let in_sandbox = at(&folder.path().join("none"))
        .env("NIX_BUILD_TOP", "/build")
        .json();
    assert_eq!(
        in_sandbox.to_fix(),
        ["no-session", "directory-unusable"],
        "{in_sandbox:#?}"
    );
}

#[test]
fn redis() {
    let (shim, redis) = (shim(), Redis::start());
    let at = |endpoint: &str| {
        Doctor::new(&shim)
            .env("NIX_SCCACHE_TRANSPORT", "redis")
            .env("SCCACHE_SERVER_PORT", "1")
            .env("SCCACHE_REDIS_ENDPOINT", endpoint)
    };
    let socket = redis.socket();
    let said = at(&format!("redis+unix://localhost{}", socket.display())).json();
    said.check_served();
    assert_eq!(
        said.json["cache"]["stores"][0]["found"]["state"],
        "answered"
    );
    at(&format!("redis+unix://{}", socket.display()))
        .json()
        .check("store-nowhere");
    at("redis+unix://localhost/nonexistent/r")
        .json()
        .check("socket-missing");
    at("redis://db.example:6379").json().check_served();
    // In a build there is no server without a session.
    let mut doctor = at(&format!("redis+unix://localhost{}", socket.display()));
    doctor.command.env_remove("SCCACHE_SERVER_PORT");
    doctor
        .env("NIX_BUILD_TOP", "/tmp/build")
        .json()
        .check("no-session");
}

/// As a build has it: in a session, with a server of its own.
#[test]
fn in_a_session() {
    let (shim, redis) = (shim(), Redis::start());
    let mut run = shim.run_with("redis");
    run.env(
        "SCCACHE_REDIS_ENDPOINT",
        format!("redis+unix://localhost{}", redis.socket().display()),
    )
    .arg("--")
    .arg(shim.program("nix-sccache"))
    .args(["doctor", "--json"]);
    let output = run.output().unwrap();
    let said = Said {
        code: output.status.code(),
        json: serde_json::from_slice(&output.stdout).unwrap(),
    };
    said.check_served();
    assert_eq!(said.json["environment"]["in_session"], true, "{said:#?}");
    assert_eq!(
        said.json["cache"]["server"]["found"]["state"], "answered",
        "{said:#?}"
    );
}

#[test]
fn secrets_are_hidden() {
    let (shim, daemon) = (shim(), Daemon::start());
    let doctor = || {
        let doctor = Doctor::of_daemon(&shim, &daemon.socket())
            .env("SCCACHE_REDIS_PASSWORD", "hunter2-a")
            .env("AWS_SECRET_ACCESS_KEY", "hunter2-b")
            .env("AWS_ACCESS_KEY_ID", "hunter2-c")
            .env("SCCACHE_WEBDAV_TOKEN", "hunter2-d")
            .env("SCCACHE_REDIS_ENDPOINT", "redis://me:hunter2-e@h:1/0")
            .env("SCCACHE_WEBDAV_ENDPOINT", "https://h/p?sig=hunter2-f")
            // A secret that turns up where it does not belong.
            .env("SCCACHE_WEBDAV_USERNAME", "hunter2-d");
        let conf = doctor.folder().join("sccache.conf");
        fs::write(
            &conf,
            "[cache.webdav]\nendpoint = \"https://me:hunter2-g@h\"\npassword = \"hunter2-h\"\n\
             token = '''\nhunter2-i\n'''\nkey_prefix = \"shown\"\n",
        )
        .unwrap();
        let cargo = doctor.folder().join(".cargo");
        fs::create_dir(&cargo).unwrap();
        fs::write(
            cargo.join("config.toml"),
            "[registry]\ntoken = \"hunter2-j\n",
        )
        .unwrap();
        doctor.env("SCCACHE_CONF", conf)
    };
    let text = doctor().text();
    let json = doctor().json().json.to_string();
    for said in [&text, &json] {
        assert!(!said.contains("hunter2"), "{said}");
        assert!(
            said.contains("SCCACHE_REDIS_PASSWORD") && said.contains("(hidden)"),
            "{said}"
        );
        assert!(said.contains("redis://(hidden)@h:1/0"), "{said}");
        assert!(
            said.contains("key_prefix") && said.contains("shown"),
            "{said}"
        );
    }
}

/// Nobody hears it, and the exit status says all the same what it found.
#[test]
fn nobody_reads() {
    let (shim, daemon) = (shim(), Daemon::start());
    let missing = Path::new("/nonexistent/s");
    for (socket, code) in [(daemon.socket().as_path(), 0), (missing, 1)] {
        for json in [false, true] {
            let mut doctor = Doctor::of_daemon(&shim, socket);
            if json {
                doctor.command.arg("--json");
            }
            let status = doctor.command.stdout(closed()).stderr(closed()).status();
            assert_eq!(status.unwrap().code(), Some(code));
        }
    }
    // A disk that is full is told.
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let mut doctor = Doctor::of_daemon(&shim, &daemon.socket());
    let output = doctor.command.stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("cannot print it"),
        "{output:?}"
    );
}

#[test]
fn a_wrong_call_is_told_apart() {
    let shim = shim();
    let mut doctor = Doctor::new(&shim);
    doctor.command.arg("--jsn");
    assert_eq!(doctor.output().status.code(), Some(2));
}

/// What is in the way of cargo and x.py is told from their files.
#[test]
fn files_of_settings() {
    let (shim, daemon) = (shim(), Daemon::start());
    let doctor = Doctor::of_daemon(&shim, &daemon.socket());
    let write = |name: &str, text: &str| {
        let path = doctor.folder().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write(".cargo/config.toml", "[build]\nrustc-wrapper = \"other\"\n");
    write("x.py", "");
    write("src/bootstrap/Cargo.toml", "");
    write("src/version", "1.95.0\n");
    write("bootstrap.toml", "profile = \"library\"\n");
    let said = doctor.json();
    assert_eq!(
        said.to_fix(),
        ["bootstrap-without-sccache", "bootstrap-incremental"],
        "{said:#?}"
    );
    let notes: Vec<_> = said.problems("note").collect();
    assert_eq!(notes, ["wrapper-overridden"], "{said:#?}");
    let file = &said.json["configuration"]["source_tree"]["file"];
    assert_eq!(file["text"], "profile = \"library\"\n", "{said:#?}");
}

/// A tree of rustc's sources: one way by release leads its calls to the shim, what stands in the
/// other's place is told, and what the doctor advises is well then.
#[test]
fn a_source_tree() {
    let (shim, daemon) = (shim(), Daemon::start());
    let of = |release: &str, config: &str| {
        let doctor = Doctor::of_daemon(&shim, &daemon.socket());
        let folder = doctor.folder();
        fs::create_dir_all(folder.join("src/bootstrap")).unwrap();
        for (name, text) in [
            ("x.py", ""),
            ("src/version", release),
            ("config.toml", config),
        ] {
            fs::write(folder.join(name), text).unwrap();
        }
        doctor
    };
    let by_file = |mut doctor: Doctor| {
        doctor.command.env_remove("RUSTC_WRAPPER");
        let bin = shim.program("sccache");
        let path = format!(
            "{}:{}",
            bin.parent().unwrap().display(),
            std::env::var("PATH").unwrap()
        );
        doctor.env("PATH", path)
    };
    let config = "[build]\nccache = \"sccache\"\n";
    let said = by_file(of("1.95.0", config)).json();
    said.check_served();
    assert_eq!(said.problems("note").count(), 0, "{said:#?}");
    by_file(of("1.95.0", ""))
        .json()
        .check("bootstrap-without-sccache");
    let path = std::env::var("PATH").unwrap();
    let twice = by_file(of("1.95.0", config)).env("RUSTC_WRAPPER", shim.program("sccache"));
    let said = twice.json();
    said.check_served();
    let notes: Vec<_> = said.problems("note").collect();
    assert_eq!(notes, ["bootstrap-wraps-twice"], "{said:#?}");
    // The real sccache is first on PATH, or none.
    let mut real = of("1.95.0", config).env(
        "PATH",
        format!(
            "{}:{path}",
            Path::new(&sccache()).parent().unwrap().display()
        ),
    );
    real.command.env_remove("RUSTC_WRAPPER");
    real.json().check("wrapper-not-ours");
    // Before 1.89 it is the variable, and most calls pass the cache by.
    let config = "[llvm]\nccache = \"sccache\"\n";
    let said = by_file(of("1.85.0", config)).json();
    said.check("rust-not-wrapped");
    let said = by_file(of("1.85.0", config))
        .env("RUSTC_WRAPPER", shim.program("sccache"))
        .json();
    said.check_served();
    let notes: Vec<_> = said.problems("note").collect();
    assert_eq!(notes, ["bootstrap-adds-sysroot"], "{said:#?}");
    // What x.py does not take.
    let config = "vendor = true\nHOME = \"/h\"\n[llvm]\nccache = \"sccache\"\n";
    let doctor = by_file(of("1.84.1", config)).env("RUSTC_WRAPPER", shim.program("sccache"));
    let said = doctor.json();
    assert_eq!(said.to_fix(), ["bootstrap-config-refused"; 2], "{said:#?}");
    assert_eq!(said.code, Some(1), "{said:#?}");
    for key in ["`vendor`", "`HOME`"] {
        let problems = said.json["problems"].to_string();
        assert!(problems.contains(key), "{key} in {problems}");
    }
}
