//! Words what the page shows, numbers too.

use std::io;

use askama::Template;
use nix_sccache_contract::log::{Entry, Log, Outcome};
use nix_sccache_contract::report::Report;
use nix_sccache_contract::text::shown;

use super::advice::{Advice, advice};
use super::timeline::{Bar, Timeline, timeline};

/// How many calls are drawn and listed: of more than these, the longest.
const SHOWN: usize = 4000;

/// How many misses are listed by themselves.
const SHOWN_MISSES: usize = 50;

/// The page of a log.
pub(super) fn page(log: &Log) -> io::Result<String> {
    Page::of(log).render().map_err(io::Error::other)
}

#[derive(Template)]
#[template(path = "page.html")]
struct Page {
    report: Report,
    passed: usize,
    compiler_seconds: f64,
    cost: Option<String>,
    advice: Vec<Advice>,
    shares: Vec<Share>,
    length: u64,
    lanes: usize,
    lane_height: usize,
    ticks: Vec<Tick>,
    /// In the order of their begins.
    calls: Vec<Call>,
    left_out: usize,
    misses: Vec<Miss>,
    more_misses: usize,
}

/// What came of calls, as it looks and reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kind {
    /// The class in the style sheet.
    class: &'static str,
    /// Beside the colour, for those who do not see it.
    mark: &'static str,
    word: &'static str,
}

const HIT: Kind = Kind {
    class: "hit",
    mark: "✓",
    word: "hit",
};
const MISS: Kind = Kind {
    class: "miss",
    mark: "▲",
    word: "miss",
};
const PASSED: Kind = Kind {
    class: "pass",
    mark: "→",
    word: "passed through",
};
const FAILED: Kind = Kind {
    class: "fail",
    mark: "✕",
    word: "failed",
};

/// A part of the compilers' time.
struct Share {
    kind: Kind,
    calls: usize,
    seconds: f64,
    percent: f64,
}

struct Tick {
    percent: f64,
    label: String,
}

struct Call {
    kind: Kind,
    label: String,
    name: String,
    package: String,
    language: String,
    reason: String,
    begins: f64,
    ends: f64,
    took: f64,
    lane: usize,
    left: f64,
    width: f64,
}

struct Miss {
    name: String,
    package: String,
    language: String,
    seconds: f64,
    /// Of the longest.
    percent: f64,
}

impl Page {
    fn of(log: &Log) -> Self {
        let report = Report::of(log);
        let timeline = timeline(&log.calls);
        let passed = report.passthrough.iter().map(|row| row.calls).sum();
        let passed_seconds = report.passthrough.iter().map(|row| row.seconds).sum();
        let shares = shares(&report, passed, passed_seconds);
        let compiler_seconds = shares.iter().map(|share| share.seconds).sum();
        let bars = longest(&timeline);
        let calls: Vec<Call> = bars
            .iter()
            .filter_map(|bar| Call::of(log.calls.get(bar.call)?, bar, timeline.length))
            .collect();
        let misses = misses(&log.calls);
        Self {
            passed,
            compiler_seconds,
            cost: cost(&report, compiler_seconds),
            advice: advice(log),
            shares,
            length: timeline.length,
            lanes: timeline.lanes,
            lane_height: lane_height(timeline.lanes),
            ticks: ticks(timeline.length),
            left_out: timeline.bars.len() - calls.len(),
            calls,
            more_misses: report.misses - misses.len(),
            misses,
            report,
        }
    }
}

