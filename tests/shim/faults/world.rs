//! What a row of the table happens in: a crate, the shim, and a cache.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use nix_sccache_cache::restore::TEMPORARY;
use nix_sccache_tests::damage::{Stored, those};
use nix_sccache_tests::{Daemon, Gateway, Redis, Shim, entries, script};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// A crate, the shim, and a cache.
pub struct World {
    folder: TempDir,
    shim: Shim,
    /// The daemon, where there is one.
    pub daemon: Option<Daemon>,
    redis: Option<Redis>,
    gateway: Option<Gateway>,
    /// The variables of `nix-sccache run`.
    pub variables: BTreeMap<&'static str, OsString>,
    /// The programs that run it.
    pub prefix: Vec<String>,
    /// What the shell does in the session before the compiler is called.
    before: String,
    /// What it calls as rustc.
    pub compiler: PathBuf,
    /// Whether what asks for the call is killed, and then asks again.
    pub again: bool,
    /// The kind of the crate.
    pub kind: &'static str,
    /// The name of the crate.
    pub name: &'static str,
}

/// What a build left.
#[derive(Debug)]
pub struct Left {
    /// Its exit code.
    pub code: Option<i32>,
    /// How long it took.
    pub took: Duration,
    /// What the session said.
    pub said: String,
    /// Its report.
    pub report: Value,
    /// The outputs.
    pub outputs: BTreeMap<String, String>,
    /// What the compiler printed, line by line, on both streams.
    pub messages: Vec<String>,
}

/// The crate has a warning, for the messages.
const SOURCE: &str =
    "//! A crate.\n/// Adds.\npub fn add(a: u32, b: u32) -> u32 { let unused = 1; a + b }\n";

const ARGUMENTS: &str = "--edition=2024 src/lib.rs --error-format=json \
    --json=diagnostic-rendered-ansi,artifacts --emit=dep-info,metadata,link \
    -C metadata=1f -C extra-filename=-1f --out-dir out";

impl World {
    /// With a cache that is not there yet.
    pub fn new() -> Self {
        let folder = TempDir::with_prefix("nix-sccache-fault-").unwrap();
        for inner in ["crate/src", "crate/out", "socket"] {
            fs::create_dir_all(folder.path().join(inner)).unwrap();
        }
        let world = Self {
            folder,
            shim: Shim::new(),
            daemon: None,
            redis: None,
            gateway: None,
            variables: BTreeMap::new(),
            prefix: Vec::new(),
            before: String::new(),
            compiler: "rustc".into(),
            again: false,
            kind: "lib",
            name: "base",
        };
        world.write(SOURCE);
        world
    }

    /// With a daemon.
    pub fn with_daemon() -> Self {
        Self::by_daemon(Daemon::start())
    }

    /// With this daemon.
    pub fn by_daemon(daemon: Daemon) -> Self {
        let mut world = Self::new();
        world.at(daemon.socket());
        world.daemon = Some(daemon);
        world
    }

    /// With a daemon that has the crate's entry.
    pub fn warm() -> Self {
        let world = Self::with_daemon();
        world.fill();
        world
    }

    /// With a gateway of these options in front of a daemon.
    pub fn by_gateway(options: &[&str]) -> Self {
        let mut world = Self::with_daemon();
        let gateway = Gateway::start(world.daemon(), options);
        world.at(gateway.socket());
        world.gateway = Some(gateway);
        world
    }

    /// With a server of the session's own, over a Redis.
    pub fn by_redis() -> Self {
        let mut world = Self::new();
        let redis = Redis::start();
        let endpoint = format!("redis+unix://localhost{}", redis.socket().display());
        world
            .variables
            .insert("NIX_SCCACHE_TRANSPORT", "redis".into());
        world
            .variables
            .insert("SCCACHE_REDIS_ENDPOINT", endpoint.into());
        world.redis = Some(redis);
        world
    }

