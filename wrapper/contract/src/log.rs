//! Holds the session's log: one line of JSON a call.

use serde_json::{Map, Value};

use crate::bypass::BypassReason;
use crate::fault::{CacheError, FaultRecord};
use crate::json::{self, Json, Member, record};

record! {
    /// One call of a compiler.
    #[derive(Clone, Debug, PartialEq, Eq)]
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
        pub package: Option<String>,
        /// Whether its key has a path in it that other builds have not, and could have another instead.
        pub keeps_path: bool,
        /// What came of it.
        pub outcome: Outcome,
    }
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

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// It is the members `outcome` and, of a bypass, `reason`.
impl Member for Outcome {
    fn put(&self, name: &str, text: &mut String) {
        let outcome = match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Passthrough(_) => "passthrough",
            Self::Probe => "probe",
            Self::Error => "error",
        };
        json::put(name, &outcome.to_owned(), text);
        if let Self::Passthrough(reason) = self {
            json::put("reason", reason, text);
        }
    }

    fn get(name: &str, members: &Map<String, Value>) -> Option<Self> {
        Some(match members.get(name)?.as_str()? {
            "hit" => Self::Hit,
            "miss" => Self::Miss,
            "passthrough" => Self::Passthrough(BypassReason::read(members.get("reason")?)?),
            "probe" => Self::Probe,
            "error" => Self::Error,
            _ => return None,
        })
    }
}

/// The text of a log that is to be kept.
#[must_use]
pub fn lines(log: &Log) -> Vec<u8> {
    let calls = log.calls.iter().map(Json::to_json);
    let faults = log.faults.iter().map(Json::to_json);
    let error = log.error.iter().map(error_line);
    let lines = calls.chain(faults).chain(error);
    lines.flat_map(|line| (line + "\n").into_bytes()).collect()
}

/// The line of an error of the cache.
#[must_use]
pub fn error_line(error: &CacheError) -> String {
    let mut text = String::new();
    json::write_object(&mut text, |text| json::put("cache_error", error, text));
    text
}

/// What the text of a log that was kept says. The host's goes on behind the error.
#[must_use]
pub fn kept(text: &str) -> Log {
    let mut errors = text.lines().filter(|line| line.contains("\"cache_error\""));
    Log {
        calls: whole_lines(text),
        faults: whole_lines(text),
        error: errors.find_map(|line| {
            let line = serde_json::from_str::<Value>(line).ok()?;
            CacheError::read(line.get("cache_error")?)
        }),
    }
}

/// The lines of a log, calls or faults. A line that is not whole, as a full disk leaves it, is passed over.
#[must_use]
pub fn whole_lines<T: Json>(text: &str) -> Vec<T> {
    text.lines()
        .filter_map(|line| T::from_json(line.as_bytes()))
        .collect()
}