impl Call {
    /// Nothing of a probe.
    fn of(entry: &Entry, bar: &Bar, length: u64) -> Option<Self> {
        let (kind, reason) = match &entry.outcome {
            Outcome::Hit => (HIT, String::new()),
            Outcome::Miss => (MISS, String::new()),
            Outcome::Passthrough(reason) => (PASSED, shown(&reason.to_string())),
            Outcome::Error => (FAILED, String::new()),
            Outcome::Probe => return None,
        };
        Some(Self {
            kind,
            label: label(entry),
            name: shown(&entry.name),
            package: package(entry),
            language: shown(&entry.language),
            reason,
            begins: seconds(bar.begins),
            ends: seconds(bar.begins.saturating_add(bar.took)),
            took: seconds(bar.took),
            lane: bar.lane,
            left: percent(seconds(bar.begins), seconds(length)),
            width: percent(seconds(bar.took), seconds(length)),
        })
    }

    /// All that is known of it, in one line.
    fn title(&self) -> String {
        let Self { name, package, .. } = self;
        let of = if package.is_empty() {
            String::new()
        } else {
            format!(" ({package})")
        };
        let why = if self.reason.is_empty() {
            String::new()
        } else {
            format!(": {}", self.reason)
        };
        format!(
            "{name}{of} · {}{why} · {:.2} s, from {:.2} to {:.2}",
            self.kind.word, self.took, self.begins, self.ends
        )
    }
}

fn shares(report: &Report, passed: usize, passed_seconds: f64) -> Vec<Share> {
    let rows = [
        (HIT, report.hits, report.hit_seconds),
        (MISS, report.misses, report.miss_seconds),
        (PASSED, passed, passed_seconds),
        (FAILED, report.errors, report.error_seconds),
    ];
    let all: f64 = rows.iter().map(|(.., seconds)| seconds).sum();
    rows.into_iter()
        .filter(|(_, calls, _)| *calls > 0)
        .map(|(kind, calls, seconds)| Share {
            kind,
            calls,
            seconds,
            percent: percent(seconds, all),
        })
        .collect()
}

/// What the misses cost.
#[expect(clippy::cast_precision_loss, reason = "no build has 2^52 calls")]
fn cost(report: &Report, compiler_seconds: f64) -> Option<String> {
    if report.misses == 0 {
        return None;
    }
    let share = percent(report.miss_seconds, compiler_seconds);
    let mut cost = format!(
        "The misses took {:.1} s, which is {share:.0} % of all calls' time.",
        report.miss_seconds
    );
    if report.hits > 0 {
        let hit = report.hit_seconds / report.hits as f64;
        let less = report.miss_seconds - hit * report.misses as f64;
        if less > 0.0 {
            let less = format!(
                " A hit took {hit:.2} s on average: had all of them been hits, all calls would have taken {less:.1} s less together."
            );
            cost.push_str(&less);
        }
    }
    Some(cost)
}

fn misses(calls: &[Entry]) -> Vec<Miss> {
    let mut missed: Vec<&Entry> = calls
        .iter()
        .filter(|call| call.outcome == Outcome::Miss)
        .collect();
    missed.sort_by(|a, b| (b.took, &a.name).cmp(&(a.took, &b.name)));
    let longest = missed.first().map_or(0, |call| call.took);
    missed
        .iter()
        .take(SHOWN_MISSES)
        .map(|call| Miss {
            name: shown(&call.name),
            package: package(call),
            language: shown(&call.language),
            seconds: seconds(call.took),
            percent: percent(seconds(call.took), seconds(longest)),
        })
        .collect()
}

/// The bars that are drawn, in the order of their begins.
fn longest(timeline: &Timeline) -> Vec<Bar> {
    let mut bars: Vec<(usize, &Bar)> = timeline.bars.iter().enumerate().collect();
    bars.sort_by_key(|(place, bar)| (std::cmp::Reverse(bar.took), *place));
    bars.truncate(SHOWN);
    bars.sort_by_key(|(place, _)| *place);
    bars.into_iter().map(|(_, bar)| *bar).collect()
}

/// In pixels; low lanes have no room for names.
fn lane_height(lanes: usize) -> usize {
    match lanes {
        0..=24 => 22,
        25..=48 => 16,
        _ => 6,
    }
}

