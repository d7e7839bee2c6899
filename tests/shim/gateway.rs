//! The gateway, in front of a real daemon.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::Shutdown;
use std::ops::RangeInclusive;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use nix_sccache_contract::wire::{Reader, Request, Response};
use nix_sccache_tests::attack::{ATTACKS, KEY, attack};
use nix_sccache_tests::protocol::{
    Client, Heard, found, frame, get, missing, not_cached, put, request, stored,
};
use nix_sccache_tests::{Daemon, Gateway, built, library, root, script, stdout_of, until};

use crate::{build, shim};

/// Users who attack at once.
const ATTACKERS: RangeInclusive<u32> = 65_531..=65_534;

/// What the daemon itself says of its statistics.
fn statistics(daemon: &Daemon) -> Vec<u8> {
    match Client::new(&daemon.socket()).ask(&request(Request::GetStats.number(), &[])) {
        Heard::Answer(answer) => answer,
        other => panic!("{other:?}"),
    }
}

/// A program that tells that it ran, and where it does.
fn telltale(folder: &Path) -> (String, impl Fn() -> bool) {
    let (program, mark) = (folder.join("rustc"), folder.join("mark"));
    script(
        &program,
        &format!("#!/bin/sh\necho ran >{}\n", mark.display()),
    );
    (program.display().to_string(), move || mark.exists())
}

/// A build through the gateway is a build through the daemon: the same hits, the same bytes.
#[test]
fn hits_pass() {
    let (shim, daemon, library) = (shim(), Daemon::start(), library("hello"));
    let gateway = Gateway::start(&daemon, &[]);
    let program = || fs::read(library.program()).unwrap();
    library.clean();
    let plain = Command::new("cargo")
        .args(["build", "--release", "--offline"])
        .env("CARGO_INCREMENTAL", "0")
        .env_remove("RUSTC_WRAPPER")
        .current_dir(library.path())
        .status();
    assert!(plain.unwrap().success());
    let plain = program();

    build(shim.run_at(&gateway.socket()), &library).assert_counts((0, 2));
    assert_eq!(program(), plain);
    build(shim.run_at(&gateway.socket()), &library).assert_counts((2, 0));
    assert_eq!(program(), plain);
    // What came in by the gateway is the daemon's, and the other way about.
    build(shim.run(&daemon), &library).assert_counts((2, 0));
    assert!(!gateway.log().contains("refused"), "{}", gateway.log());
}

/// Byte for byte, of any size, one after the other and in pieces.
#[test]
fn entries_pass_unchanged() {
    let daemon = Daemon::start();
    let gateway = Gateway::start(&daemon, &[]);
    let mut client = Client::new(&gateway.socket());
    for size in [
        0,
        1,
        83,
        84,
        85,
        4096,
        (128 << 10) - 3,
        128 << 10,
        9_000_001,
    ] {
        let entry: Vec<u8> = (0_u8..251).cycle().take(size).collect();
        assert_eq!(client.ask(&put(KEY, &entry)), stored(), "{size}");
        assert!(client.ask(&get(KEY)) == found(&entry), "{size}");
        let direct = Client::new(&daemon.socket()).ask(&get(KEY));
        assert!(direct == found(&entry), "{size}");
    }
    assert_eq!(client.ask(&get(&KEY.replace('a', "b"))), missing());
    let mut slow = Client::new(&gateway.socket());
    for byte in frame(&put(KEY, b"slow")) {
        slow.send(&[byte]);
    }
    assert_eq!(slow.hear(), stored());
    // Two at once are answered in their order.
    let both = [frame(&get(KEY)), frame(&get(&KEY.replace('a', "b")))].concat();
    slow.send(&both);
    assert_eq!((slow.hear(), slow.hear()), (found(b"slow"), missing()));
}

