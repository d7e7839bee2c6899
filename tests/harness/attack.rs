//! Tries what a build can on the socket that is mounted into its sandbox.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use nix_sccache_contract::wire::{CompileResponse, Request, Response};

use crate::protocol::{
    Client, Heard, answer, found, frame, get, not_cached, put, request, stored, string,
};

/// A key, of which the daemon knows nothing but what it is told here.
pub const KEY: &str = "00000000000000000000000000000000000000000000000000000000000000aa";

/// The attacks that are over at once, each with what comes of it where it comes to nothing.
pub const ATTACKS: [(&str, &str); 16] = [
    ("compile", "refused"),
    ("shut-down", "refused"),
    ("zero-statistics", "refused"),
    ("distributed", "refused"),
    ("unknown", "refused"),
    ("unknown-large", "refused"),
    ("statistics", "told nothing"),
    ("write-file", "closed"),
    ("read-file", "closed"),
    ("short-key", "closed"),
    ("lying-length", "closed"),
    ("empty", "closed"),
    ("oversize", "closed"),
    ("half", "closed"),
    ("nonsense", "closed"),
    ("names", "answered"),
];

/// Tries one. `argument` is a program to run, or a file to write or to read, or what must not be
/// told.
pub fn attack(socket: &Path, name: &str, argument: &str) -> &'static str {
    let mut client = Client::new(socket);
    let heard = match name {
        "compile" => {
            let list = |items: &[&str]| {
                let items: Vec<u8> = items.iter().flat_map(|item| os_string(item)).collect();
                items
            };
            let arguments = [1_u64.to_le_bytes().to_vec(), list(&["-c"])].concat();
            let body = request(
                Request::Compile.number(),
                &[&list(&[argument, "/"]), &arguments, &0_u64.to_le_bytes()],
            );
            client.ask(&body)
        }
        "shut-down" => client.ask(&request(Request::Shutdown.number(), &[])),
        "zero-statistics" => client.ask(&request(Request::ZeroStats.number(), &[])),
        "distributed" => client.ask(&request(Request::DistStatus.number(), &[])),
        "unknown" => client.ask(&request(12, &[])),
        "unknown-large" => client.ask(&request(u32::MAX, &[&vec![7; 1 << 20]])),
        "statistics" => match client.ask(&request(Request::GetStats.number(), &[])) {
            Heard::Answer(answer) => {
                let secret = argument.as_bytes();
                let told = answer.windows(secret.len()).any(|part| part == secret);
                return if told { "told" } else { "told nothing" };
            }
            other => other,
        },
        // A key is a path to the daemon.
        "write-file" => client.ask(&put(argument, b"written")),
        "read-file" => client.ask(&get(argument)),
        "short-key" => client.ask(&get("")),
        "lying-length" => {
            let mut body = put(KEY, b"x");
            let length = body.len() - 9..body.len() - 1;
            body.splice(length, u64::MAX.to_le_bytes());
            client.ask(&body)
        }
        "empty" => client.ask(&[]),
        "oversize" => client.send(&[0xff; 4]).send(&vec![0; 1 << 20]).hear(),
        "half" => client.send(&frame(&get(KEY))[..30]).hear(),
        "nonsense" => client
            .send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .hear(),
        "names" => {
            let mut heard = Heard::Nothing;
            for turn in 0..400 {
                let names: Vec<_> = (0..16)
                    .map(|name| format!("{:-<100}", turn * 16 + name))
                    .collect();
                let names: Vec<_> = names.iter().map(String::as_str).collect();
                heard = client.ask(&not_cached(&names));
            }
            heard
        }
        other => panic!("no attack {other}"),
    };
    let refused = answer(Response::Compile(CompileResponse::Unhandled), b"");
    match heard {
        heard if heard == refused => "refused",
        Heard::Answer(_) => "answered",
        Heard::Closed => "closed",
        Heard::Nothing => "nothing",
    }
}

