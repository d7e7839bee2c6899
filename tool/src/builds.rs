//! Lists the builds that the host has seen: `nix-sccache builds`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use nix_sccache_contract::host_log::DIRECTORY;
use nix_sccache_contract::text::shown_up_to;
use serde::Serialize;
use textwrap::WordSplitter::NoHyphenation;

use crate::host_builds::{HostBuild, HostBuilds};
use crate::page::advice::{Advice, advice};
use crate::print::{ended, fit, print, width};
use crate::time::time;

/// The form of the JSON. Members may be added to it; a change of those that are there is another number.
const SCHEMA: u32 = 1;

/// How wide the table is.
const WIDTH: usize = 80;

/// So much of what could be changed is told below the table.
const MOST_ADVICE: usize = 3;

/// Which builds, and how.
#[derive(Args)]
pub struct Options {
    /// Where the host's gateway keeps them
    #[arg(long, value_name = "DIR", default_value = DIRECTORY)]
    logs: PathBuf,
    /// How many, the newest first
    #[arg(short, long, value_name = "NUMBER", default_value_t = 20)]
    number: usize,
    /// Lists them as JSON
    #[arg(long)]
    json: bool,
}

/// What is listed.
#[derive(Serialize)]
struct Listed {
    /// [`SCHEMA`].
    schema: u32,
    builds: Vec<Row>,
}

/// A build. The derivation is what it says that it is.
#[derive(Serialize)]
struct Row {
    /// What `report` and `explain` know it by.
    id: String,
    name: String,
    pname: Option<String>,
    out: Option<String>,
    /// The number of the user that ran it.
    user: Option<String>,
    /// In seconds since 1970.
    began: u64,
    /// When it said something last, alike.
    heard: u64,
    running: bool,
    hits: usize,
    misses: usize,
    passed_through: usize,
    errors: usize,
    /// What the stored results took to make, less what the hits took.
    saved_seconds: f64,
    /// What to change, what costs most first.
    advice: Vec<Advised>,
}

/// What to change.
#[derive(Clone, Serialize)]
struct Advised {
    seen: String,
    change: String,
    seconds: f64,
}

/// Lists them, or says why it cannot.
pub fn main(options: &Options) -> ExitCode {
    let said = listed(options).and_then(|listed| {
        let text = if options.json {
            serde_json::to_string_pretty(&listed).map_err(|error| error.to_string())?
        } else {
            text(&listed)
        };
        print(text).map_err(|error| error.to_string())
    });
    ended(said)
}

fn listed(options: &Options) -> Result<Listed, String> {
    let mut kept = HostBuilds::new(&options.logs);
    kept.update()?;
    let builds = kept.builds().iter().take(options.number);
    let now = SystemTime::now();
    Ok(Listed {
        schema: SCHEMA,
        builds: builds.map(|build| row(build, now)).collect(),
    })
}

fn row(build: &HostBuild, now: SystemTime) -> Row {
    let log = build.log.log().unwrap_or_default();
    let heard = build.heard.duration_since(UNIX_EPOCH);
    Row {
        id: build.log.id(),
        name: build.log.title(&build.origin),
        pname: build.origin.pname.clone(),
        out: build.origin.out.clone(),
        user: build.origin.user.clone(),
        began: build.log.seconds(),
        heard: heard.map_or(0, |heard| heard.as_secs()),
        running: build.runs(now),
        hits: build.hits,
        misses: build.misses,
        passed_through: build.passed,
        errors: build.errors,
        saved_seconds: seconds(build.saved),
        advice: advice(&log).into_iter().map(Advised::of).collect(),
    }
}

impl Advised {
    fn of(advice: Advice) -> Self {
        Self {
            seen: advice.seen,
            change: advice.change,
            seconds: seconds(advice.took),
        }
    }
}