/// Ten at most, at round times.
fn ticks(length: u64) -> Vec<Tick> {
    let steps = (3..19).flat_map(|zeros| [1, 2, 5].map(|digit| digit * 10_u64.pow(zeros)));
    let Some(step) = steps.into_iter().find(|step| length / step <= 10) else {
        return Vec::new();
    };
    if length == 0 {
        return Vec::new();
    }
    let decimals = match step {
        0..10_000 => 3,
        10_000..100_000 => 2,
        100_000..1_000_000 => 1,
        _ => 0,
    };
    (0..=length / step)
        .map(|tick| Tick {
            percent: percent(seconds(tick * step), seconds(length)),
            label: format!("{:.decimals$} s", seconds(tick * step)),
        })
        .collect()
}

/// What stands on the bar: of a path, its last part.
fn label(entry: &Entry) -> String {
    match &entry.package {
        Some(package) if entry.name.starts_with("build_script_") => {
            let name = package.split(' ').next().unwrap_or_default();
            format!("{}: build script", shown(name))
        }
        _ => shown(entry.name.rsplit('/').next().unwrap_or_default()),
    }
}

fn package(entry: &Entry) -> String {
    shown(entry.package.as_deref().unwrap_or_default())
}

/// The parts of a sentence, each with whether it is code: that stands between backquotes.
fn marked(sentence: &str) -> impl Iterator<Item = (bool, &str)> {
    let parts = sentence.split('`').enumerate();
    parts.map(|(place, part)| (place % 2 == 1, part))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a build does not take 285 years"
)]
fn seconds(micros: u64) -> f64 {
    micros as f64 / 1e6
}