#[test]
fn attacks_come_to_nothing() {
    let (shim, mut daemon, library) = (shim(), Daemon::start(), library("hello"));
    let gateway = Gateway::start(&daemon, &["--timeout", "2"]);
    build(shim.run_at(&gateway.socket()), &library).assert_counts((0, 2));
    Client::new(&daemon.socket()).ask(&not_cached(&["recorded"]));
    let folder = tempfile::tempdir().unwrap();
    let (program, ran) = telltale(folder.path());
    let (written, secret) = (folder.path().join("written"), folder.path().join("secret"));
    fs::write(&secret, "secret").unwrap();
    let place = daemon.folder();
    let place = place.parent().unwrap().display().to_string();

    for (name, expected) in ATTACKS {
        let argument = match name {
            "compile" => &program,
            "write-file" => written.to_str().unwrap(),
            "read-file" => secret.to_str().unwrap(),
            _ => &place,
        };
        let came = attack(&gateway.socket(), name, argument);
        assert_eq!(came, expected, "{name}: {}", gateway.log());
    }
    assert!(!ran(), "the daemon ran a program");
    assert!(!written.exists(), "the daemon wrote a file");
    assert!(daemon.runs(), "the daemon ended");
    let told = statistics(&daemon);
    assert!(told.len() < 1000, "{} bytes of names", told.len());
    assert!(
        told.windows(8).any(|part| part == b"recorded"),
        "they were zeroed"
    );
    for line in [
        "refused a request to compile",
        "refused a request to shut the daemon down",
        "refused a request to zero the statistics",
        "refused a request of an unknown number",
        "refused a request with a key that is no digest",
        "refused a frame of 4294967295 bytes",
        "stopped waiting for half a frame",
    ] {
        assert!(
            gateway.log().contains(&format!("user 0: {line}"))
                || gateway.log().contains(&format!(": {line}")),
            "no `{line}` in {}",
            gateway.log()
        );
    }
    build(shim.run_at(&gateway.socket()), &library).assert_counts((2, 0));
}

/// What the attacks do where no gateway is: these are no attacks on paper.
#[test]
fn attacks_on_the_daemons_own_socket_work() {
    let folder = tempfile::tempdir().unwrap();
    let (program, ran) = telltale(folder.path());
    let mut daemon = Daemon::start();
    attack(&daemon.socket(), "compile", &program);
    assert!(ran());
    let written = folder.path().join("written");
    attack(&daemon.socket(), "write-file", written.to_str().unwrap());
    assert_eq!(fs::read(&written).unwrap(), b"written");
    attack(&daemon.socket(), "names", "");
    assert!(statistics(&daemon).len() > 600_000);
    attack(&daemon.socket(), "zero-statistics", "");
    assert!(statistics(&daemon).len() < 1000);
    attack(&daemon.socket(), "shut-down", "");
    until(|| !daemon.runs(), || "the daemon runs on".to_owned());
}

/// Those who take all that can be had take it from nobody else, and fill no memory: neither the
/// gateway's nor the daemon's. Each may have all of the memory, and a quarter of the connections.
#[test]
fn whoever_holds_what_there_is_holds_up_nobody() {
    let (shim, mut daemon, library) = (shim(), Daemon::start(), library("hello"));
    let gateway = Gateway::start(
        &daemon,
        &[
            "--timeout",
            "30",
            "--max-frame",
            "32M",
            "--max-memory",
            "64M",
        ],
    );
    build(shim.run_at(&gateway.socket()), &library).assert_counts((0, 2));
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let program = folder.path().join("attack");
    stdout_of(Command::new("cp").args([env!("CARGO_BIN_EXE_attack").as_ref(), program.as_path()]));
    // Each is a user of its own, as a build is.
    let mut attackers: Vec<_> = ATTACKERS
        .map(|uid| {
            let mut attack = Command::new(&program);
            attack.arg(gateway.socket()).args(["hold", "60"]).uid(uid);
            attack.stdout(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for attacker in &mut attackers {
        let mut said = String::new();
        BufReader::new(attacker.stdout.take().unwrap())
            .read_line(&mut said)
            .unwrap();
        assert!(said.starts_with("hold: 1"), "{said}");
    }
    let began = Instant::now();
    build(shim.run_at(&gateway.socket()), &library).assert_counts((2, 0));
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "{:?}",
        began.elapsed()
    );
    for attacker in &mut attackers {
        assert!(matches!(attacker.try_wait(), Ok(None)));
    }
    assert!(daemon.runs());
    assert!(gateway.peak() < 64 << 10, "{} KiB", gateway.peak());
    assert!(daemon.peak() < 300 << 10, "{} KiB", daemon.peak());
    let ended = "ended a request to make room for those of others";
    assert!(gateway.log().contains(ended), "{}", gateway.log());
    for attacker in &mut attackers {
        attacker.kill().unwrap();
        attacker.wait().unwrap();
    }
    build(shim.run_at(&gateway.socket()), &library).assert_counts((2, 0));
}

/// An answer that nobody reads is the daemon's to hold until the client is given up.
#[test]
fn a_client_that_never_reads() {
    let daemon = Daemon::start();
    let gateway = Gateway::start(&daemon, &["--timeout", "1"]);
    let (mut client, entry) = (Client::new(&gateway.socket()), vec![7; 20 << 20]);
    assert_eq!(client.ask(&put(KEY, &entry)), stored());
    let mut never_reads: Vec<_> = (0..4).map(|_| Client::new(&gateway.socket())).collect();
    for other in &mut never_reads {
        other.send(&frame(&get(KEY)).repeat(100));
    }
    let began = Instant::now();
    assert!(client.ask(&get(KEY)) == found(&entry));
    assert!(
        began.elapsed() < Duration::from_secs(4),
        "{:?}",
        began.elapsed()
    );
    let given_up = || gateway.log().matches("a client that does not read").count();
    until(|| given_up() >= 4, || gateway.log());
}

/// A daemon that answers when it is told to, and counts what it is asked.
struct SlowDaemon {
    folder: tempfile::TempDir,
    asked: Arc<AtomicUsize>,
    /// A message for each answer.
    answers: Sender<()>,
}

impl SlowDaemon {
    /// Starts one that finds no entry.
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("s")).unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let (answers, told) = channel();
        let (count, told) = (Arc::clone(&asked), Arc::new(Mutex::new(told)));
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let (count, told) = (Arc::clone(&count), Arc::clone(&told));
                thread::spawn(move || {
                    let mut request = vec![0; frame(&get(KEY)).len()];
                    while stream.read_exact(&mut request).is_ok() {
                        count.fetch_add(1, Ordering::Relaxed);
                        if told.lock().unwrap().recv().is_err() {
                            return;
                        }
                        stream.write_all(&miss()).unwrap();
                    }
                });
            }
        });
        Self {
            folder,
            asked,
            answers,
        }
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("s")
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

