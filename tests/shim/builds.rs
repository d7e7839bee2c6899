//! What the host's gateway keeps of builds, as `nix-sccache` shows it.

use std::path::Path;
use std::process::{Command, Output};
use std::time::{SystemTime, UNIX_EPOCH};

use nix_sccache_tests::attack::tell;
use nix_sccache_tests::{Daemon, Gateway, Shim, library, reported, stdout_of, until};
use serde_json::Value;

use crate::shim;
use crate::top::build_named;

fn tool(shim: &Shim, arguments: &[&str], place: [&str; 2]) -> Output {
    let mut tool = Command::new(shim.program("nix-sccache"));
    tool.args(arguments).args(place).output().unwrap()
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn listed(shim: &Shim, logs: &str) -> Vec<Value> {
    let listed: Value =
        serde_json::from_str(&said(&tool(shim, &["builds", "--json"], ["--logs", logs]))).unwrap();
    listed["builds"].as_array().unwrap().clone()
}

/// Builds of one derivation's name, as a shell that stands in for it has it.
fn build(shim: &Shim, gateway: &Gateway, directory: &Path) -> (u64, u64) {
    let mut run = shim.run_at(&gateway.socket());
    run.current_dir(directory)
        .env("name", "hello-1.0")
        .env("pname", "hello")
        .env(
            "out",
            "/nix/store/00000000000000000000000000000000-hello-1.0",
        );
    reported(run, ["cargo", "build", "--release", "--offline"]).hits_and_misses()
}

#[test]
fn builds_are_listed_reported_and_explained() {
    let (shim, daemon, library) = (shim(), Daemon::start(), library("hello").locked());
    let gateway = Gateway::start_keeping(&daemon, &[]);
    let mut expected = Vec::new();
    for _ in 0..2 {
        library.clean();
        expected.push(build(&shim, &gateway, library.path()));
    }
    library.write(
        "base/src/lib.rs",
        "//! Base.\n/// Adds.\npub fn add(a: u32, b: u32) -> u32 { b + a }\n",
    );
    library.clean();
    expected.push(build(&shim, &gateway, library.path()));
    let logs = gateway.logs().display().to_string();
    let builds = listed(&shim, &logs);
    let counts = builds.iter().rev().map(|build| {
        let count = |name: &str| build[name].as_u64().unwrap();
        (count("hits"), count("misses"))
    });
    assert_eq!(counts.collect::<Vec<_>>(), expected);
    let (cold, warm) = (&builds[2], &builds[1]);
    assert_eq!(cold["saved_seconds"], 0.0);
    let saved = warm["saved_seconds"].as_f64().unwrap();
    assert!(saved > 0.0, "{warm:#}");
    assert_eq!(
        (&warm["running"], &warm["name"]),
        (&false.into(), &"hello-1.0".into())
    );
    assert!(!cold["advice"].as_array().unwrap().is_empty(), "{cold:#}");

    let table = said(&tool(&shim, &["builds"], ["--logs", &logs]));
    assert_eq!(table.matches(" hello-1.0 ").count(), 3, "{table}");
    assert!(table.contains("What to change:"), "{table}");
    let hits = format!("hits {} of", expected[2].0);
    let first = format!("hits 0 of {}", expected[0].1);
    let id = cold["id"].as_str().unwrap();
    for (wanted, expected) in [("hello", &hits), ("hello-1.0", &hits), (id, &first)] {
        let report = said(&tool(&shim, &["report", wanted], ["--logs", &logs]));
        assert!(report.contains(expected), "{wanted}: {report}");
    }
    let explained = said(&tool(&shim, &["explain", "base"], ["--reports", &logs]));
    assert!(
        explained.contains("source src/lib.rs changed"),
        "{explained}"
    );

    let page = library.path().join("target/page.html");
    let arguments = ["report", "hello", "--html", page.to_str().unwrap()];
    said(&tool(&shim, &arguments, ["--logs", &logs]));
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("<html") && page.contains("greeting"));

    let unknown = tool(&shim, &["report", "helo"], ["--logs", &logs]);
    let error = String::from_utf8_lossy(&unknown.stderr).into_owned();
    assert!(
        !unknown.status.success() && error.contains("nix-sccache builds"),
        "{error}"
    );
}

/// A build that begins ever new sessions hides no other, and none of them is of a time to come.
#[test]
fn ever_new_sessions_hide_nobody() {
    let (shim, daemon) = (shim(), Daemon::start());
    let gateway = Gateway::start_keeping(&daemon, &[]);
    let logs = gateway.logs().display().to_string();
    let all = || {
        let arguments = ["builds", "--json", "--number", "9999"];
        let listed: Value =
            serde_json::from_str(&said(&tool(&shim, &arguments, ["--logs", &logs]))).unwrap();
        listed["builds"].as_array().unwrap().clone()
    };
    build_named(&gateway, 1, "honest-1.0");
    until(|| all().len() == 1, || format!("{:?}", all()));
    tell(&gateway.folder().join("log.sock"), "sessions");
    until(|| all().len() > 400, || all().len().to_string());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let builds = all();
    assert!(builds.len() < 1000, "{}", builds.len());
    assert_eq!(builds.last().unwrap()["name"], "honest-1.0");
    for build in builds {
        assert!(build["began"].as_u64().unwrap() <= now.as_secs(), "{build}");
    }
}

/// Names that would order a terminal about, or look like another line, are one line of plain text.
#[test]
fn lies_stay_in_their_line() {
    let (shim, daemon) = (shim(), Daemon::start());
    let gateway = Gateway::start_keeping(&daemon, &[]);
    tell(&gateway.folder().join("log.sock"), "orders");
    let logs = gateway.logs().display().to_string();
    until(
        || listed(&shim, &logs).len() == 2,
        || stdout_of(Command::new("ls").arg(&logs)),
    );
    let named = listed(&shim, &logs);
    let named = named.iter().map(|build| build["id"].as_str().unwrap());
    let ids: Vec<_> = named.map(str::to_owned).collect();
    for arguments in [
        &["builds"][..],
        &["builds", "--json"],
        &["report", &ids[0]],
        &["report", &ids[1]],
        &["report", &ids[0], "--json"],
    ] {
        let text = said(&tool(&shim, arguments, ["--logs", &logs]));
        let is_order = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!text.contains(is_order), "{arguments:?}: {text:?}");
        assert!(!text.contains("\nnix-sccache: hits 9 of 9"), "{text}");
        assert!(!text.contains("owned\u{7}"), "{text}");
    }
}
