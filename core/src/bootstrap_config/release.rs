//! Orders releases of Rust, and tells when something came or went.

use std::fmt;

use crate::error::Error;
use crate::show::quoted;

/// The oldest release whose keys are known here.
pub(super) const OLDEST: u32 = 63;

/// The newest one.
pub(super) const NEWEST: u32 = 99;

/// A release of Rust, 1.MINOR: patch releases change no keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Release {
    pub(super) minor: u32,
    /// As it was given, `1.85.0` or `1.97.0-nightly`.
    text: String,
}

impl Release {
    /// Of the text of a source's `src/version`, or of what a compiler says of its own. Fails on
    /// what is no version, and on releases before [`OLDEST`].
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let (number, channel) = text.split_once('-').unwrap_or((text, ""));
        let mut parts = number.split('.');
        let mut next = || parts.next().and_then(digits);
        let (major, minor, patch) = (next(), next(), next());
        let is_version = parts.next().is_none()
            && channel
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '.');
        let (Some(1), Some(minor), Some(_), true) = (major, minor, patch, is_version) else {
            return Err(Error::new(format!(
                "{} is no release of Rust: one is written like 1.85.0",
                quoted(text)
            )));
        };
        if minor < OLDEST {
            return Err(Error::new(format!(
                "{} is too old: the keys of 1.{OLDEST} and later are known here",
                quoted(text)
            )));
        }
        Ok(Self {
            minor,
            text: text.to_owned(),
        })
    }

    /// The channel that it is of: `nightly` for 1.97.0-nightly, `stable` for one without such an
    /// ending, as in every `src/version`.
    pub(super) fn channel(&self) -> &'static str {
        let ending = self.text.split_once('-').map_or("", |(_, ending)| ending);
        ["beta", "nightly", "dev"]
            .into_iter()
            .find(|channel| ending.split('.').next() == Some(channel))
            .unwrap_or("stable")
    }

    /// Whether this is later than anything that is known.
    pub(super) fn is_beyond(&self) -> bool {
        self.minor > NEWEST
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn digits(part: &str) -> Option<u32> {
    let is_number = !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    is_number.then(|| part.parse().ok()).flatten()
}

/// When something changed, as far as it is known: not yet in 1.`before`, and from 1.`by` on.
///
/// Of some releases between the two no source was at hand to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    pub(super) before: u32,
    pub(super) by: u32,
}

/// Whether a change has happened, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    /// It has not.
    No,
    /// It is not known.
    Perhaps,
    /// It has.
    Yes,
}

impl Change {
    /// A change of this very release.
    pub(super) const fn exactly(by: u32) -> Self {
        Self { before: by - 1, by }
    }

    /// Whether it has happened by 1.`minor`.
    pub(super) fn by(self, minor: u32) -> Happened {
        if minor >= self.by {
            Happened::Yes
        } else if minor <= self.before {
            Happened::No
        } else {
            Happened::Perhaps
        }
    }

    /// Whether it has happened for certain.
    pub(super) fn is_done(self, minor: u32) -> bool {
        self.by(minor) == Happened::Yes
    }
}

/// To be read after "it came" or "it went".
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { before, by } = self;
        if before + 1 == *by {
            write!(f, "with 1.{by}")
        } else {
            write!(f, "with one of 1.{} to 1.{by}", before + 1)
        }
    }
}

/// When something came, in words to put behind a sentence.
pub(super) fn came(change: Option<Change>) -> String {
    change
        .map(|change| format!(", it came {change}"))
        .unwrap_or_default()
}

/// When something went, in words to put behind a sentence.
pub(super) fn went(change: Option<Change>) -> String {
    change
        .map(|change| format!(", it went {change}"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::Happened::{No, Perhaps, Yes};
    use super::*;

    #[test]
    fn versions_are_those_that_sources_and_compilers_give_themselves() {
        for (text, minor) in [
            ("1.63.0\n", 63),
            ("1.85.1", 85),
            ("1.97.0-nightly", 97),
            ("1.90.0-beta.3", 90),
            ("1.101.0", 101),
        ] {
            assert_eq!(Release::parse(text).unwrap().minor, minor, "{text}");
        }
        for (text, channel) in [
            ("1.85.0", "stable"),
            ("1.90.0-beta.3", "beta"),
            ("1.97.0-nightly", "nightly"),
            ("1.97.0-dev", "dev"),
        ] {
            assert_eq!(Release::parse(text).unwrap().channel(), channel, "{text}");
        }
        for text in [
            "",
            "1",
            "1.85",
            "2.0.0",
            "1.85.0.0",
            "1.+85.0",
            "v1.85.0",
            "1.85.0 (x)",
            "1.99999999999.0",
        ] {
            let error = Release::parse(text).unwrap_err().to_string();
            assert!(error.contains("is no release of Rust"), "{text}: {error}");
        }
        let error = Release::parse("1.62.1").unwrap_err().to_string();
        assert_eq!(
            error,
            "\"1.62.1\" is too old: the keys of 1.63 and later are known here"
        );
    }

    #[test]
    fn what_is_not_known_exactly_is_said_so() {
        let change = Change { before: 75, by: 78 };
        assert_eq!(change.to_string(), "with one of 1.76 to 1.78");
        assert_eq!(Change::exactly(75).to_string(), "with 1.75");
        let by = [75, 76, 77, 78].map(|minor| change.by(minor));
        assert_eq!(by, [No, Perhaps, Perhaps, Yes]);
    }
}