/// Takes what there is and gives nothing back, for as long as the value lives: idle connections,
/// half frames, large entries that never end, and answers that nobody reads.
pub fn hold(socket: &Path) -> Vec<UnixStream> {
    let large = vec![7; 8 << 20];
    Client::new(socket).ask(&put(KEY, &large));
    let mut held = Vec::new();
    let mut hold = |many: usize, bytes: &[u8]| {
        for _ in 0..many {
            let Ok(mut stream) = UnixStream::connect(socket) else {
                continue;
            };
            // Whoever waits for its turn does not read.
            stream
                .set_write_timeout(Some(Duration::from_millis(50)))
                .ok();
            stream.write_all(bytes).ok();
            held.push(stream);
        }
    };
    hold(1000, b"");
    let mut unfinished = frame(&put(KEY, &vec![7; 30 << 20]));
    unfinished.truncate(29 << 20);
    hold(24, &unfinished);
    hold(50, &frame(&get(KEY)).repeat(20));
    // As many as a user may have, and none of them idle.
    hold(300, &frame(&get(KEY))[..30]);
    held
}

/// Stores an entry and gets it, as every build may, and says whether it is the same.
pub fn exchange(socket: &Path) -> &'static str {
    let mut client = Client::new(socket);
    if client.ask(&put(KEY, b"entry")) != stored() {
        "not stored"
    } else if client.ask(&get(KEY)) == found(b"entry") {
        "the same"
    } else {
        "not found"
    }
}

/// A string of the operating system's, which has a variant.
fn os_string(text: &str) -> Vec<u8> {
    [&0_u32.to_le_bytes()[..], &string(text.as_bytes())].concat()
}

/// Tells lies at the socket of builds' logs, and says how many connections took them, or what was answered.
pub fn tell(socket: &Path, what: &str) -> String {
    const HOSTILE: &str =
        "\u{1b}]0;owned\u{7}\u{1b}[2J\u{1b}[31m\nnix-sccache: hits 9 of 9\r\u{202e}";
    let call = |name: &str| {
        let name = serde_json::Value::from(name);
        format!(
            "{{\"at\":18446744073709551615,\"took\":18446744073709551615,\"language\":{name},\"name\":{name},\"package\":{name},\"outcome\":\"hit\"}}\n"
        )
    };
    let speaker = |session: &str, name: &str| {
        let name = serde_json::Value::from(name);
        format!(
            "{{\"session\":\"{session}\",\"build\":{{\"at\":1,\"name\":{name},\"pname\":{name},\"out\":{name}}}}}\n"
        )
    };
    let say = |text: &str| -> Option<UnixStream> {
        let mut stream = UnixStream::connect(socket).ok()?;
        stream
            .set_write_timeout(Some(Duration::from_secs(5)))
            .ok()?;
        stream.write_all(text.as_bytes()).ok()?;
        Some(stream)
    };
    let mut said = Vec::new();
    match what {
        "orders" => {
            said.push(say(&(speaker("orders", HOSTILE)
                + &call(HOSTILE)
                + HOSTILE
                + "\n")));
            let path = speaker("path", "../../../tmp/owned") + &call("path");
            said.push(say(&path));
        }
        // Each is as long as one may be, in ever new sessions.
        "flood" => {
            let calls = call(&"x".repeat(1000)).repeat(60);
            for number in 0..2000 {
                said.push(say(
                    &(speaker(&format!("f{}", number / 20), "flood") + &calls)
                ));
                said.truncate(1);
            }
        }
        "sessions" => {
            for number in 0..3000 {
                said.push(say(&speaker(&format!("n{number}"), "sessions")));
                said.truncate(1);
            }
        }
        "hold" => said.extend((0..300).map(|_| say("{"))),
        "read" => {
            let heard = say(&speaker("read", "read")).map(|mut stream| {
                stream.shutdown(std::net::Shutdown::Write).ok();
                let mut heard = Vec::new();
                stream.read_to_end(&mut heard).ok();
                heard.len()
            });
            return format!("{} bytes heard", heard.unwrap_or_default());
        }
        other => panic!("no lie {other}"),
    }
    format!("{} said", said.iter().flatten().count())
}
