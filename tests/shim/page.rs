//! The report as a page: what it says, where it is written, and how it looks in a browser.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use nix_sccache_tests::{Daemon, library, stdout_of};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::browser::{Colour, Scheme, elements_of, picture_of};
use crate::{build, shim};

/// The number that a page gives under a name.
#[track_caller]
fn count(page: &str, name: &str) -> u64 {
    let mark = format!("data-count=\"{name}\">");
    let (_, rest) = page
        .split_once(&mark)
        .unwrap_or_else(|| panic!("no {name} in {page}"));
    rest.split('<').next().unwrap().parse().unwrap()
}

/// How many bars of a class the timeline has.
fn bars(page: &str, class: &str) -> u64 {
    let bar = format!("<i class=\"{class}\" style=\"--l:");
    page.matches(&bar).count() as u64
}

/// The page of a session has the numbers of its report, and is the page of its log.
#[test]
fn of_a_session() {
    let (shim, daemon, library) = (shim(), Daemon::start(), library("hello"));
    let directory = TempDir::new().unwrap();
    let (page, log) = (
        directory.path().join("page.html"),
        directory.path().join("log"),
    );
    for (hits, misses) in [(0, 2), (2, 0)] {
        let mut run = shim.run(&daemon);
        run.arg("--html").arg(&page).arg("--log").arg(&log);
        let built = build(run, &library);
        built.assert_counts((hits, misses));
        let text = fs::read_to_string(&page).unwrap();
        for name in ["hits", "asked", "misses", "probes"] {
            assert_eq!(count(&text, name), built.count(name), "{name}");
        }
        let passed: u64 = built.report["passthrough"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["calls"].as_u64().unwrap())
            .sum();
        assert_eq!(
            (count(&text, "passed"), bars(&text, "pass")),
            (passed, passed)
        );
        assert_eq!((bars(&text, "hit"), bars(&text, "miss")), (hits, misses));
        let seconds = built.report["miss_seconds"].as_f64().unwrap();
        let cost = format!("The misses took {seconds:.1} s");
        assert_eq!(text.contains(&cost), misses > 0, "{text}");
        for name in ["greeting (greeting 0.1.0)", "program (program 0.1.0)"] {
            assert!(text.contains(&format!("title=\"{name} ")), "{name} {text}");
        }
        assert!(text.contains("links (bin)"), "{text}");
        assert_eq!(text.contains("src = self"), misses > 0, "{text}");

        let again = directory.path().join("again.html");
        let mut report = Command::new(shim.program("nix-sccache"));
        report.args(["report", "--log"]).arg(&log);
        stdout_of(report.arg("--html").arg(&again));
        assert_eq!(fs::read_to_string(again).unwrap(), text);
    }
}

/// Trouble is in the page, and in the page of a log that was kept.
#[test]
fn of_trouble() {
    let (shim, library) = (shim(), library("hello"));
    let directory = TempDir::new().unwrap();
    let log = directory.path().join("log");
    let mut run = shim.run_with("server");
    run.env("SCCACHE_SERVER_UDS", "/nonexistent/<socket>")
        .arg("--log")
        .arg(&log);
    let built = build(run, &library);
    assert_eq!(built.code, Some(0), "{built:#?}");
    let page = page_of(&log, directory.path());
    let text = fs::read_to_string(page).unwrap();
    for part in [
        "no server answers at /nonexistent/&#60;socket&#62;",
        "data-code=\"server-unreachable\"",
        "Does the daemon run?",
        "data-code=\"cache-failed\"",
    ] {
        assert!(text.contains(part), "{part} {text}");
    }
    let mut report = Command::new(shim.program("nix-sccache"));
    let json = stdout_of(report.args(["report", "--json", "--log"]).arg(&log));
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json, built.report);
}

