//! What went wrong with the cache and was got over, so that the build need not go on without it:
//! an entry that was damaged, one that was not stored, answers that took their time, calls that
//! the log could not take. The session keeps them beside its log, and the report tells of them.

use serde::{Deserialize, Serialize};

/// One thing that went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// What it was.
    #[serde(rename = "fault")]
    pub kind: Kind,
    /// The crate or the source file of the call; empty where none is known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// How many calls it stands for.
    pub calls: u64,
    /// The cause, as far as it is known.
    pub why: String,
    /// How long the calls waited, in milliseconds, where that is the fault.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub waited: u64,
}

/// What can go wrong and be got over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// An entry was not what had been stored, or was another call's: its call was compiled, and
    /// the entry stored anew.
    EntryDamaged,
    /// An entry could not be had: its call was compiled.
    EntryNotRead,
    /// What was compiled could not be stored.
    EntryNotStored,
    /// Answers took their time.
    SlowAnswers,
    /// A call ended before its compiler did, as a signal ends one.
    CallAbandoned,
    /// Lines of the log could not be written.
    LogIncomplete,
}

impl Fault {
    /// A fault of one call.
    pub fn of_call(kind: Kind, name: &str, why: impl Into<String>) -> Self {
        Self {
            kind,
            name: one_line(name),
            calls: 1,
            why: one_line(&why.into()),
            waited: 0,
        }
    }

    /// A fault of this many calls, whose names nobody knows.
    pub fn of_calls(kind: Kind, calls: u64, why: impl Into<String>) -> Self {
        let one = Self::of_call(kind, "", why);
        Self { calls, ..one }
    }
}

/// Faults of one kind and cause, together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Faults {
    /// What it was.
    #[serde(rename = "fault")]
    pub kind: Kind,
    /// How many calls met it.
    pub calls: u64,
    /// The crates and source files, as far as they are known.
    pub names: Vec<String>,
    /// The cause.
    pub why: String,
    /// How long calls waited, in seconds, where that is the fault.
    pub waited_seconds: f64,
}

/// Puts faults of one kind and cause together, in the order of the kinds.
#[must_use]
pub fn together(faults: &[Fault]) -> Vec<Faults> {
    let mut all: Vec<Faults> = Vec::new();
    for fault in faults {
        let same = all
            .iter()
            .position(|other| other.kind == fault.kind && other.why == fault.why);
        let index = same.unwrap_or_else(|| {
            all.push(Faults {
                kind: fault.kind,
                calls: 0,
                names: Vec::new(),
                why: fault.why.clone(),
                waited_seconds: 0.0,
            });
            all.len() - 1
        });
        let Some(row) = all.get_mut(index) else {
            continue;
        };
        row.calls = row.calls.saturating_add(fault.calls);
        row.waited_seconds += seconds(fault.waited);
        if !fault.name.is_empty() && !row.names.contains(&fault.name) {
            row.names.push(fault.name.clone());
        }
    }
    all.sort_by_key(|row| row.kind);
    all
}

impl Faults {
    /// A sentence.
    #[must_use]
    pub fn text(&self) -> String {
        let (calls, of, why) = (self.calls, self.of(), &self.why);
        let several = calls != 1;
        let entries = if several { "entries" } else { "entry" };
        match self.kind {
            Kind::EntryDamaged => {
                format!("{calls} {entries} damaged, compiled again and stored anew{of}: {why}")
            }
            Kind::EntryNotRead => {
                format!("{calls} {entries} could not be read, and compiled again{of}: {why}")
            }
            Kind::EntryNotStored => format!("{calls} {entries} not stored{of}: {why}"),
            Kind::SlowAnswers => format!(
                "the cache was slow: {:.1} s of waiting in {calls} call{}{of}",
                self.waited_seconds,
                if several { "s" } else { "" }
            ),
            Kind::CallAbandoned => {
                let plural = if several { "s" } else { "" };
                format!("{calls} call{plural} given up{of}: {why}")
            }
            Kind::LogIncomplete if calls == 0 => format!("calls are not counted here: {why}"),
            Kind::LogIncomplete => format!(
                "{calls} call{} not counted here, since the session's log could not take {}: {why}",
                if several { "s are" } else { " is" },
                if several { "them" } else { "it" }
            ),
        }
    }

    /// Some of the names, in brackets.
    fn of(&self) -> String {
        const SHOWN: usize = 3;
        if self.names.is_empty() {
            return String::new();
        }
        let shown: Vec<_> = self.names.iter().take(SHOWN).map(String::as_str).collect();
        match self.names.len().saturating_sub(SHOWN) {
            0 => format!(" ({})", shown.join(", ")),
            more => format!(" ({} and {more} more)", shown.join(", ")),
        }
    }
}

/// What others said, on one line and not for ever; what is not seen is spelled out.
fn one_line(text: &str) -> String {
    const LENGTH: usize = 300;
    let mut line = String::new();
    for character in text.trim().chars().take(LENGTH) {
        match character {
            '\n' | '\t' => line.push(' '),
            '"' | '\'' | '\\' => line.push(character),
            other => line.extend(other.escape_debug()),
        }
    }
    line
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for this")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a build does not take 285 years"
)]
fn seconds(millis: u64) -> f64 {
    millis as f64 / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_one_cause_are_told_together() {
        let damaged = |name: &str| Fault::of_call(Kind::EntryDamaged, name, "a\nb");
        let slow = Fault {
            waited: 1500,
            ..Fault::of_call(Kind::SlowAnswers, "a", "")
        };
        let faults = [
            slow.clone(),
            slow,
            damaged("a"),
            damaged("b"),
            damaged("c"),
            damaged("d"),
            Fault::of_call(Kind::EntryNotStored, "a", "no room"),
            Fault::of_calls(Kind::LogIncomplete, 2, "no room"),
        ];
        let text: Vec<_> = together(&faults).iter().map(Faults::text).collect();
        assert_eq!(
            text,
            [
                "4 entries damaged, compiled again and stored anew (a, b, c and 1 more): a b",
                "1 entry not stored (a): no room",
                "the cache was slow: 3.0 s of waiting in 2 calls (a)",
                "2 calls are not counted here, since the session's log could not take them: no room",
            ]
        );
    }

    #[test]
    fn what_is_written_is_read() {
        let fault = Fault::of_call(Kind::EntryNotStored, "a", "why");
        let text = serde_json::to_string(&fault).unwrap();
        assert_eq!(
            text,
            r#"{"fault":"entry-not-stored","name":"a","calls":1,"why":"why"}"#
        );
        assert_eq!(serde_json::from_str::<Fault>(&text).unwrap(), fault);
    }
}