/// Nothing of nothing is nothing.
fn percent(part: f64, whole: f64) -> f64 {
    if whole > 0.0 {
        part / whole * 100.0
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix_sccache_contract::bypass::BypassReason;
    use nix_sccache_contract::fault::{CacheError, Fault, FaultRecord};

    fn call(name: &str, at: u64, took: u64, outcome: Outcome) -> Entry {
        Entry {
            at: 1_700_000_000_000_000 + at,
            took,
            language: "rust".into(),
            name: name.into(),
            package: Some(format!("{name} 1.0.0")),
            keeps_path: false,
            outcome,
        }
    }

    fn page_of(calls: Vec<Entry>) -> String {
        let error = None;
        page(&Log {
            calls,
            error,
            faults: Vec::new(),
        })
        .unwrap()
    }

    /// Whatever stands in a log: a crate's name comes from the project that is built.
    #[test]
    fn what_comes_from_outside_is_text() {
        let evil = "<script>alert(1)</script>\"'&\u{202e}\u{1}";
        let calls = [
            Outcome::Hit,
            Outcome::Miss,
            Outcome::Passthrough(BypassReason::Links(evil.into())),
            Outcome::Passthrough(BypassReason::Option(evil.into())),
            Outcome::Passthrough(BypassReason::Option(evil.into())),
            Outcome::Error,
        ];
        let calls = calls.map(|outcome| Entry {
            language: evil.into(),
            package: Some(evil.into()),
            ..call(evil, 0, 1, outcome)
        });
        let page = page(&Log {
            calls: calls.into(),
            error: Some(CacheError::StorageFailed(evil.into())),
            faults: vec![FaultRecord::of_call(Fault::EntryDamaged(evil.into()), evil)],
        })
        .unwrap();
        assert!(page.contains("&#60;script&#62;alert(1)"), "{page}");
        assert_eq!(page.matches("<script>").count(), 1);
        assert_eq!(page.matches("</script>").count(), 1);
        for tag in page.split("title=").skip(1) {
            assert!(tag.starts_with('"'), "{tag}");
            let value = tag.split('"').nth(1).unwrap();
            assert!(value.contains("&#34;&#39;&#38;"), "{value}");
        }
        // Of the error's own text only HTML's marks are taken away.
        assert_eq!(page.matches('\u{202e}').count(), 1);
    }

    #[test]
    fn nothing_is_asked_for_elsewhere() {
        let page = page_of(vec![call("a", 0, 1, Outcome::Miss)]);
        for part in [
            "http:", "https:", "//", "src=", "href=", "url(", "@import", "fetch(",
        ] {
            // Comments of the script begin so.
            let found = page
                .lines()
                .filter(|line| !line.trim_start().starts_with("// "))
                .find(|line| line.contains(part));
            assert_eq!(found, None, "{part}");
        }
    }

    #[test]
    fn names_of_calls() {
        let script = Entry {
            package: Some("libc 0.2.1".into()),
            ..call("build_script_build", 0, 1, Outcome::Hit)
        };
        assert_eq!(label(&script), "libc: build script");
        assert_eq!(label(&call("/a/b/c.cc", 0, 1, Outcome::Hit)), "c.cc");
    }

    #[test]
    fn what_the_misses_cost() {
        let calls = vec![
            call("a", 0, 200_000, Outcome::Hit),
            call("b", 0, 1_300_000, Outcome::Miss),
            call("c", 0, 2_500_000, Outcome::Miss),
        ];
        let page = page_of(calls.clone());
        assert!(
            page.contains(
                "The misses took 3.8 s, which is 95 % of all calls' time. A hit took 0.20 s on average: \
                 had all of them been hits, all calls would have taken 3.4 s less together."
                    .replace('\'', "&#39;")
                    .as_str()
            ),
            "{page}"
        );
        assert!(!page_of(calls[..1].to_vec()).contains("The misses took"));
        assert!(!page_of(calls[1..].to_vec()).contains("on average"));
    }

    #[test]
    fn code_is_marked() {
        let parts: Vec<_> = marked("Say `a = b`, or").collect();
        assert_eq!(parts, [(false, "Say "), (true, "a = b"), (false, ", or")]);
        let page = page_of(vec![call("a", 0, 1, Outcome::Miss)]);
        assert!(page.contains("<code>src = self</code>"), "{page}");
        assert!(
            !page.split("<script>").next().unwrap().contains('`'),
            "{page}"
        );
    }

    #[test]
    fn ticks_are_round() {
        let labels =
            |length| -> Vec<String> { ticks(length).into_iter().map(|tick| tick.label).collect() };
        assert_eq!(labels(0), Vec::<String>::new());
        assert_eq!(
            labels(2_500_000),
            ["0.0 s", "0.5 s", "1.0 s", "1.5 s", "2.0 s", "2.5 s"]
        );
        assert_eq!(
            labels(7_000),
            [
                "0.000 s", "0.001 s", "0.002 s", "0.003 s", "0.004 s", "0.005 s", "0.006 s",
                "0.007 s"
            ]
        );
        assert_eq!(labels(19_900_000).last().unwrap(), "18 s");
        for length in [1, 999, 1_000_000_000, u64::MAX] {
            assert!(ticks(length).len() <= 11, "{length}");
        }
    }

    #[test]
    fn no_call_at_all() {
        let page = page_of(vec![]);
        assert!(page.contains("no compiler was called"), "{page}");
    }

    /// Of a very long build the page stays one that a browser opens.
    #[test]
    fn more_calls_than_are_shown() {
        let calls: Vec<_> = (0..20_000)
            .map(|n| {
                call(
                    "a_crate_with_a_long_name",
                    n * 1000,
                    10 + n % 5000,
                    Outcome::Miss,
                )
            })
            .collect();
        let page = page_of(calls.clone());
        assert!(page.len() < 2_000_000, "{}", page.len());
        assert_eq!(
            page.matches("<i class=\"miss\" style=\"--l:").count(),
            SHOWN
        );
        assert!(page.contains("Of 16000 shorter ones nothing is shown."));
        assert!(page.contains("data-count=\"misses\">20000<"));
        assert_eq!(page_of(calls), page);
    }
}