fn text(listed: &Listed) -> String {
    if listed.builds.is_empty() {
        return "nix-sccache: no build has told of itself yet".to_owned();
    }
    let mut lines = vec![line(
        "began",
        "  build",
        ["hits", "misses", "passed", "saved"],
    )];
    for row in &listed.builds {
        let numbers = [
            row.hits.to_string(),
            row.misses.to_string(),
            row.passed_through.to_string(),
            duration(row.saved_seconds),
        ];
        let sign = if row.running { "* " } else { "  " };
        let name = format!("{sign}{}", row.name);
        lines.push(line(
            &time(row.began),
            &name,
            numbers.each_ref().map(String::as_str),
        ));
    }
    if listed.builds.iter().any(|row| row.running) {
        lines.push("* seems to run: `nix-sccache top` watches it".to_owned());
    }
    // Of the same kind, what costs most of all builds.
    let mut changes: Vec<(Advised, usize)> = Vec::new();
    for change in listed.builds.iter().flat_map(|row| &row.advice) {
        match changes
            .iter_mut()
            .find(|(other, _)| other.change == change.change)
        {
            Some((other, builds)) => {
                other.seconds += change.seconds;
                *builds += 1;
            }
            None => changes.push((change.clone(), 1)),
        }
    }
    changes.sort_by(|(a, _), (b, _)| b.seconds.total_cmp(&a.seconds));
    if !changes.is_empty() {
        lines.push("\nWhat to change:".to_owned());
    }
    for (change, builds) in changes.iter().take(MOST_ADVICE) {
        let builds = if *builds == 1 {
            "1 build".to_owned()
        } else {
            format!("{builds} builds")
        };
        let cost = duration(change.seconds);
        lines.push(wrapped(&format!(
            "- {cost} of {builds}: {} {}",
            change.seen, change.change
        )));
    }
    lines.push(String::new());
    lines.push(wrapped(
        "`nix-sccache report BUILD` shows all of one, `nix-sccache explain CRATE` why it missed.",
    ));
    lines.join("\n")
}

fn line(began: &str, name: &str, [hits, misses, passed, saved]: [&str; 4]) -> String {
    const NAME: usize = 33;
    // Without seconds and zone.
    let began = began.get(..16).unwrap_or(began);
    let mut name = fit(name, NAME);
    name.extend(std::iter::repeat_n(' ', NAME - width(&name)));
    format!("{began:<16} {name} {hits:>6} {misses:>6} {passed:>6} {saved:>7}")
}

fn wrapped(text: &str) -> String {
    let options = textwrap::Options::new(WIDTH)
        .subsequent_indent("  ")
        .word_splitter(NoHyphenation)
        .break_words(false);
    textwrap::fill(&shown_up_to(text, usize::MAX), options)
}

/// A time as short as people say it.
pub fn duration(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 99.95 => format!("{seconds:.1} s"),
        seconds if seconds < 5970.0 => format!("{:.0} min", seconds / 60.0),
        seconds if seconds < 3600.0 * 999.0 => format!("{:.0} h", seconds / 3600.0),
        _ => "> 999 h".to_owned(),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a build does not take 285 years"
)]
pub fn seconds(micros: u64) -> f64 {
    micros as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_short() {
        for (seconds, expected) in [
            (0.0, "0.0 s"),
            (99.94, "99.9 s"),
            (99.96, "2 min"),
            (5400.0, "90 min"),
            (7200.0, "2 h"),
            (1e19, "> 999 h"),
        ] {
            assert_eq!(duration(seconds), expected);
        }
    }

    #[test]
    fn lines_fit() {
        for name in [
            "a",
            &"ä".repeat(99),
            &"日本語".repeat(9),
            "\u{1b}[2J\n\u{202e}\u{1b}\u{1b}\u{1b}\u{1b}",
        ] {
            let line = line(
                "2026-11-29 10:58:00 UTC",
                name,
                ["99999", "1", "2", "999 min"],
            );
            assert_eq!(width(&line), WIDTH - 1, "{line}");
            assert!(!line.contains(char::is_control), "{line:?}");
        }
    }
}
