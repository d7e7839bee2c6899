//! Measures requests to a daemon, directly and by way of a gateway, in turns, and hits:
//!
//! ```text
//! bench DAEMON GATEWAY         what a request costs
//! bench stand-in SOCKET        answers each request with the same large entry, until it is killed
//! bench bytes SOCKET GATEWAY   how many bytes pass, to that one
//! bench loads GATEWAY          what a small exchange costs while other users load the gateway
//! bench relay SOCKET DAEMON MS answers as that daemon does, so many milliseconds later, until it is killed
//! bench hits WHAT DIRECTORY    what hits took, by the calls and logs in there
//! sccache …                    by this name, a call of the shim that is timed
//! ```
//!
//! The daemon itself writes an entry byte by byte, and is slower than what it writes to: what
//! passes through a gateway shows with something faster behind it.
#![expect(
    clippy::panic,
    reason = "a measurement that cannot be made has no other end"
)]

mod calls;
mod loads;
mod relay;

use std::env;
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use nix_sccache_tests::attack::KEY;
use nix_sccache_tests::protocol::{Client, Heard, frame, get, put};

/// How often each is measured; a machine is faster now and slower then.
const TURNS: usize = 25;

/// Requests in a turn, for a small entry.
const REQUESTS: u16 = 1000;

/// A large entry, and how often it is asked for in a turn.
const LARGE: usize = 64 << 20;
const TIMES: u16 = 8;

fn main() -> ExitCode {
    let called_as = env::args_os().next().unwrap_or_default();
    if Path::new(&called_as).ends_with("sccache") {
        return calls::launch();
    }
    let arguments: Vec<_> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["stand-in", socket] => stand_in(Path::new(socket)),
        ["bytes", socket, gateway] => bytes([socket, gateway].map(Path::new)),
        ["loads", gateway] => loads::measure(Path::new(gateway)),
        ["relay", socket, daemon, late] => {
            let late = late.parse().unwrap_or_else(|error| panic!("{error}"));
            relay::relay(
                Path::new(socket),
                Path::new(daemon),
                Duration::from_millis(late),
            );
        }
        ["hits", what, directory] => calls::print_hits(what, Path::new(directory)),
        [does @ ("read" | "ask"), socket, key, connections, times] => {
            let number = |text: &str| text.parse().unwrap_or_else(|error| panic!("{error}"));
            let [connections, times] = [connections, times].map(number);
            loads::user(does, Path::new(socket), key, connections, times);
        }
        [daemon, gateway] => requests([daemon, gateway].map(Path::new)),
        _ => {
            eprintln!(
                "usage: bench DAEMON GATEWAY | stand-in SOCKET | bytes SOCKET GATEWAY | loads GATEWAY | relay SOCKET DAEMON MS | hits WHAT DIRECTORY"
            );
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

fn requests(sockets: [&Path; 2]) {
    let ask = |client: &mut Client| {
        assert!(
            matches!(client.ask(&get(KEY)), Heard::Answer(answer) if answer.len() > 1024),
            "no entry"
        );
    };
    Client::new(sockets[0]).ask(&put(KEY, &[7; 1024]));
    let by_one = measure(sockets, |socket| {
        let mut client = Client::new(socket);
        (0..REQUESTS).for_each(|_| ask(&mut client));
    });
    let by_many = measure(sockets, |socket| {
        (0..REQUESTS).for_each(|_| ask(&mut Client::new(socket)));
    });
    for (what, times) in [
        ("a request for an entry of 1 KiB", by_one),
        ("the same on a connection of its own", by_many),
    ] {
        let [direct, through] = times.map(|time| time.as_secs_f64() * 1e6 / f64::from(REQUESTS));
        println!(
            "{what}: directly {direct:.1} µs, through the gateway {through:.1} µs: {:+.1} µs",
            through - direct
        );
    }
}

fn bytes(sockets: [&Path; 2]) {
    let mut buffer = vec![0; 256 << 10];
    let times = measure(sockets, |socket| {
        let Ok(mut stream) = UnixStream::connect(socket) else {
            panic!("{}", socket.display());
        };
        for _ in 0..TIMES {
            stream.write_all(&frame(&get(KEY))).ok();
            let mut left = LARGE + 4;
            while left > 0 {
                let most = left.min(buffer.len());
                match stream.read(&mut buffer[..most]) {
                    Ok(count) if count > 0 => left -= count,
                    other => panic!("{left} bytes are missing: {other:?}"),
                }
            }
        }
    });
    let large = f64::from(u32::try_from(LARGE).unwrap_or(u32::MAX));
    let [direct, through] = times.map(|time| large * f64::from(TIMES) / time.as_secs_f64() / 1e9);
    println!(
        "entries of 64 MiB from a stand-in: directly {direct:.2} GB/s, through the gateway {through:.2} GB/s: {:.2} of it",
        through / direct
    );
}

/// The median time by each of the sockets.
fn measure(sockets: [&Path; 2], mut once: impl FnMut(&Path)) -> [Duration; 2] {
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..TURNS {
        for (socket, times) in sockets.iter().zip(&mut times) {
            let began = Instant::now();
            once(socket);
            times.push(began.elapsed());
        }
    }
    times.map(|mut times| {
        times.sort();
        times[times.len() / 2]
    })
}

fn stand_in(socket: &Path) {
    let listener =
        UnixListener::bind(socket).unwrap_or_else(|error| panic!("{}: {error}", socket.display()));
    for mut stream in listener.incoming().flatten() {
        thread::spawn(move || {
            let answer = frame(&vec![7; LARGE]);
            let mut request = vec![0; frame(&get(KEY)).len()];
            while stream.read_exact(&mut request).is_ok() && stream.write_all(&answer).is_ok() {}
        });
    }
}
