//! Secrets come from files to the daemon, and are nowhere else.

use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::machine::Machine;
use crate::{host, nixos, plain};

/// A bucket that nobody may read, and what it is asked with.
fn bucket() -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, heard) = channel();
    thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let mut bytes = vec![0; 16 << 10];
            let count = client.read(&mut bytes).unwrap_or(0);
            client
                .write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")
                .ok();
            let said = String::from_utf8_lossy(bytes.get(..count).unwrap_or_default());
            if sender.send(said.into_owned()).is_err() {
                return;
            }
        }
    });
    (port, heard)
}

/// A Redis with a password, on a port of this machine's.
struct Redis {
    port: u16,
    process: Child,
}

impl Redis {
    fn start(password: &str) -> Self {
        // Free a moment ago.
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
        let port = free.unwrap().port();
        let process = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(["--requirepass", password, "--port", &port.to_string()])
            .current_dir("/")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { port, process }
    }

    /// How many entries it has, as it says to whoever has the password.
    fn entries(&self, password: &str) -> String {
        let mut client = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(client, "AUTH {password}\r\nDBSIZE\r\nQUIT\r\n").unwrap();
        let mut said = String::new();
        client.read_to_string(&mut said).unwrap();
        said
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// That somebody says this soon.
#[track_caller]
fn check_heard(heard: &Receiver<String>, word: &str) {
    let mut all = String::new();
    while let Ok(said) = heard.recv_timeout(Duration::from_secs(10)) {
        if said.contains(word) {
            return;
        }
        all += &said;
    }
    panic!("no {word} in {all:?}");
}

/// Both levels beyond the machine are asked with what the files say; that one of them lets nobody
/// in keeps nobody from the others. These units are NixOS', with its own drop-ins.
#[test]
fn levels_are_asked_with_what_the_files_say() {
    const PASSWORD: &str = "hunter2-redis";
    let directory = tempfile::tempdir().unwrap();
    let (environment, credentials) = (directory.path().join("env"), directory.path().join("s3"));
    fs::write(&environment, format!("SCCACHE_REDIS_PASSWORD={PASSWORD}\n")).unwrap();
    fs::write(
        &credentials,
        "[default]\naws_access_key_id = hunter2-id\naws_secret_access_key = hunter2-key\n",
    )
    .unwrap();
    for file in [&environment, &credentials] {
        fs::set_permissions(file, Permissions::from_mode(0o600)).unwrap();
    }
    let (redis, (s3, of_s3)) = (Redis::start(PASSWORD), bucket());
    let settings = json!({
        "redis": { "endpoint": format!("redis://127.0.0.1:{}", redis.port) },
        "s3": {
            "bucket": "b", "region": "auto", "endpoint": format!("http://127.0.0.1:{s3}"),
            "credentialsFile": credentials,
        },
        "environmentFile": environment,
    });
    let system = nixos(&host(), &settings);
    for rendered in [&system, &plain(&host(), &settings)] {
        let found = Command::new("grep")
            .args(["--recursive", "hunter2"])
            .arg(rendered)
            .output()
            .unwrap();
        assert_eq!(found.status.code(), Some(1), "{found:?}");
    }
    let machine = Machine::start(&system);
    check_heard(&of_s3, "Credential=hunter2-id/");
    let variables = machine.property("nix-sccache-daemon.service", "Environment");
    assert!(
        variables.contains("disk,redis,s3") && !variables.contains("hunter2"),
        "{variables}"
    );
    assert_eq!(machine.build("exchange", ""), "exchange: the same");
    // The entry, and what sccache has written to see whether it can.
    let said = redis.entries(PASSWORD);
    assert!(said.starts_with("+OK\r\n:2\r\n"), "{said}");
}
