//! The report: what the cache did for a session.

use std::collections::BTreeMap;

use crate::bypass::BypassReason;
use crate::fault::{self, CacheError, Faults};
use crate::log::{Entry, Log, Outcome};
use crate::text::{shown, shown_up_to};

/// What a session's log says, all together.
#[derive(Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Report {
    /// Calls that the cache was asked for.
    pub asked: usize,
    /// Calls that it had.
    pub hits: usize,
    /// How long they took, in seconds, summed over all that ran at once.
    pub hit_seconds: f64,
    /// Calls that it had not.
    pub misses: usize,
    /// How long they took, in seconds.
    pub miss_seconds: f64,
    /// Which calls it had not, the longest first.
    pub missed: Vec<Missed>,
    /// How many of them were for crates whose path changes with a lock file or a version, and that
    /// were shown it all the same.
    pub missed_with_path: usize,
    /// Calls that ran without it, by reason.
    pub passthrough: Vec<Passthrough>,
    /// Questions to a compiler.
    pub probes: usize,
    /// Calls that the compiler refused.
    pub errors: usize,
    /// How long they took, in seconds.
    pub error_seconds: f64,
    /// Why the cache could not be used, the first time.
    pub cache_error: Option<ToldError>,
    /// What went wrong and was got over.
    pub faults: Vec<Faults>,
}

/// A call that the cache had not.
#[derive(Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Missed {
    /// The crate, or the source file.
    pub name: String,
    /// `rust`, `c` or `c++`.
    pub language: String,
    /// How long it took.
    pub seconds: f64,
}

/// An error of the cache, with what people read of it.
#[derive(Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ToldError {
    /// Its code.
    pub code: &'static str,
    /// What happened.
    pub sentence: String,
    /// What to do about it.
    pub remedy: String,
}

impl ToldError {
    fn of(error: &CacheError) -> Self {
        Self {
            code: error.code(),
            sentence: error.to_string(),
            remedy: error.remedy(),
        }
    }
}

/// Calls that ran without the cache for one reason.
#[derive(Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Passthrough {
    /// The reason's code.
    pub code: &'static str,
    /// The reason, in words.
    pub reason: String,
    /// How many.
    pub calls: usize,
    /// How long they took, in seconds.
    pub seconds: f64,
    /// What to do to have them cached, where that can be.
    pub remedy: Option<String>,
}

impl Report {
    /// The report of a log.
    #[must_use]
    pub fn of(log: &Log) -> Self {
        Self {
            cache_error: log.error.as_ref().map(ToldError::of),
            faults: fault::together(&log.faults),
            ..Self::from_entries(&log.calls)
        }
    }

    fn from_entries(entries: &[Entry]) -> Self {
        let mut report = Self::default();
        let mut passthrough: BTreeMap<BypassReason, (usize, f64)> = BTreeMap::new();
        for entry in entries {
            let seconds = seconds(entry.took);
            match &entry.outcome {
                Outcome::Hit => {
                    report.hits += 1;
                    report.hit_seconds += seconds;
                }
                Outcome::Miss => {
                    report.misses += 1;
                    report.miss_seconds += seconds;
                    report.missed_with_path += usize::from(entry.keeps_path);
                    let (name, language) = (entry.name.clone(), entry.language.clone());
                    report.missed.push(Missed {
                        name,
                        language,
                        seconds,
                    });
                }
                Outcome::Passthrough(reason) => {
                    let (calls, sum) = passthrough.entry(reason.clone()).or_default();
                    *calls += 1;
                    *sum += seconds;
                }
                Outcome::Probe => report.probes += 1,
                Outcome::Error => {
                    report.errors += 1;
                    report.error_seconds += seconds;
                }
            }
        }
        report.asked = report.hits + report.misses;
        report
            .missed
            .sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
        report.passthrough = passthrough
            .into_iter()
            .map(|(reason, (calls, seconds))| Passthrough {
                code: reason.code(),
                reason: reason.to_string(),
                calls,
                seconds,
                remedy: reason.wins_hits().then(|| reason.remedy()),
            })
            .collect();
        report
            .passthrough
            .sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
        report
    }

    /// One line.
    #[must_use]
    pub fn summary(&self) -> String {
        let passed: usize = self.passthrough.iter().map(|row| row.calls).sum();
        format!(
            "nix-sccache: hits {} of {}, misses {}, passed through {passed}, probes {}",
            self.hits, self.asked, self.misses, self.probes
        )
    }