/// A build leaves its log in the directory that it is told, of which pages are made, and nothing anywhere else.
#[test]
fn of_a_build() {
    let (shim, daemon, library) = (shim(), Daemon::start(), library("hello"));
    let (directory, out) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let output = out.path().join("0123-hello");
    let hook = |reports: &Path, end: &str| -> Output {
        library.clean();
        let tool = shim.program("nix-sccache-shim");
        let script = format!(
            "eval \"$({0} session begin)\"; cargo build --release --offline; {0} session end {end}",
            tool.display()
        );
        Command::new("sh")
            .args(["-ec", &script])
            .current_dir(library.path())
            .env("NIX_SCCACHE_SCCACHE", nix_sccache_tests::sccache())
            .env("NIX_SCCACHE_TRANSPORT", "server")
            .env("SCCACHE_SERVER_UDS", daemon.socket())
            .env("RUSTC_WRAPPER", shim.program("sccache"))
            .env("CARGO_INCREMENTAL", "0")
            .env("NIX_SCCACHE_REPORTS", reports)
            .env("out", &output)
            .env_remove("NIX_SCCACHE_SESSION")
            .output()
            .unwrap()
    };
    for end in ["", "--failed"] {
        let directory = directory.path().join(format!("reports{end}"));
        fs::create_dir(&directory).unwrap();
        let done = hook(&directory, end);
        assert!(done.status.success(), "{done:?}");
        let names = names_in(&directory);
        assert_eq!(names.len(), 2, "{names:?}");
        for (name, ending) in names.iter().zip([".jsonl", ".keys.jsonl"]) {
            let name = name.strip_prefix("0123-hello-");
            let seconds = name.and_then(|name| name.strip_suffix(ending));
            let seconds = seconds.unwrap_or_else(|| panic!("{names:?}"));
            assert!(seconds.parse::<u64>().is_ok(), "{names:?}");
        }
        for written in [1, 0] {
            let mut pages = Command::new(shim.program("nix-sccache"));
            let pages = stdout_of(pages.args(["report", "--pages"]).arg(&directory));
            assert_eq!(pages.lines().count(), written, "{pages}");
        }
        let page = directory.join(&names[0]).with_extension("html");
        let page = fs::read_to_string(page).unwrap();
        assert_eq!(count(&page, "asked"), 3);
    }

    // Whatever is wrong with the directory, the build goes on.
    let said = |done: &Output| String::from_utf8_lossy(&done.stderr).into_owned();
    let done = hook(&directory.path().join("none"), "");
    assert!(done.status.success(), "{done:?}");
    assert!(said(&done).contains("extra-sandbox-paths"), "{done:?}");
    fs::create_dir(&output).unwrap();
    let done = hook(&output, "");
    assert!(done.status.success(), "{done:?}");
    assert!(
        said(&done).contains("must not be part of what is built"),
        "{done:?}"
    );
    assert_eq!(names_in(&output), [""; 0]);
}

