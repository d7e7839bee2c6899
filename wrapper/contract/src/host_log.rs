//! Holds what a session tells the host: each call opens a connection to the gateway's second socket, writes a line that
//! names the session, and lines as its files have them. Nothing is answered.

use serde_json::Value;

use crate::fault::{CacheError, FaultRecord};
use crate::json::{Json, put, record, write_object};
use crate::log::{Entry, error_line};
use crate::record::{Build, Made};

/// The name of the socket, beside that of the storage.
pub const SOCKET: &str = "log.sock";

/// Where the host keeps what it was told, unless it was set up otherwise: files as the setting `reports` has them.
pub const DIRECTORY: &str = "/var/lib/nix-sccache";

/// How long a session's own name may be.
pub const LONGEST_SESSION: usize = 32;

/// The first line: who speaks, as they say themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Speaker {
    /// What tells the session from others of its user: letters and digits.
    pub session: String,
    /// The derivation.
    pub build: Build,
}

impl Json for Speaker {
    fn write(&self, text: &mut String) {
        write_object(text, |text| {
            put("session", &self.session, text);
            put("build", &self.build, text);
        });
    }

    fn read(value: &Value) -> Option<Self> {
        let session = String::read(value.get("session")?)?;
        let is_name = (1..=LONGEST_SESSION).contains(&session.len())
            && session.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_name.then_some(Self {
            session,
            build: Build::read(value.get("build")?)?,
        })
    }
}

record! {
    /// A compiler that begins to run, since the cache had nothing.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Started {
        /// When its call began: with the name this tells which line of the log ends it.
        pub started: u64,
        /// The crate, or the source file.
        pub name: String,
    }
}

record! {
    /// What a hit saved.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Saved {
        /// How much longer the run took that is stored, in microseconds.
        pub saved: u64,
        /// When the call began.
        pub at: u64,
    }
}

record! {
    /// The end of a session that knows its end.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Ended {
        /// When, in microseconds since 1970.
        pub ended: u64,
    }
}

/// A line behind the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A call of a compiler.
    Call(Entry),
    /// A compiler that begins to run.
    Started(Started),
    /// What a hit saved.
    Saved(Saved),
    /// What went wrong and was got over.
    Fault(FaultRecord),
    /// Why the cache could not be used.
    Error(CacheError),
    /// What a call's key was made of.
    Key(Made),
    /// The session's end.
    Ended(Ended),
}

impl Line {
    /// Reads a line; nothing where it is none of these.
    #[must_use]
    pub fn read(value: &Value) -> Option<Self> {
        let error = || CacheError::read(value.get("cache_error")?);
        None.or_else(|| Entry::read(value).map(Self::Call))
            .or_else(|| Made::read(value).map(Self::Key))
            .or_else(|| Started::read(value).map(Self::Started))
            .or_else(|| Saved::read(value).map(Self::Saved))
            .or_else(|| FaultRecord::read(value).map(Self::Fault))
            .or_else(|| error().map(Self::Error))
            .or_else(|| Ended::read(value).map(Self::Ended))
    }

    /// Its text, with nothing in it that was not understood.
    #[must_use]
    pub fn to_json(&self) -> String {
        match self {
            Self::Call(entry) => entry.to_json(),
            Self::Started(started) => started.to_json(),
            Self::Saved(saved) => saved.to_json(),
            Self::Fault(fault) => fault.to_json(),
            Self::Error(error) => error_line(error),
            Self::Key(made) => made.to_json(),
            Self::Ended(ended) => ended.to_json(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_apart() {
        for line in [
            r#"{"at":1,"took":2,"language":"rust","name":"a","outcome":"hit"}"#,
            r#"{"started":1,"name":"a"}"#,
            r#"{"saved":7,"at":1}"#,
            r#"{"fault":"slow-answers","calls":1,"waited":7}"#,
            r#"{"cache_error":"sccache-missing"}"#,
            r#"{"at":1,"name":"a","unit":{"kinds":["lib"]},"parts":[]}"#,
            r#"{"ended":1}"#,
        ] {
            let value = serde_json::from_str(line).unwrap();
            let read = Line::read(&value).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(read.to_json(), line);
        }
        for line in ["1", "{}", r#"{"started":"x","name":"a"}"#] {
            assert_eq!(Line::read(&serde_json::from_str(line).unwrap()), None);
        }
    }

    #[test]
    fn a_session_has_a_plain_name() {
        for (name, expected) in [("0aZ", true), ("", false), ("../x", false), ("a\n", false)] {
            let speaker = Speaker {
                session: name.to_owned(),
                ..Speaker::default()
            };
            let read = Speaker::from_json(speaker.to_json().as_bytes());
            assert_eq!(read.is_some(), expected, "{name}");
        }
    }
}