    /// With a server of the session's own, over a folder.
    pub fn by_folder() -> Self {
        let mut world = Self::new();
        let folder = world.path().join("cache");
        fs::create_dir(&folder).unwrap();
        world
            .variables
            .insert("NIX_SCCACHE_TRANSPORT", "directory".into());
        world.variables.insert("SCCACHE_DIR", folder.into());
        world
    }

    /// Has the build look for the daemon there.
    pub fn at(&mut self, socket: PathBuf) {
        self.variables
            .insert("NIX_SCCACHE_TRANSPORT", "server".into());
        self.variables.insert("SCCACHE_SERVER_UDS", socket.into());
    }

    /// Its folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A socket in a folder that is there.
    pub fn socket(&self) -> PathBuf {
        self.path().join("socket/sccache.sock")
    }

    /// The daemon.
    pub fn daemon(&self) -> &Daemon {
        self.daemon.as_ref().unwrap()
    }

    /// The Redis.
    pub fn redis(&self) -> &Redis {
        self.redis.as_ref().unwrap()
    }

    /// Writes the crate's source.
    pub fn write(&self, source: &str) {
        fs::write(self.path().join("crate/src/lib.rs"), source).unwrap();
    }

    /// Builds once, so that the cache has the entry.
    #[track_caller]
    pub fn fill(&self) {
        let left = self.build();
        assert_eq!(left.report["misses"], 1, "{left:#?}");
        assert_eq!(left.report["faults"], Value::Array(Vec::new()), "{left:#?}");
    }

    /// All that the cache has, of this kind.
    pub fn stored(&self, kind: Stored) -> Vec<PathBuf> {
        let files = match &self.daemon {
            Some(daemon) => daemon.entries(),
            None => entries(&self.path().join("cache")),
        };
        those(files, kind)
    }

    /// The entry or the manifest in the cache, which has one.
    pub fn only(&self, kind: Stored) -> PathBuf {
        let mut files = self.stored(kind);
        assert_eq!(files.len(), 1, "{files:?}");
        files.remove(0)
    }

    /// Takes the trace library out of the shim's package.
    pub fn lose_trace_library(&self) {
        fs::remove_file(
            self.shim
                .path()
                .join("libexec/nix-sccache/libnix_sccache_trace.so"),
        )
        .unwrap();
    }

    /// Has a script in sccache's place.
    pub fn sccache_is(&mut self, text: &str) {
        let path = self.path().join("sccache");
        script(&path, text);
        self.variables.insert("NIX_SCCACHE_SCCACHE", path.into());
    }