/// The frame of the answer where there is no entry.
fn miss() -> Vec<u8> {
    Response::StorageGetRaw(None).start_of_frame().unwrap()
}

/// Those who ask for much and die leave nothing behind: the daemon is asked for none of it that it
/// had not been asked for yet, and threads and descriptors are there for others.
#[test]
fn what_a_client_asked_for_that_has_gone() {
    const CONNECTIONS: usize = 100;
    let daemon = SlowDaemon::start();
    let gateway = Gateway::start_before(&daemon.socket(), &["env"], &[]);
    let before = gateway.descriptors();
    let clients: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let mut client = Client::new(&gateway.socket());
            client.send(&frame(&get(KEY)).repeat(50));
            client
        })
        .collect();
    until(
        || daemon.asked() > 0 && gateway.descriptors() >= before + CONNECTIONS,
        || format!("{} descriptors", gateway.descriptors()),
    );
    let asked = daemon.asked();
    drop(clients);
    // One may be left for each request that the daemon has, with a connection to the daemon.
    until(
        || gateway.descriptors() <= before + 2 * asked,
        || format!("{} descriptors, {before} before", gateway.descriptors()),
    );
    assert_eq!(daemon.asked(), asked);
    for _ in 0..asked {
        daemon.answers.send(()).unwrap();
    }
    let mut next = Client::new(&gateway.socket());
    next.send(&frame(&get(KEY)));
    daemon.answers.send(()).unwrap();
    assert_eq!(next.hear(), missing());
    assert_eq!(daemon.asked(), asked + 1);
    until(
        || gateway.connections() == 1,
        || format!("{} connections", gateway.connections()),
    );
}

/// A client that sends no more, and reads on, is not gone.
#[test]
fn a_client_that_only_reads_on() {
    let daemon = SlowDaemon::start();
    let gateway = Gateway::start_before(&daemon.socket(), &["env"], &[]);
    let mut stream = UnixStream::connect(gateway.socket()).unwrap();
    stream.write_all(&frame(&get(KEY)).repeat(2)).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    daemon.answers.send(()).unwrap();
    daemon.answers.send(()).unwrap();
    let mut heard = Vec::new();
    stream.read_to_end(&mut heard).unwrap();
    assert_eq!(heard, miss().repeat(2));
}

/// As much address space as a unit may have, in bytes.
fn addresses_of_its_unit() -> u64 {
    let units = fs::read_to_string(root().join("nix/modules/units.toml")).unwrap();
    let units: toml::Table = units.parse().unwrap();
    let limit = units["gateway"]["Service"]["LimitAS"].as_str().unwrap();
    limit.strip_suffix('M').unwrap().parse::<u64>().unwrap() << 20
}

