//! Passes requests of sccache's storage between the builds' socket and the daemon's own.
//!
//! The daemon does whatever its socket is told: it runs compilers, ends, and writes files under
//! any name that a key has. Builds get another socket, where requests of the storage and their
//! answers pass, byte for byte, and nothing else does.
//!
//! [`listen`] has the builds' sockets, [`decide`] judges, [`serve`] passes on or refuses, by [`timed`] within a time,
//! [`writers`] tells who may store, [`users`] and [`turns`] count, [`workers`] are its threads, [`daemon`] has the connections to the other side, [`log`]
//! tells what was refused, and [`confine`] sees to it that all of this can run no program. [`build_logs`] keeps what builds
//! tell of themselves.

mod build_logs;
mod confine;
mod daemon;
pub mod decide;
mod listen;
mod log;
mod serve;
mod timed;
mod turns;
mod users;
mod workers;
mod writers;

use std::env;
use std::fs;
use std::num::NonZero;
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use rustix::process::{Resource, Rlimit, geteuid, getrlimit, setrlimit};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use self::build_logs::BuildLogs;
use self::build_logs::kept::{Kept, Limits};
use self::daemon::Daemon;
use self::log::Log;
use self::serve::{Gateway, Terms};
use self::turns::{Shares, Turns};
use self::users::Users;
use self::workers::Workers;
use self::writers::Writers;

/// What the command line says.
#[derive(Args)]
pub struct Options {
    /// The socket for builds, which is made; not needed where systemd hands one over
    #[arg(long, value_name = "SOCKET")]
    listen: Option<PathBuf>,
    /// The daemon's own socket
    #[arg(long, value_name = "SOCKET")]
    daemon: PathBuf,
    /// Who may store: everybody, nobody, or users with commas between: names, numbers, FIRST-LAST, @GROUP
    #[arg(long, value_name = "WHO", default_value = "everybody", value_parser = Writers::read)]
    write: Writers,
    /// The same as --write nobody
    #[arg(long, conflicts_with = "write")]
    read_only: bool,
    /// The permissions of the socket that is made, in octal: build users are in no group of ours
    #[arg(long, value_name = "MODE", default_value = "0666", value_parser = mode)]
    mode: u32,
    /// The longest frame, and so the largest entry
    #[arg(long, value_name = "SIZE", default_value = "128M", value_parser = frame)]
    max_frame: u32,
    /// How much the daemon may hold of entries for the requests of all users at once; it needs up
    /// to three times that. Beyond it requests wait, those of the user who was served least go
    /// first, and what waits for a slow client is ended for them
    #[arg(long, value_name = "SIZE", default_value = MAX_MEMORY, value_parser = size)]
    max_memory: u64,
    /// How much of that there may be for one user's requests; the others wait
    #[arg(long, value_name = "SIZE", default_value = "512M", value_parser = size)]
    user_memory: u64,
    /// Connections of all users together; beyond them one ends of the user with the most, the one
    /// that is idle for longest, or has its request for longest
    #[arg(long, value_name = "NUMBER", default_value_t = 1024)]
    max_connections: usize,
    /// Connections of one user; beyond them that user's ends that is idle for longest
    #[arg(long, value_name = "NUMBER", default_value_t = 256)]
    user_connections: usize,
    /// Requests of all users together that the daemon has at once; the others wait as with
    /// --max-memory
    #[arg(long, value_name = "NUMBER", default_value_t = 256)]
    max_requests: usize,
    /// Requests of one user that the daemon has at once; the others wait
    #[arg(long, value_name = "NUMBER", default_value_t = 16)]
    user_requests: usize,
    /// Seconds for which a frame may not move, while it comes or is read; in all it may take as
    /// many, and one more for each MiB
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    timeout: u64,
    /// Seconds that a connection may be idle: a client has one while its compiler runs
    #[arg(long, value_name = "SECONDS", default_value_t = 4 * 3600)]
    idle: u64,
    /// Keeps what builds tell of their calls in this directory, for `nix-sccache builds`: they are told by the socket
    /// log.sock beside theirs
    #[arg(long, value_name = "DIR")]
    logs: Option<PathBuf>,
    /// How much of that is kept; a user has a quarter of it at most, and a build a sixteenth
    #[arg(long, value_name = "SIZE", default_value = "512M", value_parser = size)]
    logs_size: u64,
    /// For how many days it is kept
    #[arg(long, value_name = "DAYS", default_value_t = 14)]
    logs_days: u64,
}

/// Three times this, and what a daemon has beside entries, is less than its unit lets it have.
const MAX_MEMORY: &str = "1G";

/// Descriptors beside those of connections.
const OTHER_DESCRIPTORS: usize = 64 + build_logs::CONNECTIONS;

/// Address space beside that of threads and of pieces of entries: the program and its libraries,
/// what it allocates, and what there has to be for a new thread.
const OTHER_ADDRESSES: u64 = (64 << 20)
    + workers::RESERVE as u64
    + build_logs::CONNECTIONS as u64 * (workers::THREAD + build_logs::LONGEST as u64);

