//! The report of a session, as people read it.

use nix_sccache_contract::bypass::BypassReason;
use nix_sccache_contract::log::{Entry, Log, Outcome};
use nix_sccache_contract::report::{Report, error_text};

fn of(calls: &[Entry]) -> Report {
    Report::of(&Log {
        calls: calls.to_vec(),
        ..Log::default()
    })
}

fn entry(name: &str, took: u64, outcome: Outcome) -> Entry {
    Entry {
        at: 0,
        took,
        language: "rust".into(),
        name: name.into(),
        package: None,
        keeps_path: false,
        outcome,
    }
}

#[test]
fn sums_up() {
    let report = of(&[
        entry("a", 100_000, Outcome::Hit),
        entry("b", 200_000, Outcome::Hit),
        entry("c", 1_500_000, Outcome::Miss),
        entry("d", 2_500_000, Outcome::Miss),
        entry(
            "e",
            9_000_000,
            Outcome::Passthrough(BypassReason::Links("bin".into())),
        ),
        entry(
            "f",
            1_000_000,
            Outcome::Passthrough(BypassReason::Incremental),
        ),
        entry("", 0, Outcome::Probe),
    ]);
    assert_eq!(
        report.summary(),
        "nix-sccache: hits 2 of 4, misses 2, passed through 2, probes 1"
    );
    assert_eq!(
        report.text(),
        "nix-sccache: hits 2 of 4, misses 2, passed through 2, probes 1
                 calls  seconds
 hits                2      0.3
 misses              2      4.0
 passed through      1      9.0  links (bin)
 passed through      1      1.0  continues an earlier compilation (incremental)
  missed: d 2.5, c 1.5
  links (bin): the cache serves it with the setting `links = \"all\"`
  continues an earlier compilation (incremental): set CARGO_INCREMENTAL=0 and no `incremental = true` in a profile"
    );
}

#[test]
fn paths_that_change_are_told() {
    let mut miss = entry("a", 1_000_000, Outcome::Miss);
    miss.keeps_path = true;
    let hit = Entry {
        outcome: Outcome::Hit,
        ..miss.clone()
    };
    let line = "  1 with a path that changes with the lock file or the version: stablePaths";
    assert!(line.len() <= 80);
    let report = of(&[miss, hit.clone()]);
    assert!(report.text().contains(line), "{}", report.text());
    assert!(!of(&[hit]).text().contains("stablePaths"));
}

#[test]
fn many_misses_fit_a_line() {
    let misses: Vec<_> = (0..40)
        .map(|n| entry(&format!("crate_{n}"), n, Outcome::Miss))
        .collect();
    let missed_line = |misses| {
        let text = of(misses).text();
        let line = text.lines().find(|line| line.starts_with("  missed:"));
        line.unwrap().to_owned()
    };
    let line = missed_line(&misses);
    assert!(
        line.chars().count() <= 80 && line.ends_with(" more"),
        "{line}"
    );
    assert_eq!(missed_line(&misses[..1]), "  missed: crate_0 0.0");
}

/// As where nothing but a C compiler is called, by make.
#[test]
fn a_session_without_a_call_is_warned() {
    let summary = "nix-sccache: hits 0 of 0, misses 0, passed through 0, probes 0";
    let text = Report::default().text();
    assert!(
        text.starts_with(&format!("{summary}\n  warning: nothing was compiled")),
        "{text}"
    );
    assert!(text.lines().all(|line| line.len() <= 80), "{text}");
    assert_eq!(Report::default().short_text(), summary);
    let entries = [entry("a", 1, Outcome::Passthrough(BypassReason::NoObject))];
    assert!(!of(&entries).text().contains("warning"));
}

/// A file's name may have orders for a terminal in it.
#[test]
fn names_are_no_orders() {
    let name = "a\u{1b}[2J\n.c";
    let entries = [
        entry(name, 1, Outcome::Miss),
        entry(
            "",
            1,
            Outcome::Passthrough(BypassReason::Option(name.into())),
        ),
        entry(
            "",
            1,
            Outcome::Passthrough(BypassReason::Unreadable(name.into())),
        ),
    ];
    let text = of(&entries).text();
    assert!(!text.contains('\u{1b}') && !text.contains("J\n"), "{text}");
    let text = error_text("sccache said:\na\u{1b}[2J");
    assert!(text.ends_with(": sccache said:\na\\u{1b}[2J"), "{text}");
}