/// Within a limit of address space there is a thread for each connection that it allows, and none
/// of what is beyond it ends the process: Rust aborts where a new thread finds no room for a stack
/// on which it would handle signals.
#[test]
fn a_limit_of_address_space() {
    const CONNECTIONS: usize = 400;
    let daemon = Daemon::start();
    let unit = addresses_of_its_unit();
    let cases = [
        (unit, "", CONNECTIONS),
        (600_000_000, "", CONNECTIONS),
        (140 << 20, "", 1),
        // Arenas would take what threads have.
        (300 << 20, "MALLOC_ARENA_MAX=64", CONNECTIONS),
    ];
    for (limit, variable, at_least) in cases {
        let limit = format!("--as={limit}");
        let runner: Vec<_> = ["prlimit", &limit, "env", variable]
            .into_iter()
            .filter(|word| !word.is_empty())
            .collect();
        let gateway = Gateway::start_by(&daemon, &runner, &["--user-connections", "1000"]);
        let served = served_at_once(&gateway, CONNECTIONS);
        assert!(
            served >= at_least,
            "{runner:?}: {served} served; {}",
            gateway.log()
        );
    }
}

/// Where there is no room for one more thread, a connection is refused.
#[test]
fn threads_that_cannot_be_had() {
    let daemon = Daemon::start();
    let runner = ["env", "MALLOC_ARENA_MAX=1"];
    let gateway = Gateway::start_by(&daemon, &runner, &["--user-connections", "1000"]);
    assert_eq!(served_at_once(&gateway, 1), 1);
    // Less than it could go by when it began.
    let limit = (gateway.size() + (60 << 10)) << 10;
    stdout_of(
        Command::new("prlimit").args([format!("--pid={}", gateway.id()), format!("--as={limit}")]),
    );
    let served = served_at_once(&gateway, 400);
    assert!((10..400).contains(&served), "{served}: {}", gateway.log());
    let refused = "refused a connection: out of memory";
    assert!(gateway.log().contains(refused), "{}", gateway.log());
}

/// How many of so many connections, all there at once, can store an entry; afterwards there is room
/// for others again.
#[track_caller]
fn served_at_once(gateway: &Gateway, connections: usize) -> usize {
    let mut clients: Vec<_> = (0..connections)
        .map(|_| Client::new(&gateway.socket()))
        .collect();
    let is_served = |client: &mut Client| client.ask(&put(KEY, b"entry")) == stored();
    let served = clients.iter_mut().map(is_served);
    let served = served.filter(|is_served| *is_served).count();
    drop(clients);
    until(
        || Client::new(&gateway.socket()).ask(&get(KEY)) == found(b"entry"),
        || gateway.log(),
    );
    served
}

/// A flood of refusals is no flood of lines.
#[test]
fn the_log_is_no_way_to_fill_a_disk() {
    let daemon = Daemon::start();
    let gateway = Gateway::start(&daemon, &[]);
    let mut client = Client::new(&gateway.socket());
    for _ in 0..2000 {
        client.ask(&request(Request::Shutdown.number(), &[]));
    }
    let lines = gateway.log().lines().count();
    assert!((10..200).contains(&lines), "{lines}");
}

/// Readers get hits, and a build that would store goes on without.
#[test]
fn read_only() {
    let (shim, daemon, library) = (shim(), Daemon::start(), library("hello"));
    let gateway = Gateway::start(&daemon, &["--read-only"]);
    build(shim.run_at(&gateway.socket()), &library).assert_counts((0, 2));
    build(shim.run_at(&gateway.socket()), &library).assert_counts((0, 2));
    let log = gateway.log();
    assert!(log.contains("refused a request to store an entry"), "{log}");
    build(shim.run(&daemon), &library).assert_counts((0, 2));
    build(shim.run_at(&gateway.socket()), &library).assert_counts((2, 0));
    let mut client = Client::new(&gateway.socket());
    let Heard::Answer(answer) = client.ask(&put(KEY, &vec![7; 1 << 20])) else {
        panic!("no answer");
    };
    let answer = Response::read(Reader::new(&answer));
    assert!(
        matches!(answer, Response::StoragePutRaw(Err(_))),
        "{answer:?}"
    );
    // The same connection goes on.
    assert_eq!(client.ask(&get(KEY)), missing());
}

/// An entry that is too large is not stored, and the build does not mind.
#[test]
fn a_frame_that_is_too_long() {
    let (shim, daemon, library) = (shim(), Daemon::start(), library("hello"));
    let gateway = Gateway::start(&daemon, &["--max-frame", "2K"]);
    build(shim.run_at(&gateway.socket()), &library).assert_counts((0, 2));
    build(shim.run_at(&gateway.socket()), &library).assert_counts((0, 2));
    assert!(
        gateway.log().contains("--max-frame is 2048"),
        "{}",
        gateway.log()
    );
}

