//! A small machine that systemd runs, with the units under test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::{self, sleep};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nix_sccache_tests::{Host, root, stdout_of, variable};
use tempfile::TempDir;

use crate::units_in;

/// A machine, which ends with the value.
pub struct Machine {
    directory: TempDir,
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

/// What the programs of the tests are linked with, which are the machine's: those of nixpkgs need
/// nothing beyond the store.
const LIBRARIES: &str = "ExecPaths=/lib /lib64 /usr/lib\n";

impl Machine {
    /// Starts one with what [`crate::nixos`] or [`crate::plain`] renders.
    pub fn start(rendered: &Path) -> Self {
        Self::start_with(rendered, LIBRARIES)
    }

    /// The same with these further directives for both services.
    pub fn start_with(rendered: &Path, directives: &str) -> Self {
        let directory = prepare(directives);
        let at = |name: &str| directory.path().join(name);
        let copy = Command::new("cp")
            .args(["--recursive", "--no-preserve=mode", "--no-target-directory"])
            .args([units_in(rendered), at("units")])
            .status();
        assert!(copy.unwrap().success());
        stdout_of(
            Command::new("systemd-sysusers")
                .arg(format!("--root={}", directory.path().display()))
                .arg("-")
                .stdin(fs::File::open(rendered.join("lib/sysusers.d/nix-sccache.conf")).unwrap()),
        );
        let tmpfiles = "nix-sccache.conf";
        fs::copy(
            rendered.join("lib/tmpfiles.d").join(tmpfiles),
            at("etc/tmpfiles.d").join(tmpfiles),
        )
        .unwrap();
        let machine = Self::boot(directory);
        machine.wait_for_sockets();
        machine
    }

    /// Starts one that knows nothing of the services, with the daemon of a Nix.
    pub fn start_bare(host: &Host) -> Self {
        let directory = prepare(LIBRARIES);
        let daemon = host.path().with_file_name("nix-daemon");
        for (unit, text) in [
            (
                "nix-daemon.socket",
                "[Socket]\nListenStream=/nix/var/nix/daemon-socket/socket\n".to_owned(),
            ),
            (
                "nix-daemon.service",
                format!(
                    "[Service]\nExecStart={} --daemon\nKillMode=process\n",
                    daemon.display()
                ),
            ),
        ] {
            fs::write(directory.path().join("units").join(unit), text).unwrap();
        }
        let machine = Self::boot(directory);
        machine.wait_for(|machine| machine.path("/run/systemd/private").exists());
        machine.inside(&[
            "systemctl",
            "start",
            "nix-daemon.socket",
            "nix-daemon.service",
        ]);
        machine
    }

    fn boot(directory: TempDir) -> Self {
        let at = |name: &str| directory.path().join(name);
        let process = Command::new("sh")
            .arg(root().join("tests/services/machine.sh"))
            .arg(directory.path())
            .stdin(Stdio::null())
            .stdout(fs::File::create(at("log")).unwrap())
            .stderr(fs::File::create(at("errors")).unwrap())
            .spawn()
            .unwrap();
        Self { directory, process }
    }

    /// Waits until both services are there to be connected to.
    pub fn wait_for_sockets(&self) {
        for path in [
            "/run/nix-sccache/sccache.sock",
            "/run/nix-sccache-daemon/sccache.sock",
        ] {
            self.wait_for(|machine| machine.has_socket(path));
        }
    }

    /// What comes of something that a build can do at its socket, tried in there: the gateway
    /// wants to know who connects, and knows no process from elsewhere.
    pub fn build(&self, name: &str, argument: &str) -> String {
        let attack = env!("CARGO_BIN_EXE_attack");
        let said = self.inside(&[attack, "/run/nix-sccache/sccache.sock", name, argument]);
        said.trim().to_owned()
    }

    /// What comes of an exchange in the sandbox of a derivation, which this `nix-build` is to build, and
    /// which has the program at `/attack`.
    pub fn exchange_in_a_build(&self, nix_build: &[&str]) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let derivation = format!(
            r#"derivation {{
              name = "exchange-{}";
              system = builtins.currentSystem;
              builder = "/bin/sh";
              args = [ "-c" "/attack /run/nix-sccache/sccache.sock exchange > $out" ];
            }}"#,
            now.as_nanos()
        );
        let arguments = ["--no-out-link", "--expr", &derivation];
        let output = self.inside(&[nix_build, &arguments].concat());
        fs::read_to_string(output.trim()).unwrap()
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
        let pid = fs::read_to_string(self.directory.path().join("init")).unwrap_or_default();
        pid.trim().to_owned()
    }

    /// Whether somebody listens, by the file alone: a connection would start the gateway.
    fn has_socket(&self, path: &str) -> bool {
        !self.init().is_empty() && self.path(path).exists()
    }

    fn wait_for(&self, is_so: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !is_so(self) {
            let said =
                |name| fs::read_to_string(self.directory.path().join(name)).unwrap_or_default();
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

/// A directory with the machine's own `etc` and the units of its `units`.
fn prepare(directives: &str) -> TempDir {
    let directory = TempDir::with_prefix("nix-sccache-machine-").unwrap();
    let at = |name: &str| directory.path().join(name);
    stdout_of(
        Command::new("cp")
            .args(["--archive", "/etc"])
            .arg(at("etc")),
    );
    fs::remove_dir_all(at("etc/systemd")).unwrap();
    for name in ["etc/systemd/system", "etc/tmpfiles.d", "etc/nix", "units"] {
        fs::create_dir_all(at(name)).unwrap();
    }
    let nix_conf = Path::new(&variable("NIX_CONF_DIR")).join("nix.conf");
    fs::copy(nix_conf, at("etc/nix/nix.conf")).unwrap();
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
    directory
}

impl Drop for Machine {
    fn drop(&mut self) {
        if thread::panicking() {
            for name in ["log", "errors"] {
                let said = fs::read_to_string(self.directory.path().join(name));
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