/// How long requests may take that are under way when the gateway is to end.
const ENDING: Duration = Duration::from_secs(5);

/// Runs the gateway until a signal ends it.
#[must_use]
pub fn main(options: Options) -> ExitCode {
    with_one_arena();
    match run(options, Log::new()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            Log::new().line(error);
            ExitCode::FAILURE
        }
    }
}

/// Starts this program anew with one arena, where address space is limited: by default glibc has a
/// thread reserve 64 MiB of it for another, up to eight for each processor, and ends the process
/// where then nothing is left.
fn with_one_arena() {
    const ARENAS: &str = "MALLOC_ARENA_MAX";
    let is_limited = getrlimit(Resource::As).current.is_some();
    if !is_limited || env::var_os(ARENAS).is_some_and(|arenas| arenas == "1") {
        return;
    }
    let mut arguments = env::args_os();
    let (Ok(program), Some(name)) = (env::current_exe(), arguments.next()) else {
        return;
    };
    let mut again = Command::new(program);
    again.arg0(name).args(arguments).env(ARENAS, "1");
    // It returns where it fails.
    let error = again.exec();
    Log::new().line(format_args!(
        "cannot be started anew with one arena, so there may be fewer connections: {error}"
    ));
}

fn run(options: Options, log: Log) -> Result<(), String> {
    let writers = if options.read_only {
        Writers::NOBODY
    } else {
        options.write.clone()
    };
    let log = Arc::new(log);
    let said = |error: std::io::Error| error.to_string();
    let connections =
        descriptors(&options, &log).min(addresses(&options, getrlimit(Resource::As).current, &log));
    let logs = options.logs.is_some();
    let sockets = listen::listen(options.listen.as_deref(), options.mode, logs).map_err(said)?;
    if geteuid().is_root() {
        log.line("runs as root: give it a user of its own, who may connect to the daemon");
    }
    // Before there is another thread, and before anything comes in.
    confine::confine().map_err(|error| {
        format!("cannot give up the right to run programs, and does not start with it: {error}")
    })?;
    let mut signals = Signals::new([SIGTERM, SIGINT]).map_err(said)?;
    log.line(format_args!(
        "{} for the daemon at {}{}",
        match sockets.made.last() {
            Some(path) => format!("listens at {}", path.display()),
            None => "listens at systemd's socket".to_owned(),
        },
        options.daemon.display(),
        match &writers {
            Writers::Everybody => "",
            nobody if *nobody == Writers::NOBODY => ", to be read only",
            Writers::Users(_) => ", to be written to by some",
        },
    ));
    if let (Some(listener), Some(directory)) = (sockets.logs, options.logs.clone()) {
        keep_logs(listener, directory, &options, &log);
    }
    let gateway = Arc::new(Gateway {
        daemon: Daemon::new(options.daemon),
        users: Users::new(connections, options.user_connections),
        turns: Turns::new(Shares {
            requests: options.max_requests,
            requests_of_user: options.user_requests,
            memory: options.max_memory,
            memory_of_user: options.user_memory,
            large: large(),
        }),
        workers: Arc::new(Workers::new()),
        log,
        terms: Terms {
            writers,
            frame: options.max_frame,
            patience: Duration::from_secs(options.timeout),
            idle: Duration::from_secs(options.idle),
        },
    });
    let serving = Arc::clone(&gateway);
    workers::start(move || serving.serve(&sockets.storage)).map_err(said)?;

    signals.forever().next();
    for path in sockets.made {
        fs::remove_file(path).ok();
    }
    // What is under way is finished if it is so soon.
    let until = Instant::now() + ENDING;
    while gateway.turns.under_way() > 0 && Instant::now() < until {
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

/// Takes builds' logs. Without a directory for them builds go on all the same.
fn keep_logs(listener: UnixListener, directory: PathBuf, options: &Options, log: &Arc<Log>) {
    let limits = Limits {
        size: options.logs_size,
        age: Duration::from_hours(24 * options.logs_days.min(100_000)),
    };
    let place = directory.display().to_string();
    let started = Kept::open(directory, limits).and_then(|kept| {
        let logs = Arc::new(BuildLogs::new(kept, Arc::clone(log)));
        workers::start(move || logs.serve(&listener))
    });
    if let Err(error) = started {
        log.line(format_args!("keeps no logs of builds in {place}: {error}"));
    }
}

/// Asks for as many descriptors as there may be connections, and says how many those may be.
fn descriptors(options: &Options, log: &Log) -> usize {
    // A request that the daemon has, has a connection to it, and may still have the client's when
    // that was ended.
    let others = 2 * options.max_requests + OTHER_DESCRIPTORS;
    let wanted = u64::try_from(options.max_connections + others).unwrap_or(u64::MAX);
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(u64::MAX);
    if limit.current.is_some_and(|current| current < wanted) {
        let raised = Rlimit {
            current: Some(wanted.min(most)),
            ..limit
        };
        setrlimit(Resource::Nofile, raised).ok();
    }
    if most >= wanted {
        return options.max_connections;
    }
    let connections = usize::try_from(most)
        .unwrap_or(usize::MAX)
        .saturating_sub(others)
        .max(1);
    log.line(format_args!(
        "{most} descriptors allow {connections} connections, and not {}",
        options.max_connections
    ));
    connections
}

/// How many connections there may be in this much address space: each has a thread, and may leave
/// another to a request that the daemon still has when it was ended.
fn addresses(options: &Options, limit: Option<u64>, log: &Log) -> usize {
    let Some(limit) = limit else {
        return options.max_connections;
    };
    let requests = u64::try_from(options.max_requests).unwrap_or(u64::MAX);
    let others = requests
        .saturating_mul(workers::THREAD + serve::PIECE as u64)
        .saturating_add(OTHER_ADDRESSES);
    let threads = limit.saturating_sub(others) / workers::THREAD;
    let connections = usize::try_from(threads).unwrap_or(usize::MAX).max(1);
    if connections < options.max_connections {
        log.line(format_args!(
            "{} MiB of address space allow {connections} connections, and not {}",
            limit >> 20,
            options.max_connections
        ));
    }
    connections.min(options.max_connections)
}

/// How many bytes of large entries the daemon reads or writes at once: it does so byte by byte, each
/// entry in one of its threads, and it has 20, or two for each processor (sccache 0.19).
fn large() -> u64 {
    const OF_PROCESSOR: u64 = 16 << 20;
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    OF_PROCESSOR * u64::try_from(processors).unwrap_or(1)
}

/// A size such as `128M`, in bytes.
fn size(text: &str) -> Result<u64, String> {
    let wrong = || {
        format!("a size is a number of bytes, or one of K, M or G behind it: 128M, not {text:?}")
    };
    let (digits, shift) = match text.strip_suffix(['K', 'M', 'G']) {
        Some(digits) => (
            digits,
            match text.as_bytes().last() {
                Some(b'K') => 10,
                Some(b'M') => 20,
                _ => 30,
            },
        ),
        None => (text, 0),
    };
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    number.checked_mul(1 << shift).ok_or_else(wrong)
}

/// The size of a frame, whose length has four bytes.
fn frame(text: &str) -> Result<u32, String> {
    u32::try_from(size(text)?).map_err(|_| "no frame has 4G or more".to_owned())
}

/// Permissions such as `0660`.
fn mode(text: &str) -> Result<u32, String> {
    u32::from_str_radix(text, 8)
        .ok()
        .filter(|mode| *mode <= 0o777)
        .ok_or_else(|| format!("permissions are an octal number up to 0777, not {text:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_letters() {
        assert_eq!(size("0"), Ok(0));
        assert_eq!(size("3K"), Ok(3 << 10));
        assert_eq!(size("2G"), Ok(2 << 30));
        for wrong in ["", "M", "1T", "-1", "1 M", "99999999999G", "€"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
        assert!(frame("4G").is_err());
        assert_eq!(frame("4095M"), Ok(4095 << 20));
    }

    /// The units, as a table of their directives.
    fn units() -> toml::Table {
        include_str!("../../nix/modules/units.toml")
            .parse()
            .unwrap()
    }

    /// The options that there are by default.
    fn options() -> Options {
        #[derive(clap::Parser)]
        struct Parsed {
            #[command(flatten)]
            options: Options,
        }
        let words = ["gateway", "--daemon", "/s"];
        <Parsed as clap::Parser>::parse_from(words).options
    }

    #[test]
    fn the_daemons_unit_has_room_for_what_it_may_hold() {
        let units = units();
        let most = units["daemon"]["Service"]["MemoryMax"].as_str().unwrap();
        assert!(3 * size(MAX_MEMORY).unwrap() <= size(most).unwrap() * 3 / 4);
    }

    /// What the gateway passes the daemon takes.
    #[test]
    fn frames_are_as_long_as_the_daemon_takes_them() {
        let units = units();
        let frame = units["daemon"]["Environment"]["SCCACHE_MAX_FRAME_LENGTH"].as_str();
        assert_eq!(Some(options().max_frame.to_string().as_str()), frame);
    }

    #[test]
    fn its_own_unit_has_addresses_for_all_connections() {
        let (options, units) = (options(), units());
        let limit = units["gateway"]["Service"]["LimitAS"].as_str().unwrap();
        let log = Log::new();
        let connections = |limit| addresses(&options, limit, &log);
        assert_eq!(connections(size(limit).ok()), options.max_connections);
        assert_eq!(connections(None), options.max_connections);
        assert!((300..1024).contains(&connections(Some(300 << 20))));
        assert_eq!(connections(Some(1 << 20)), 1);
    }

    #[test]
    fn permissions_are_octal() {
        assert_eq!(mode("0666"), Ok(0o666));
        assert_eq!(mode("600"), Ok(0o600));
        for wrong in ["", "888", "7777", "rw"] {
            assert!(mode(wrong).is_err(), "{wrong}");
        }
    }
}
