//! `nix-sccache top` on a terminal of its own.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use nix_sccache_tests::attack::tell;
use nix_sccache_tests::{Daemon, Gateway, Shim, until};

use crate::shim;

/// Tells of a build that compiles something.
pub fn build(gateway: &Gateway, number: usize) {
    build_named(gateway, number, &format!("build{number:03}-1.0"));
}

/// The same of one with this name.
pub fn build_named(gateway: &Gateway, number: usize, name: &str) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let at = now.unwrap().as_micros();
    let text = format!(
        "{{\"session\":\"s{number}\",\"build\":{{\"at\":1,\"name\":\"{name}\"}}}}\n\
         {{\"at\":{at},\"took\":9,\"language\":\"rust\",\"name\":\"serde\",\"outcome\":\"hit\"}}\n\
         {{\"started\":{at},\"name\":\"crate{number:03}\"}}\n"
    );
    let mut stream = UnixStream::connect(gateway.folder().join("log.sock")).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
}

/// All that it writes to a terminal of this width, while these keys are pressed.
fn top(shim: &Shim, logs: &Path, width: usize, keys: &[&str]) -> String {
    let tool = shim.program("nix-sccache");
    let command = format!(
        "stty rows 24 cols {width}; {} top --logs {}; echo \"ended by $?\"",
        tool.display(),
        logs.display()
    );
    let mut script = Command::new("script")
        .args([
            "--quiet",
            "--return",
            "--flush",
            "--command",
            &command,
            "/dev/null",
        ])
        .env("TERM", "xterm-256color")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = script.stdin.take().unwrap();
    thread::sleep(Duration::from_secs(1));
    for key in keys {
        stdin.write_all(key.as_bytes()).unwrap();
        stdin.flush().unwrap();
        thread::sleep(Duration::from_millis(300));
    }
    let output = script.wait_with_output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The text of what was drawn, without what moves and colours it.
fn text(drawn: &str) -> String {
    let mut text = String::new();
    let mut parts = drawn.split('\u{1b}');
    text += parts.next().unwrap_or_default();
    for part in parts {
        let end = part
            .find(|c: char| c.is_ascii_alphabetic())
            .map_or(part.len(), |at| at + 1);
        text.push(' ');
        text += part.get(end..).unwrap_or_default();
    }
    text
}

#[test]
fn builds_are_watched() {
    let (shim, daemon) = (shim(), Daemon::start());
    let gateway = Gateway::start_keeping(&daemon, &[]);
    for number in 0..3 {
        build(&gateway, number);
    }
    tell(&gateway.folder().join("log.sock"), "orders");
    let files = || std::fs::read_dir(gateway.logs()).unwrap().count();
    until(|| files() == 10, || files().to_string());
    let drawn = top(&shim, gateway.logs(), 80, &["\u{1b}[B", "q"]);
    let shown = text(&drawn);
    for part in ["5 builds run", "build002-1.0", "crate000", "report BUILD"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(shown.contains("ended by 0"), "{shown}");
    // What the terminal is ordered to do is the program's own: no title is set, no bell rings.
    for order in ["\u{1b}]", "\u{7}", "\u{1b}[31m", "\u{202e}"] {
        assert!(!drawn.contains(order), "{order:?} {drawn:?}");
    }
    // It leaves the terminal as it was.
    assert!(drawn.contains("\u{1b}[?1049h") && drawn.contains("\u{1b}[?1049l"));
    let shown = text(&top(&shim, gateway.logs(), 40, &["\u{1b}[F", "q"]));
    assert!(shown.contains("ended by 0"), "{shown}");
}

/// Whoever closes the terminal's window leaves nothing behind.
#[test]
fn it_ends_with_its_terminal() {
    let (shim, logs) = (shim(), tempfile::tempdir().unwrap());
    let command = format!(
        "trap '' HUP; {} top --logs {}",
        shim.program("nix-sccache").display(),
        logs.path().display()
    );
    let mut script = Command::new("script")
        .args(["--quiet", "--flush", "--command", &command, "/dev/null"])
        .env("TERM", "xterm-256color")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let runs = || {
        let place = format!("top --logs {}$", logs.path().display());
        let found = Command::new("pgrep").args(["--full", &place]).status();
        found.unwrap().success()
    };
    until(runs, || "it does not start".to_owned());
    thread::sleep(Duration::from_millis(500));
    script.kill().unwrap();
    script.wait().unwrap();
    until(|| !runs(), || "it goes on".to_owned());
}

#[test]
fn without_a_terminal_it_names_what_lists() {
    let shim = shim();
    let output = Command::new(shim.program("nix-sccache"))
        .args(["top", "--logs", "/"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && said.contains("nix-sccache builds"),
        "{said}"
    );
}
