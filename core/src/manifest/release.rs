//! Reads the versions of Rust's releases, as manifests and tools print them.

use std::fmt;

/// A version such as `1.84.1`, `1.86.0-beta.3` or `1.97.0-nightly`, and the commit behind it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release {
    /// 1 in `1.84.0`.
    pub major: u64,
    /// 84 in `1.84.0`.
    pub minor: u64,
    /// 0 in `1.84.0`.
    pub patch: u64,
    /// Which channel it is of.
    pub stage: Stage,
    /// The first digits of the commit's hash, where they are told.
    pub short_commit: Option<String>,
}

/// How ripe a release is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// `-nightly`, and `-dev`, which is what sources build.
    Nightly,
    /// `-beta`, and which one, where that is told.
    Beta(Option<u64>),
    /// Neither.
    Stable,
}

impl Release {
    /// Of `1.84.1 (e71f9a9a9 2025-01-27)`, with `rustc ` before it or nothing behind; `None` for
    /// what is no such version.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix("rustc ").unwrap_or(text).trim();
        let (version, rest) = text.split_once(' ').unwrap_or((text, ""));
        let (numbers, stage) = match version.split_once('-') {
            None => (version, Stage::Stable),
            Some((numbers, "nightly" | "dev")) => (numbers, Stage::Nightly),
            Some((numbers, "beta")) => (numbers, Stage::Beta(None)),
            Some((numbers, other)) => {
                let beta = other.strip_prefix("beta.")?;
                (numbers, Stage::Beta(Some(beta.parse().ok()?)))
            }
        };
        let mut numbers = numbers.splitn(3, '.').map(|number| number.parse().ok());
        let (major, minor, patch) = (numbers.next()??, numbers.next()??, numbers.next()??);
        let commit = rest
            .strip_prefix('(')
            .and_then(|rest| rest.split(' ').next());
        let is_hash = |hash: &&str| hash.len() >= 7 && hash.bytes().all(|b| b.is_ascii_hexdigit());
        Some(Self {
            major,
            minor,
            patch,
            stage,
            short_commit: commit.filter(is_hash).map(str::to_owned),
        })
    }
}

/// Without the commit: `1.86.0-beta.3`.
impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        match self.stage {
            Stage::Nightly => f.write_str("-nightly"),
            Stage::Beta(None) => f.write_str("-beta"),
            Stage::Beta(Some(number)) => write!(f, "-beta.{number}"),
            Stage::Stable => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_they_are_printed() {
        for (text, version, commit) in [
            ("1.84.1 (e71f9a9a9 2025-01-27)", "1.84.1", Some("e71f9a9a9")),
            (
                "rustc 1.3.0 (9a92aaf19 2015-09-15)",
                "1.3.0",
                Some("9a92aaf19"),
            ),
            (
                "1.86.0-beta.3 (0123456 2025-02-20)",
                "1.86.0-beta.3",
                Some("0123456"),
            ),
            (
                "1.97.0-nightly (abcdefabc 2026-05-19)",
                "1.97.0-nightly",
                Some("abcdefabc"),
            ),
            ("1.0.0-beta", "1.0.0-beta", None),
            ("1.75.0 (built from a source tarball)", "1.75.0", None),
        ] {
            let release = Release::parse(text).unwrap();
            assert_eq!(release.to_string(), version);
            assert_eq!(release.short_commit.as_deref(), commit, "{text}");
        }
        for text in [
            "",
            "1",
            "1.84",
            "1.84.x",
            "1.84.1-rc1",
            "one",
            "1.84.1-beta.x",
        ] {
            assert_eq!(Release::parse(text), None, "{text}");
        }
    }
}