fn names_in(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// A file that is asked for by name is not written into an output either.
#[test]
fn no_output_gets_one() {
    let (shim, out) = (shim(), TempDir::new().unwrap());
    for option in ["--html", "--report", "--log"] {
        let file = out.path().join("lib/file");
        fs::create_dir_all(out.path().join("lib")).unwrap();
        let mut run = Command::new(shim.program("nix-sccache"));
        run.arg("run").arg(option).arg(&file).args(["--", "true"]);
        run.env_remove("NIX_SCCACHE_SESSION")
            .env("outputs", "out dev")
            .env("dev", out.path());
        let done = run.output().unwrap();
        assert!(done.status.success(), "{done:?}");
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(said.contains("must not be part of what is built"), "{said}");
        assert!(!file.exists(), "{option}");
    }
}

/// Writes the page of a log, beside it.
fn page_of(log: &Path, directory: &Path) -> PathBuf {
    let page = directory.join("page.html");
    let shim = shim();
    let mut report = Command::new(shim.program("nix-sccache"));
    report.args(["report", "--log"]).arg(log);
    stdout_of(report.arg("--html").arg(&page));
    page
}

/// A log of calls, one a line: outcome, lane by name, begin and time in milliseconds.
fn log_of(calls: impl IntoIterator<Item = (&'static str, u64, u64)>, directory: &Path) -> PathBuf {
    let mut text = String::new();
    for (number, (outcome, begins, takes)) in calls.into_iter().enumerate() {
        let mut call = json!({
            "at": 1_764_000_000_000_000 + begins * 1000,
            "took": takes * 1000,
            "language": "rust",
            "name": format!("crate_{number}"),
            "package": format!("crate-{number} 1.0.{number}"),
            "outcome": outcome,
        });
        if outcome == "passthrough" {
            call["reason"] = json!({"links": "proc-macro"});
        }
        writeln!(text, "{call}").unwrap();
    }
    let log = directory.join("log.jsonl");
    fs::write(&log, text).unwrap();
    log
}

const THREE: [(&str, u64, u64); 3] = [
    ("hit", 0, 1000),
    ("miss", 0, 2000),
    ("passthrough", 7000, 3000),
];

/// Sixteen at once, of all outcomes alike.
fn three_thousand() -> impl Iterator<Item = (&'static str, u64, u64)> {
    const OUTCOMES: [&str; 4] = ["hit", "miss", "passthrough", "error"];
    (0..3000_u64).map(|number| {
        let (lane, place) = (number % 16, number / 16);
        let outcome = OUTCOMES[usize::try_from((place + lane) % 4).unwrap()];
        (outcome, place * 500 + lane * 7, 490)
    })
}

#[test]
fn of_three_thousand_calls() {
    let directory = TempDir::new().unwrap();
    let log = log_of(three_thousand(), directory.path());
    let began = Instant::now();
    let page = page_of(&log, directory.path());
    let took = began.elapsed();
    assert!(took < Duration::from_secs(2), "{took:?}");
    let text = fs::read_to_string(&page).unwrap();
    assert!(text.len() < 2_000_000, "{}", text.len());
    for (class, calls) in [("hit", 750), ("miss", 750), ("pass", 750), ("fail", 750)] {
        assert_eq!(bars(&text, class), calls, "{class}");
    }
    assert!(text.contains("3000 calls, up to 16 at once."));
}

/// The colours of a page by their names in the style sheet; the dark ones come second there.
fn palette(page: &Path, scheme: Scheme) -> BTreeMap<&'static str, Colour> {
    let page = fs::read_to_string(page).unwrap();
    let names = [
        "paper", "ink", "panel", "line", "hit", "miss", "pass", "fail",
    ];
    names
        .into_iter()
        .map(|name| {
            let mark = format!("--{name}: #");
            let place = if scheme == Scheme::Light { 1 } else { 2 };
            let digits = &page.split(&mark).nth(place).unwrap()[..6];
            let part = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
            (name, [part(0), part(2), part(4)])
        })
        .collect()
}

/// What is seen of a page: for each pixel, row by row, the name of the nearest of the page's
/// colours. Stripes and the edges of letters are of the colour that they are on.
struct Seen {
    rows: Vec<Vec<&'static str>>,
}

impl Seen {
    fn of(page: &Path, scheme: Scheme, size: (usize, usize)) -> Self {
        let picture = picture_of(page, scheme, size);
        let palette = palette(page, scheme);
        assert_eq!((picture.width, picture.height), size);
        // In a corner there is nothing but paper, which is what the scheme says.
        let corner = picture.rows().next().unwrap()[0];
        assert_eq!(corner, palette["paper"]);
        let brightness = corner.iter().map(|part| usize::from(*part)).sum::<usize>() / 3;
        match scheme {
            Scheme::Light => assert!(brightness > 220, "{corner:?}"),
            Scheme::Dark => assert!(brightness < 50, "{corner:?}"),
        }
        // There is something on it, to be read on it.
        let ink = palette["ink"];
        let inked = picture.rows().flatten().filter(|pixel| **pixel == ink);
        assert!(inked.count() > 500);

        // A picture has many pixels and few colours.
        let mut names: BTreeMap<Colour, &'static str> = BTreeMap::new();
        let mut name = |pixel: &Colour| {
            *names
                .entry(*pixel)
                .or_insert_with(|| nearest(&palette, *pixel))
        };
        let rows = picture.rows();
        Self {
            rows: rows
                .map(|row| row.iter().map(&mut name).collect())
                .collect(),
        }
    }

    /// For each row, the lengths of its unbroken runs of a colour.
    fn runs(&self, name: &str) -> Vec<Vec<usize>> {
        let runs = |row: &Vec<&str>| {
            row.chunk_by(|a, b| a == b)
                .filter(|run| run[0] == name)
                .map(<[&str]>::len)
                .collect()
        };
        self.rows.iter().map(runs).collect()
    }
}

fn nearest(palette: &BTreeMap<&'static str, Colour>, pixel: Colour) -> &'static str {
    let distance = |colour: &Colour| -> u32 {
        let parts = colour.iter().zip(pixel);
        parts.map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
    };
    let nearest = palette.iter().min_by_key(|(_, colour)| distance(colour));
    nearest.unwrap().0
}

/// Three bars, each as long as its call: a tenth, two and three tenths of the timeline.
#[test]
fn three_calls_in_a_browser() {
    let directory = TempDir::new().unwrap();
    let page = page_of(&log_of(THREE, directory.path()), directory.path());
    for scheme in [Scheme::Light, Scheme::Dark] {
        let seen = Seen::of(&page, scheme, (1280, 1200));
        // What is left of the window between the page's edges, and the border.
        let track = 1280.0_f64.min(78.0 * 16.0) - 2.0 * 24.0 - 2.0;
        for (class, share) in [("hit", 0.1), ("miss", 0.2), ("pass", 0.3)] {
            let width = track * share;
            let is_bar =
                |run: &usize| (f64::from(u32::try_from(*run).unwrap()) - width).abs() <= 3.0;
            let rows = seen
                .runs(class)
                .iter()
                .filter(|runs| runs.iter().any(is_bar))
                .count();
            // Where there are letters on it the bar is broken.
            assert!((3..=24).contains(&rows), "{class} {scheme:?} {rows}");
        }
        assert!(seen.runs("fail").concat().is_empty(), "{scheme:?}");
    }
    // The style sheet and the script are the page's own, and its policy lets them be.
    let elements = elements_of(&page);
    assert!(
        fs::read_to_string(&page)
            .unwrap()
            .contains("class=\"script\" hidden")
    );
    assert!(elements.contains("class=\"script\">"), "{elements}");
}

/// Sixteen lanes full of bars, of each colour many beside each other.
#[test]
fn three_thousand_calls_in_a_browser() {
    let directory = TempDir::new().unwrap();
    let page = page_of(
        &log_of(three_thousand(), directory.path()),
        directory.path(),
    );
    for scheme in [Scheme::Light, Scheme::Dark] {
        let seen = Seen::of(&page, scheme, (1280, 1600));
        for class in ["hit", "miss", "pass", "fail"] {
            let full = |runs: &&Vec<usize>| runs.len() >= 20;
            let rows = seen.runs(class).iter().filter(full).count();
            assert!(rows >= 16 * 8, "{class} {scheme:?} {rows}");
        }
    }
}