    /// The summary and a table under it, for people; it fits 80 columns, but for what sccache
    /// itself said of an error.
    #[must_use]
    pub fn text(&self) -> String {
        let parts = [
            Some(self.summary()),
            self.table(),
            self.nothing_line(),
            self.missed_line(),
            self.paths_line(),
            self.remedies(),
            self.told_faults(),
            self.told_error(),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join("\n")
    }

    /// What must not be left out where there is room for little.
    #[must_use]
    pub fn short_text(&self) -> String {
        let parts = [Some(self.summary()), self.told_faults(), self.told_error()];
        parts.into_iter().flatten().collect::<Vec<_>>().join("\n")
    }

    fn told_faults(&self) -> Option<String> {
        let lines: Vec<_> = self
            .faults
            .iter()
            .map(|faults| {
                let (text, code, remedy) = (faults.text(), faults.fault.code(), &faults.remedy);
                format!("nix-sccache: {text}\n  {code}: {remedy}")
            })
            .collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    fn told_error(&self) -> Option<String> {
        let error = self.cache_error.as_ref()?;
        let text = error_text(&error.sentence);
        Some(format!("{text}\n  {}: {}", error.code, error.remedy))
    }

    fn table(&self) -> Option<String> {
        let hits = ("hits", self.hits, self.hit_seconds, "");
        let misses = ("misses", self.misses, self.miss_seconds, "");
        let passed = self.passthrough.iter().map(|row| {
            let reason = row.reason.as_str();
            ("passed through", row.calls, row.seconds, reason)
        });
        let note = "in the compiler, as some probes are to";
        let failed = ("failed", self.errors, self.error_seconds, note);
        let rows = [hits, misses].into_iter().chain(passed).chain([failed]);
        let rows: Vec<_> = rows.filter(|(_, calls, ..)| *calls > 0).collect();
        if rows.is_empty() {
            return None;
        }
        let header = ["", "calls", "seconds", ""].map(str::to_owned);
        let cells = rows.into_iter().map(|(what, calls, seconds, note)| {
            let (calls, seconds) = (calls.to_string(), format!("{seconds:.1}"));
            [what.to_owned(), calls, seconds, shown(note)]
        });
        let cells: Vec<_> = std::iter::once(header).chain(cells).collect();
        let width = |column: fn(&[String; 4]) -> &String| {
            cells
                .iter()
                .map(|row| column(row).chars().count())
                .max()
                .unwrap_or_default()
        };
        let (what, calls, seconds) = (
            width(|row| &row[0]),
            width(|row| &row[1]),
            width(|row| &row[2]),
        );
        let lines = cells.iter().map(|[a, b, c, note]| {
            let line = format!(" {a:what$}  {b:>calls$}  {c:>seconds$}  {note}");
            line.trim_end().to_owned()
        });
        Some(lines.collect::<Vec<_>>().join("\n"))
    }

    /// Where no call at all came by: the cache is of no use to such a build.
    fn nothing_line(&self) -> Option<String> {
        let passed = !self.passthrough.is_empty();
        let has_calls = self.asked > 0 || passed || self.errors > 0 || self.cache_error.is_some();
        (!has_calls).then(|| {
            "  warning: nothing was compiled through the cache. It sees rustc, by way of\n  \
             cargo or by that name on PATH, and of C compilers those that CMake or the\n  \
             crate cc calls. What compiles none of these is better built without it."
                .to_owned()
        })
    }

    /// As many of the missed calls as a line holds, the longest first.
    fn missed_line(&self) -> Option<String> {
        const WIDTH: usize = 80;
        let mut line = "  missed:".to_owned();
        for (before, miss) in self.missed.iter().enumerate() {
            let separator = if before == 0 { "" } else { "," };
            let name = format!("{separator} {} {:.1}", shown(&miss.name), miss.seconds);
            let more = format!(" and {} more", self.missed.len() - before);
            if line.chars().count() + name.chars().count() + more.len() > WIDTH {
                return Some(line + &more);
            }
            line += &name;
        }
        (!self.missed.is_empty()).then_some(line)
    }

    fn paths_line(&self) -> Option<String> {
        let calls = self.missed_with_path;
        (calls > 0).then(|| {
            format!(
                "  {calls} with a path that changes with the lock file or the version: stablePaths"
            )
        })
    }

    fn remedies(&self) -> Option<String> {
        let remedy = |row: &Passthrough| {
            let remedy = row.remedy.as_ref()?;
            Some(format!("  {}: {remedy}", shown(&row.reason)))
        };
        let remedies: Vec<_> = self.passthrough.iter().filter_map(remedy).collect();
        (!remedies.is_empty()).then(|| remedies.join("\n"))
    }
}

/// What is told of an error of the cache.
#[must_use]
pub fn error_text(sentence: &str) -> String {
    /// How many characters of a line are shown: it may be another program's words.
    const LINE: usize = 1000;
    let lines: Vec<_> = sentence
        .lines()
        .map(|line| shown_up_to(line, LINE))
        .collect();
    format!(
        "nix-sccache: the cache cannot be used, and the build goes on without it: {}",
        lines.join("\n")
    )
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a build does not take 285 years"
)]
fn seconds(micros: u64) -> f64 {
    micros as f64 / 1e6
}