    /// Has the compiler do something the first time that it compiles in a session.
    pub fn compiler_first(&mut self, does: &str) {
        let folder = self.path().join("compiler");
        fs::create_dir(&folder).unwrap();
        let path = folder.join("rustc");
        // What is in the session's folder is of no matter to what is made.
        let text = format!(
            "#!/bin/sh
case \"$*\" in
*--print*) ;;
*--out-dir*) if mkdir \"$NIX_SCCACHE_SESSION/met\" 2>/dev/null; then {does}; fi ;;
esac
exec rustc \"$@\"
"
        );
        script(&path, &text);
        self.compiler = path;
    }

    /// Has the shell do this in the session before the compiler is called.
    pub fn before(&mut self, text: &str) {
        text.clone_into(&mut self.before);
    }

    /// Runs it by `bash -c` and this, which ends in `exec "$@"`.
    pub fn run_by_shell(&mut self, prefix: &[&str], text: &str) {
        let words = prefix.iter().copied().chain(["bash", "-ec", text, "bash"]);
        self.prefix = words.map(str::to_owned).collect();
    }

    /// Lets it have so many open files. What the tests themselves were left with by whoever started
    /// them is closed before, so that the limit means the same everywhere.
    pub fn may_open(&mut self, files: u32) {
        let text = format!(
            "for file in /proc/self/fd/*; do
               if [ ${{file##*/}} -gt 2 ]; then eval \"exec ${{file##*/}}>&-\"; fi
             done
             ulimit -n {files}
             exec \"$@\""
        );
        self.run_by_shell(&[], &text);
    }

    /// What the compiler alone makes.
    pub fn plain(&self) -> Left {
        let call = format!("rustc {} >printed 2>messages", self.arguments());
        self.left_by(Command::new("sh").args(["-c", &call]))
    }

    /// What a session makes.
    pub fn build(&self) -> Left {
        let sccache = self.shim.program("sccache");
        let call = format!(
            "{} {} {}",
            sccache.display(),
            self.compiler.display(),
            self.arguments()
        );
        let nix_sccache = self.shim.program("nix-sccache");
        let mut words = self.prefix.clone();
        words.push(nix_sccache.display().to_string());
        let (program, arguments) = words.split_first().unwrap();
        let mut command = Command::new(program);
        command
            .args(arguments)
            .args(["run", "--report"])
            .arg(self.report())
            .args(["--", "sh", "-c", &self.shell(&call)])
            .env("NIX_SCCACHE_SCCACHE", nix_sccache_tests::sccache())
            .env_remove("NIX_SCCACHE_SESSION")
            .envs(&self.variables);
        self.left_by(&mut command)
    }

    fn arguments(&self) -> String {
        format!(
            "--crate-name {} --crate-type {} {ARGUMENTS}",
            self.name, self.kind
        )
    }

    fn report(&self) -> PathBuf {
        self.path().join("crate/report.json")
    }

    fn shell(&self, call: &str) -> String {
        let call = format!("{call} >printed 2>messages");
        let call = if self.again {
            format!("{call} || {call}")
        } else {
            call
        };
        format!("{}\n{call}", self.before)
    }

    fn left_by(&self, command: &mut Command) -> Left {
        let project = self.path().join("crate");
        for file in fs::read_dir(project.join("out")).unwrap().flatten() {
            fs::remove_file(file.path()).unwrap();
        }
        fs::remove_file(self.report()).ok();
        let began = Instant::now();
        let output = command.current_dir(&project).output().unwrap();
        let took = began.elapsed();
        let outputs = fs::read_dir(project.join("out")).unwrap().flatten();
        let outputs = outputs
            .map(|file| {
                let name = file.file_name().to_string_lossy().into_owned();
                (name, shown(&fs::read(file.path()).unwrap()))
            })
            // What a process that is killed leaves beside them.
            .filter(|(name, _)| !name.starts_with(TEMPORARY))
            .collect();
        let text = |name: &str| fs::read_to_string(project.join(name)).unwrap_or_default();
        let messages = text("printed") + &text("messages");
        // Where no session is, the shim has nobody else to tell.
        let lines = messages
            .lines()
            .filter(|line| !line.starts_with("nix-sccache: "));
        let mut messages: Vec<_> = lines.map(str::to_owned).collect();
        messages.sort();
        Left {
            code: output.status.code(),
            took,
            said: String::from_utf8_lossy(&output.stderr).into_owned(),
            report: serde_json::from_str(&text("report.json")).unwrap_or_default(),
            outputs,
            messages,
        }
    }

    /// Whether the compiler of [`Self::compiler_first`] runs, and goes on doing so.
    pub fn compiles(&self) -> bool {
        let deadline = Instant::now() + Duration::from_secs(5);
        let script = self.path().join("compiler/rustc").display().to_string();
        let runs = || {
            let mut processes = fs::read_dir("/proc").unwrap().flatten();
            processes.any(|process| {
                fs::read(process.path().join("cmdline"))
                    .is_ok_and(|line| String::from_utf8_lossy(&line).contains(&script))
            })
        };
        while runs() {
            if Instant::now() > deadline {
                return true;
            }
            thread::sleep(Duration::from_millis(20));
        }
        false
    }
}

/// Bytes, so that a test that fails can show them.
fn shown(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => format!("{:?}", Sha256::digest(bytes)),
    }
}
