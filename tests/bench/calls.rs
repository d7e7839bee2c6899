//! Times the calls of compilers that the cache answers, as their caller sees them, from exec to exit: a launcher in front
//! of the shim writes down when each call ran, and the session's log says what came of it.

use std::env;
use std::fmt::{self, Display, Formatter};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nix_sccache_contract::log::{Entry, Outcome, whole_lines};

/// The program to start.
const PROGRAM: &str = "BENCH_SHIM";

/// The file to which a line is added for each call.
const CALLS: &str = "BENCH_CALLS";

/// Whether programs are counted, in the place of time.
const COUNT: &str = "BENCH_COUNT";

/// What the log calls the language of a build script's run.
const BUILD_SCRIPT: &str = "build script";

/// A call, as a line: `BEGAN ENDED NANOSECONDS PROGRAMS`.
struct Call {
    /// Microseconds since 1970.
    began: u64,
    ended: u64,
    took: Duration,
    /// How often a program was started, the shim among them; 0 where nobody counted.
    programs: u64,
}

/// Runs the program with our arguments, as what the caller would have called without us.
pub fn launch() -> ExitCode {
    let [program, calls] = [PROGRAM, CALLS]
        .map(|name| env::var_os(name).unwrap_or_else(|| panic!("the launcher is told no {name}")));
    let strace = env::temp_dir().join(format!("strace-{}", std::process::id()));
    let counts = env::var_os(COUNT).is_some();
    let mut command = if counts {
        let mut command = Command::new("strace");
        command.args([
            "-f",
            "-qq",
            "-e",
            "trace=execve,execveat",
            "-e",
            "signal=none",
            "-o",
        ]);
        command.arg(&strace).arg(&program);
        command
    } else {
        Command::new(&program)
    };
    command.args(env::args_os().skip(1));
    for name in [PROGRAM, CALLS, COUNT] {
        command.env_remove(name);
    }
    command.env("RUSTC_WRAPPER", &program);
    let began = now();
    let instant = Instant::now();
    let status = command.status();
    let took = instant.elapsed();
    let ended = now();
    let status = status.unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    let programs = if counts { started(&strace) } else { 0 };
    let line = format!("{began} {ended} {} {programs}\n", took.as_nanos());
    OpenOptions::new()
        .append(true)
        .create(true)
        .open(&calls)
        .and_then(|mut file: File| file.write_all(line.as_bytes()))
        .unwrap_or_else(|error| panic!("{}: {error}", calls.display()));
    ExitCode::from(
        status
            .code()
            .and_then(|code| u8::try_from(code).ok())
            .unwrap_or(1),
    )
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
    })
}

/// How often a program was started, as strace has written it down.
fn started(strace: &Path) -> u64 {
    let text =
        fs::read_to_string(strace).unwrap_or_else(|error| panic!("{}: {error}", strace.display()));
    fs::remove_file(strace).ok();
    let started = text
        .lines()
        .filter(|line| line.contains("execve") && line.ends_with(" = 0"));
    started.count() as u64
}

/// Prints what hits took, of all calls and logs in a directory: `WHAT: median N ms, p95 N ms, processes N`.
/// Calls must not have run side by side, but for those that a call itself has made.
pub fn print_hits(what: &str, directory: &Path) {
    let mut calls = read_calls(directory, "calls");
    calls.sort_by_key(|call| call.began);
    let entries: Vec<Entry> = texts(directory, "jsonl")
        .flat_map(|text| whole_lines(&text))
        .collect();
    let (mut times, mut programs, mut others) = (Vec::new(), Vec::new(), 0);
    for entry in &entries {
        // The last that began before the shim did, which has made the call if it had not ended.
        let call = calls[..calls.partition_point(|call| call.began <= entry.at)].last();
        match call.filter(|call| entry.at <= call.ended) {
            _ if entry.outcome != Outcome::Hit => others += 1,
            Some(call) if call.programs > 0 => programs.push(call.programs),
            Some(call) => times.push(call.took),
            // Cargo starts those itself: their time is the shim's own.
            None if entry.language == BUILD_SCRIPT => {
                times.push(Duration::from_micros(entry.took));
            }
            None => panic!("a hit that no launcher saw: {entry:?}"),
        }
    }
    let starting: Vec<_> = read_calls(directory, "true")
        .iter()
        .map(|call| call.took)
        .collect();
    println!(
        "{what}: {} hits timed, {} counted, {others} calls that were none; /usr/bin/true there: {}",
        times.len(),
        programs.len(),
        Times::of(starting)
    );
    let most = programs.iter().max();
    let most = most.unwrap_or_else(|| panic!("no hit was counted in {}", directory.display()));
    println!("{what}: {}, processes {most}", Times::of(times));
}

fn read_calls(directory: &Path, extension: &str) -> Vec<Call> {
    let call = |line: &str| {
        let [began, ended, took, programs] = line
            .split(' ')
            .map(|number| {
                number
                    .parse()
                    .unwrap_or_else(|error| panic!("{line}: {error}"))
            })
            .collect::<Vec<u64>>()
            .try_into()
            .unwrap_or_else(|_| panic!("no call: {line}"));
        Call {
            began,
            ended,
            took: Duration::from_nanos(took),
            programs,
        }
    };
    texts(directory, extension)
        .flat_map(|text| text.lines().map(call).collect::<Vec<_>>())
        .collect()
}

/// The texts of a directory's files with this extension.
fn texts(directory: &Path, extension: &str) -> impl Iterator<Item = String> {
    let files =
        fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let paths = files.flatten().map(|file| file.path());
    paths
        .filter(move |path| path.extension().is_some_and(|found| found == extension))
        .map(|path| {
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        })
}

struct Times {
    median: Duration,
    p95: Duration,
}

impl Times {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort();
        let at = |percent: usize| {
            let index = (times.len() * percent).div_ceil(100).saturating_sub(1);
            *times
                .get(index)
                .unwrap_or_else(|| panic!("nothing was timed"))
        };
        Self {
            median: at(50),
            p95: at(95),
        }
    }
}

impl Display for Times {
    fn fmt(&self, formatter: &mut Formatter) -> fmt::Result {
        let [median, p95] = [self.median, self.p95].map(|time| time.as_secs_f64() * 1e3);
        write!(formatter, "median {median:.1} ms, p95 {p95:.1} ms")
    }
}
