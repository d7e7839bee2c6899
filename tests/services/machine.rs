//! A small machine that systemd runs, with the units under test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use nix_sccache_tests::{root, stdout_of};
use tempfile::TempDir;

/// A machine, which ends with the value.
pub struct Machine {
    folder: TempDir,
    process: Child,
}

/// What those that a unit names are, where nothing else does it.
const TARGETS: [&str; 7] = [
    "sysinit",
    "basic",
    "sockets",
    "multi-user",
    "network-online",
    "shutdown",
    "local-fs",
];

impl Machine {
    /// Starts one with these files: units, with their drop-ins, `sysusers.conf` and
    /// `tmpfiles.conf`.
    pub fn start(files: &Path) -> Self {
        Self::start_with(files, "")
    }

    /// The same with these further directives for both services.
    pub fn start_with(files: &Path, directives: &str) -> Self {
        let folder = TempDir::with_prefix("nix-sccache-machine-").unwrap();
        let at = |name: &str| folder.path().join(name);
        let copy = Command::new("cp")
            .args(["--recursive", "--no-preserve=mode"])
            .arg(files)
            .arg(at("units"))
            .status();
        assert!(copy.unwrap().success());
        for target in TARGETS {
            let text = format!("[Unit]\nDescription={target}\n");
            fs::write(at(&format!("units/{target}.target")), text).unwrap();
        }
        fs::write(
            at("units/default.target"),
            "[Unit]\nAllowIsolate=true\nWants=nix-sccache.socket nix-sccache-daemon.service\n",
        )
        .unwrap();
        for unit in ["nix-sccache.service", "nix-sccache-daemon.service"] {
            let drop_in = at(&format!("units/{unit}.d"));
            fs::create_dir_all(&drop_in).unwrap();
            let log = at("errors");
            let text = format!(
                "[Service]\nStandardError=append:{}\n{directives}",
                log.display()
            );
            fs::write(drop_in.join("test.conf"), text).unwrap();
        }
        fs::create_dir_all(at("root/etc")).unwrap();
        for file in ["passwd", "group"] {
            fs::copy(Path::new("/etc").join(file), at("root/etc").join(file)).unwrap();
        }
        let mut users = Command::new("systemd-sysusers");
        users
            .arg(format!("--root={}", at("root").display()))
            .arg("-")
            .stdin(fs::File::open(at("units/sysusers.conf")).unwrap());
        stdout_of(&mut users);
        for file in ["passwd", "group"] {
            fs::rename(at("root/etc").join(file), at(file)).unwrap();
        }
        fs::rename(at("units/tmpfiles.conf"), at("tmpfiles.conf")).unwrap();
        let process = Command::new("sh")
            .arg(root().join("tests/services/machine.sh"))
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(fs::File::create(at("log")).unwrap())
            .stderr(fs::File::create(at("errors")).unwrap())
            .spawn()
            .unwrap();
        let machine = Self { folder, process };
        machine.wait_for(|machine| machine.has_socket("/run/nix-sccache/sccache.sock"));
        machine.wait_for(|machine| machine.has_socket("/run/nix-sccache-daemon/sccache.sock"));
        machine
    }

    /// What comes of something that a build can do at its socket, tried in there: the gateway
    /// wants to know who connects, and knows no process from elsewhere.
    pub fn build(&self, name: &str, argument: &str) -> String {
        let attack = env!("CARGO_BIN_EXE_attack");
        let said = self.inside(&[attack, "/run/nix-sccache/sccache.sock", name, argument]);
        said.trim().to_owned()
    }

    /// Where the daemon's own is.
    pub fn daemon(&self) -> PathBuf {
        self.path("/run/nix-sccache-daemon/sccache.sock")
    }

    /// What `systemctl show` has of a unit.
    pub fn property(&self, unit: &str, property: &str) -> String {
        let said = self.inside(&["systemctl", "show", "--property", property, "--value", unit]);
        said.trim().to_owned()
    }

    /// What a command prints in there.
    pub fn inside(&self, command: &[&str]) -> String {
        stdout_of(Command::new("nsenter").args(self.inside_of()).args(command))
    }

    /// What `nsenter` is told to go in there.
    pub fn inside_of(&self) -> [String; 4] {
        ["--mount", "--pid", "--target", &self.init()].map(str::to_owned)
    }

    /// A path in there, for this process.
    pub fn path(&self, path: &str) -> PathBuf {
        format!("/proc/{}/root{path}", self.init()).into()
    }

    fn init(&self) -> String {
        let pid = fs::read_to_string(self.folder.path().join("init")).unwrap_or_default();
        pid.trim().to_owned()
    }

    /// Whether somebody listens, by the file alone: a connection would start the gateway.
    fn has_socket(&self, path: &str) -> bool {
        !self.init().is_empty() && self.path(path).exists()
    }

    fn wait_for(&self, is_so: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !is_so(self) {
            let said = |name| fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
            assert!(
                Instant::now() < deadline,
                "it does not start: {}{}",
                said("log"),
                said("errors")
            );
            sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if thread::panicking() {
            for name in ["log", "errors"] {
                let said = fs::read_to_string(self.folder.path().join(name));
                eprintln!("{}", said.unwrap_or_default());
            }
        }
        let init = self.init();
        if init.is_empty() {
            self.process.kill().ok();
        } else {
            let kill = format!("kill -KILL {init}");
            Command::new("sh").args(["-c", &kill]).status().ok();
        }
        // It cleans up behind itself.
        self.process.wait().ok();
    }
}
