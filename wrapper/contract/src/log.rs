//! Holds the session's log: one line of JSON a call.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::bypass::BypassReason;
use crate::fault::{CacheError, FaultRecord};

/// One call of a compiler.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When it began, in microseconds since 1970.
    pub at: u64,
    /// How long it took, in microseconds; 0 for a probe, which nobody waits for.
    pub took: u64,
    /// `rust`, `c` or `c++`.
    pub language: String,
    /// The crate, or the source file.
    pub name: String,
    /// Cargo's package and its version, where cargo says: crates of one name, as build scripts
    /// are, have that to tell them apart. Older logs have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// Whether its key has a path in it that other builds have not, and could have another instead.
    #[serde(default, skip_serializing_if = "is_false")]
    pub keeps_path: bool,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_false(value: &bool) -> bool {
    !value
}

/// What a session leaves.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Log {
    /// The calls, in the order of their ends.
    pub calls: Vec<Entry>,
    /// Why the cache could not be used, the first time.
    pub error: Option<CacheError>,
    /// What went wrong and was got over.
    pub faults: Vec<FaultRecord>,
}

/// The last line of a log that was kept of a session that could not use the cache.
#[derive(Serialize, Deserialize)]
struct LastLine {
    cache_error: CacheError,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "outcome", content = "reason")]
pub enum Outcome {
    /// The cache had it.
    Hit,
    /// The cache had it not, and was given it.
    Miss,
    /// It ran without the cache.
    Passthrough(BypassReason),
    /// A question, which went straight to the compiler.
    Probe,
    /// The compiler refused it.
    Error,
}

/// The text of a log that is to be kept.
pub fn lines(log: &Log) -> serde_json::Result<Vec<u8>> {
    let mut lines = Vec::new();
    for call in &log.calls {
        serde_json::to_writer(&mut lines, call)?;
        lines.push(b'\n');
    }
    for fault in &log.faults {
        serde_json::to_writer(&mut lines, fault)?;
        lines.push(b'\n');
    }
    if let Some(cache_error) = log.error.clone() {
        serde_json::to_writer(&mut lines, &LastLine { cache_error })?;
        lines.push(b'\n');
    }
    Ok(lines)
}

/// What the text of a log that was kept says.
#[must_use]
pub fn kept(text: &str) -> Log {
    Log {
        calls: whole_lines(text),
        faults: whole_lines(text),
        error: text
            .lines()
            .next_back()
            .and_then(|line| serde_json::from_str(line).ok())
            .map(|LastLine { cache_error }| cache_error),
    }
}

/// The lines of a log, calls or faults. A line that is not whole, as a full disk leaves it, is passed over.
#[must_use]
pub fn whole_lines<T: DeserializeOwned>(text: &str) -> Vec<T> {
    text.lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Fault;

    #[test]
    fn what_is_kept_is_read() {
        let call = Entry {
            at: 1,
            took: 2,
            language: "rust".into(),
            name: "a".into(),
            package: None,
            keeps_path: false,
            outcome: Outcome::Miss,
        };
        for calls in [vec![], vec![call]] {
            for error in [None, Some(CacheError::SccacheFailed("it\nbroke".into()))] {
                let calls = calls.clone();
                let log = Log {
                    faults: calls
                        .iter()
                        .map(|call| {
                            FaultRecord::of_call(Fault::EntryDamaged("why".into()), &call.name)
                        })
                        .collect(),
                    calls,
                    error,
                };
                let text = String::from_utf8(lines(&log).unwrap()).unwrap();
                assert_eq!(kept(&text), log);
            }
        }
        assert_eq!(kept("no log\n"), Log::default());
    }

    /// As they were before calls had packages.
    #[test]
    fn older_logs_are_read() {
        let line = r#"{"at":1,"took":2,"language":"rust","name":"a","outcome":"passthrough","reason":{"links":"bin"}}"#;
        let [call]: [Entry; 1] = whole_lines(line).try_into().unwrap();
        assert_eq!(call.package, None);
        assert_eq!(
            call.outcome,
            Outcome::Passthrough(BypassReason::Links("bin".into()))
        );
        assert_eq!(serde_json::to_string(&call).unwrap(), line);
    }
}
