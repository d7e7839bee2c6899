//! How long a small exchange takes a user while others load the gateway. Each is a user of its
//! own, as a build is: the load is made by processes that this program starts of itself.

use std::fs::{self, Permissions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use nix_sccache_contract::wire::{HEADER, body_length};
use nix_sccache_tests::protocol::{Client, found, frame, get, put, stored};
use tempfile::TempDir;

/// What some users do at once.
struct Load {
    users: u32,
    /// Of each user.
    connections: u32,
    /// How large the entries are that they ask for.
    bytes: usize,
    does: Does,
}

enum Does {
    /// Read as fast as they can.
    Read,
    /// Ask for this many on each connection, and die.
    AskAndDie(usize),
}

const LOADS: [Load; 4] = [
    reading(12, 20, 8 << 20),
    reading(10, 90, 30 << 20),
    reading(12, 8, 2 << 20),
    Load {
        users: 10,
        connections: 100,
        bytes: 30 << 20,
        does: Does::AskAndDie(50),
    },
];

const fn reading(users: u32, connections: u32, bytes: usize) -> Load {
    Load {
        users,
        connections,
        bytes,
        does: Does::Read,
    }
}

/// The users' numbers, from this one on.
const FIRST: u32 = 61_000;

/// How long exchanges are measured under a load, and how long one may take.
const MEASURED: Duration = Duration::from_secs(15);
const MOST: Duration = Duration::from_millis(500);

/// Prints what exchanges of 1 KiB take through this gateway alone and under each load.
pub fn measure(gateway: &Path) {
    let directory = TempDir::new().unwrap_or_else(|error| panic!("{error}"));
    let program = readable_by_all(directory.path());
    for load in &LOADS {
        let entry = put(&key(load.bytes), &vec![7; load.bytes]);
        assert!(
            Client::new(gateway).ask(&entry) == stored(),
            "an entry was not stored"
        );
    }
    let alone = Times::of_exchanges(gateway);
    println!("an exchange of 1 KiB, alone: {alone}");
    for load in &LOADS {
        let mut others: Vec<Child> = (FIRST..FIRST + load.users)
            .map(|uid| load.start(&program, gateway, uid))
            .collect();
        match load.does {
            Does::Read => sleep(Duration::from_secs(2)),
            // They say so when they have asked.
            Does::AskAndDie(_) => {
                for other in &mut others {
                    let said = other.stdout.as_mut().map(|said| said.read(&mut [0]));
                    assert!(matches!(said, Some(Ok(1))), "a user did not ask");
                }
                others.iter_mut().for_each(end);
            }
        }
        let times = Times::of_exchanges(gateway);
        others.iter_mut().for_each(end);
        println!(
            "{load}: {times}, {:.1} times; {}",
            times.median().as_secs_f64() / alone.median().as_secs_f64(),
            if times.worst() <= MOST {
                "well"
            } else {
                "more than 0.5 s"
            }
        );
    }
}

/// What a user's process does: `read SOCKET KEY CONNECTIONS`, or `ask SOCKET KEY CONNECTIONS TIMES`
/// and then nothing until it is killed.
pub fn user(does: &str, socket: &Path, key: &str, connections: usize, times: usize) {
    let connect = || UnixStream::connect(socket);
    let asked = frame(&get(key)).repeat(times);
    if does == "ask" {
        let held: Vec<_> = (0..connections)
            .filter_map(|_| {
                let mut stream = connect().ok()?;
                stream.set_nonblocking(true).ok()?;
                let all = stream.write(&asked);
                assert!(
                    all.is_ok() || all.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
                );
                Some(stream)
            })
            .collect();
        sleep(Duration::from_secs(2));
        println!("asked on {} connections", held.len());
        loop {
            thread::park();
        }
    }
    thread::scope(|scope| {
        for _ in 0..connections {
            scope.spawn(|| {
                let mut buffer = vec![0; 256 << 10];
                // What is ended begins again.
                loop {
                    let Ok(mut stream) = connect() else {
                        sleep(Duration::from_millis(100));
                        continue;
                    };
                    while read_one(&mut stream, &asked, &mut buffer).is_ok() {}
                }
            });
        }
    });
}

fn read_one(stream: &mut UnixStream, asked: &[u8], buffer: &mut [u8]) -> std::io::Result<()> {
    stream.write_all(asked)?;
    let mut header = [0; HEADER];
    stream.read_exact(&mut header)?;
    let mut left = body_length(header) as usize;
    while left > 0 {
        let most = left.min(buffer.len());
        match stream.read(&mut buffer[..most])? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            count => left -= count,
        }
    }
    Ok(())
}

impl Load {
    fn start(&self, program: &Path, gateway: &Path, uid: u32) -> Child {
        let (does, times) = match self.does {
            Does::Read => ("read", 1),
            Does::AskAndDie(times) => ("ask", times),
        };
        let mut command = Command::new(program);
        command
            .arg(does)
            .arg(gateway)
            .arg(key(self.bytes))
            .args([self.connections.to_string(), times.to_string()])
            .uid(uid)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        command
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"))
    }
}

impl std::fmt::Display for Load {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            users, connections, ..
        } = self;
        let megabytes = self.bytes >> 20;
        match self.does {
            Does::Read => write!(
                out,
                "beside {users} users with {connections} connections each that read entries of {megabytes} MiB"
            ),
            Does::AskAndDie(times) => write!(
                out,
                "after {users} users died who had asked on {connections} connections each {times} times for {megabytes} MiB"
            ),
        }
    }
}

/// What exchanges took, in order of time.
struct Times(Vec<Duration>);

impl Times {
    fn of_exchanges(gateway: &Path) -> Self {
        let (began, mut times) = (Instant::now(), Vec::new());
        let (small, entry) = ("e".repeat(64), [7; 1024]);
        while began.elapsed() < MEASURED {
            let before = Instant::now();
            let mut client = Client::new(gateway);
            let heard = (client.ask(&put(&small, &entry)), client.ask(&get(&small)));
            assert!(heard == (stored(), found(&entry)), "{heard:?}");
            times.push(before.elapsed());
            sleep(Duration::from_millis(50));
        }
        times.sort();
        Self(times)
    }

    fn median(&self) -> Duration {
        self.0[self.0.len() / 2]
    }

    fn worst(&self) -> Duration {
        self.0.last().copied().unwrap_or_default()
    }
}

impl std::fmt::Display for Times {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
        write!(
            out,
            "median {:.1} ms, worst {:.1} ms of {}",
            milliseconds(self.median()),
            milliseconds(self.worst()),
            self.0.len()
        )
    }
}

/// One key for entries of each size.
fn key(bytes: usize) -> String {
    format!("{bytes:064x}")
}

/// A copy of this program that every user can run.
fn readable_by_all(directory: &Path) -> PathBuf {
    let program = directory.join("bench");
    let copied = std::env::current_exe()
        .and_then(|own| fs::copy(own, &program))
        .and_then(|_| fs::set_permissions(directory, Permissions::from_mode(0o755)));
    copied.unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    program
}

fn end(process: &mut Child) {
    process.kill().ok();
    process.wait().ok();
}