/// A client that has the server compile compiles by itself.
#[test]
fn a_client_that_is_not_in_client_side_mode() {
    let (daemon, folder) = (Daemon::start(), tempfile::tempdir().unwrap());
    let gateway = Gateway::start(&daemon, &[]);
    fs::write(folder.path().join("a.c"), "int a;\n").unwrap();
    let sccache = |arguments: &[&str]| {
        Command::new(nix_sccache_tests::sccache())
            .args(arguments)
            .env("SCCACHE_SERVER_UDS", gateway.socket())
            .env_remove("SCCACHE_CLIENT_SIDE")
            .current_dir(folder.path())
            .output()
            .unwrap()
    };
    let compiled = sccache(&["gcc", "-c", "a.c", "-o", "a.o"]);
    assert!(compiled.status.success(), "{compiled:?}");
    assert!(folder.path().join("a.o").exists());
    // A build that shows statistics does not fail, and one that would stop the server does not.
    let shown = sccache(&["--show-stats"]);
    let text = String::from_utf8_lossy(&shown.stdout);
    assert!(
        shown.status.success() && text.contains("keeps the statistics to itself"),
        "{shown:?}"
    );
    assert!(!sccache(&["--stop-server"]).status.success());
    assert!(!sccache(&["--zero-stats"]).status.success());
    assert!(gateway.is_there());
}

/// The daemon may go and come back: the gateway stays.
#[test]
fn the_daemon_restarted_behind_the_gateway() {
    let (shim, mut daemon, library) = (shim(), Daemon::start(), library("hello"));
    let gateway = Gateway::start(&daemon, &[]);
    build(shim.run_at(&gateway.socket()), &library).assert_counts((0, 2));
    daemon.stop();
    let built = build(shim.run_at(&gateway.socket()), &library);
    assert_eq!((built.code, built.troubles()), (Some(0), 1), "{built:#?}");
    daemon.restart();
    build(shim.run_at(&gateway.socket()), &library).assert_counts((2, 0));
}

/// A gateway in a container has clients outside, whose processes have no number in there.
#[test]
fn clients_of_an_outer_pid_namespace() {
    let daemon = Daemon::start();
    let container = ["unshare", "--pid", "--fork", "--kill-child"];
    let gateway = Gateway::start_by(&daemon, &container, &[]);
    let mut client = Client::new(&gateway.socket());
    let entry = vec![7; 1000];
    assert_eq!(client.ask(&put(KEY, &entry)), stored());
    assert_eq!(client.ask(&get(KEY)), found(&entry));
    assert!(!gateway.log().contains("not known"), "{}", gateway.log());
}

#[test]
fn a_signal_ends_it_and_its_socket() {
    let daemon = Daemon::start();
    let mut gateway = Gateway::start(&daemon, &[]);
    let idle = Client::new(&gateway.socket());
    assert!(gateway.terminate().success());
    assert!(!gateway.socket().exists());
    drop(idle);
}

/// The kernel knows that it can run nothing.
#[test]
fn it_has_given_rights_up() {
    let daemon = Daemon::start();
    let gateway = Gateway::start(&daemon, &["--mode", "0600"]);
    assert_eq!(gateway.state("NoNewPrivs"), "1");
    assert_eq!(gateway.state("Seccomp"), "2");
    let metadata = fs::metadata(gateway.socket()).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
}

/// systemd hands its socket over as descriptor 3, and removes it by itself.
#[test]
fn a_socket_of_systemds() {
    let (daemon, folder) = (Daemon::start(), tempfile::tempdir().unwrap());
    let socket = folder.path().join("s");
    let listener = UnixListener::bind(&socket).unwrap();
    let start = format!(
        "LISTEN_FDS=1 LISTEN_PID=$$ exec {} --daemon {} 3<&0 </dev/null",
        built("nix-sccache-gateway").display(),
        daemon.socket().display()
    );
    let mut gateway = Command::new("sh")
        .args(["-c", &start])
        .stdin(Stdio::from(std::os::fd::OwnedFd::from(listener)))
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut client = Client::new(&socket);
    assert_eq!(client.ask(&put(KEY, b"entry")), stored());
    let kill = format!("kill -TERM {}", gateway.id());
    stdout_of(Command::new("sh").args(["-c", &kill]));
    assert!(gateway.wait().unwrap().success());
    assert!(socket.exists());
}
