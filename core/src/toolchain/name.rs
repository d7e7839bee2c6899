//! Reads names of toolchains, as rustup takes them: `stable`, `1.84`, `nightly-2025-10-16`,
//! `beta-x86_64-unknown-linux-musl`.
//!
//! The grammar is that of rustup 1.29 (its `src/dist/mod.rs`, `ParsedToolchainDesc`, and
//! `src/toolchain/names.rs`).

use std::fmt;

use crate::manifest::{Release, Stage, is_date};
use crate::target;

/// An official toolchain: whatever is not one of these is a custom toolchain to rustup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// What is tracked or pinned.
    pub channel: Channel,
    /// `YYYY-MM-DD`
    pub date: Option<String>,
    /// The triple on which it runs, or some parts of it: `musl`, `x86_64-pc-windows-gnu`.
    pub host: Option<String>,
}

/// What a name begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Channel {
    /// `stable`
    Stable,
    /// `beta`
    Beta,
    /// `nightly`
    Nightly,
    /// A version, with or without its last number.
    Version {
        /// 1 in `1.84`.
        major: u64,
        /// 84 in `1.84`.
        minor: u64,
        /// 1 in `1.84.1`.
        patch: Option<u64>,
        /// Of `1.84.0-beta` and `1.84.0-beta.2`: that it is a beta, and which one.
        beta: Option<Option<u64>>,
    },
}

impl Name {
    /// Reads a name; `None` for what rustup takes for the name of a custom toolchain.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let (word, rest) = cut(name);
        let (channel, rest) = match word {
            "stable" => (Channel::Stable, rest),
            "beta" => (Channel::Beta, rest),
            "nightly" => (Channel::Nightly, rest),
            version => with_beta(version, rest)?,
        };
        let (date, rest) = date(rest);
        let host = match rest {
            None => None,
            Some("") => return None,
            // The parts of a triple have to be parts of one: the host does not matter yet.
            Some(host) => {
                target::complete(host, "x86_64-unknown-linux-gnu")?;
                Some(host.to_owned())
            }
        };
        Some(Self {
            channel,
            date: date.map(str::to_owned),
            host,
        })
    }

    /// The name of the manifest on a server, below `dist/`.
    #[must_use]
    pub fn manifest(&self) -> String {
        let file = format!("channel-rust-{}.toml", self.channel);
        match &self.date {
            Some(date) => format!("{date}/{file}"),
            None => file,
        }
    }

    /// Whether a manifest of this date and release is that of the toolchain.
    #[must_use]
    pub fn fits(&self, date: &str, release: &Release) -> bool {
        self.date.as_deref().is_none_or(|wanted| wanted == date) && self.channel.fits(release)
    }
}

impl Channel {
    fn fits(&self, release: &Release) -> bool {
        match self {
            Self::Stable => release.stage == Stage::Stable,
            Self::Beta => matches!(release.stage, Stage::Beta(_)),
            Self::Nightly => release.stage == Stage::Nightly,
            Self::Version {
                major,
                minor,
                patch,
                beta,
            } => {
                let is_ripe = match (beta, release.stage) {
                    (None, Stage::Stable) => true,
                    (Some(wanted), Stage::Beta(found)) => wanted.is_none() || *wanted == found,
                    _ => false,
                };
                is_ripe
                    && (*major, *minor) == (release.major, release.minor)
                    && patch.is_none_or(|patch| patch == release.patch)
            }
        }
    }
}

/// As it stands in names and in those of manifests.
impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stable => f.write_str("stable"),
            Self::Beta => f.write_str("beta"),
            Self::Nightly => f.write_str("nightly"),
            Self::Version {
                major,
                minor,
                patch,
                beta,
            } => {
                write!(f, "{major}.{minor}")?;
                if let Some(patch) = patch {
                    write!(f, ".{patch}")?;
                }
                match beta {
                    None => Ok(()),
                    Some(None) => f.write_str("-beta"),
                    Some(Some(number)) => write!(f, "-beta.{number}"),
                }
            }
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.channel)?;
        for part in [&self.date, &self.host].into_iter().flatten() {
            write!(f, "-{part}")?;
        }
        Ok(())
    }
}

/// What is before the first hyphen, and what is behind it, if there is one.
fn cut(name: &str) -> (&str, Option<&str>) {
    match name.split_once('-') {
        Some((word, rest)) => (word, Some(rest)),
        None => (name, None),
    }
}

/// A version, and the `beta` or `beta.N` that may follow.
fn with_beta<'a>(version: &str, rest: Option<&'a str>) -> Option<(Channel, Option<&'a str>)> {
    let mut numbers = version.split('.');
    let major = number(numbers.next()?, 1)?;
    let minor = number(numbers.next()?, 3)?;
    let mut patch = match numbers.next() {
        Some(patch) => Some(number(patch, 2)?),
        None => None,
    };
    if numbers.next().is_some() {
        return None;
    }
    let (beta, rest) = match rest.map(cut) {
        Some(("beta", rest)) => (Some(None), rest),
        Some((word, behind)) => match word.strip_prefix("beta.").and_then(short_number) {
            Some(number) => (Some(Some(number)), behind),
            None => (None, rest),
        },
        None => (None, None),
    };
    // The releases without a manifest of version 2 have no shorter name: rustup makes one.
    if major == 1 && minor <= 8 && patch.is_none() && beta.is_none() {
        patch = Some(0);
    }
    let channel = Channel::Version {
        major,
        minor,
        patch,
        beta,
    };
    Some((channel, rest))
}

/// A number without zeros in front, of so many digits at most.
fn number(digits: &str, most: usize) -> Option<u64> {
    let is_plain = digits == "0" || !digits.starts_with('0');
    let fits = (1..=most).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    (is_plain && fits).then(|| digits.parse().ok()).flatten()
}

/// The number of a beta: two digits at most, which may be zeros.
fn short_number(digits: &str) -> Option<u64> {
    let fits = (1..=2).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| digits.parse().ok()).flatten()
}

/// A date, and what is behind it.
fn date(rest: Option<&str>) -> (Option<&str>, Option<&str>) {
    let Some(text) = rest else {
        return (None, None);
    };
    match text.split_at_checked(10) {
        Some((date, "")) if is_date(date) => (Some(date), None),
        Some((date, behind)) if is_date(date) => match behind.strip_prefix('-') {
            Some(behind) if !behind.is_empty() => (Some(date), Some(behind)),
            _ => (None, rest),
        },
        _ => (None, rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Name, channel, date and host, as rustup reads them.
    const NAMES: &str = "\
        stable stable - -
        beta-2025-01-05 beta 2025-01-05 -
        nightly-2025-10-16 nightly 2025-10-16 -
        stable-2025-01-09 stable 2025-01-09 -
        1.84 1.84 - -
        1.84.1 1.84.1 - -
        1.0 1.0.0 - -
        1.8 1.8.0 - -
        1.9 1.9 - -
        0.0.0 0.0.0 - -
        9.999.99 9.999.99 - -
        1.84.0-beta 1.84.0-beta - -
        1.84.0-beta.2 1.84.0-beta.2 - -
        1.84-beta 1.84-beta - -
        1.84.0-beta.2-2025-01-05 1.84.0-beta.2 2025-01-05 -
        stable-x86_64-unknown-linux-musl stable - x86_64-unknown-linux-musl
        nightly-2025-10-16-aarch64-apple-darwin nightly 2025-10-16 aarch64-apple-darwin
        stable-musl stable - musl
        stable-aarch64 stable - aarch64
        1.84-pc-windows-gnu 1.84 - pc-windows-gnu
        1.84.0-beta.2-aarch64 1.84.0-beta.2 - aarch64";

    #[test]
    fn names_are_read_as_rustup_reads_them() {
        for line in NAMES.lines() {
            let cells: Vec<_> = line.split_whitespace().collect();
            let [name, channel, date, host] = cells[..] else {
                panic!("{line}")
            };
            let read = Name::parse(name).unwrap_or_else(|| panic!("{name}"));
            assert_eq!(read.channel.to_string(), channel, "{name}");
            assert_eq!(read.date.as_deref().unwrap_or("-"), date, "{name}");
            assert_eq!(read.host.as_deref().unwrap_or("-"), host, "{name}");
            // Shown, it is the same again.
            assert_eq!(Name::parse(&read.to_string()), Some(read), "{name}");
        }
    }

    #[test]
    fn what_is_no_name_is_none() {
        for name in [
            "",
            "-",
            "stable-",
            "stable--",
            "3",
            "1",
            "1.",
            "1.84.",
            "1.84.1.2",
            "01.84",
            "1.084",
            "1.84.01",
            "1.84.100",
            "10.0",
            "1.1000",
            "1.84-beta.",
            "1.84-beta.123",
            "1.84.0-",
            "nightly-2025-1-1",
            "nightly-2025-01-01-",
            "stable-anything",
            "my-toolchain",
            "Stable",
            "stable-x86_64-unknown-linux-gnu-x",
            "1.84.0-rc.1",
            "ä",
            "stable-ääääääääää",
        ] {
            assert_eq!(Name::parse(name), None, "{name}");
        }
    }

    #[test]
    fn a_manifest_fits_its_toolchains() {
        let date = "2025-01-30";
        for (version, names) in [
            (
                "1.84.1 (e71f9a9a9 2025-01-27)",
                &["stable", "1.84", "1.84.1", "stable-2025-01-30"][..],
            ),
            (
                "1.85.0-beta.9 (7bb1bb5b5 2025-02-12)",
                &[
                    "beta",
                    "1.85.0-beta",
                    "1.85.0-beta.9",
                    "1.85-beta",
                    "beta-2025-01-30",
                ],
            ),
            (
                "1.86.0-nightly (ae5de6c75 2025-01-29)",
                &["nightly", "nightly-2025-01-30", "nightly-musl"],
            ),
        ] {
            let release = Release::parse(version).unwrap();
            let all = [
                "stable",
                "1.84",
                "1.84.1",
                "stable-2025-01-30",
                "beta",
                "1.85.0-beta",
                "1.85.0-beta.9",
                "1.85-beta",
                "beta-2025-01-30",
                "nightly",
                "nightly-2025-01-30",
                "nightly-musl",
                "1.84.0",
                "1.85",
                "1.85.0",
                "1.85.0-beta.8",
                "1.86",
                "1.84-beta",
                "stable-2025-01-31",
                "nightly-2025-01-29",
            ];
            for name in all {
                let fits = Name::parse(name).unwrap().fits(date, &release);
                assert_eq!(fits, names.contains(&name), "{version}: {name}");
            }
        }
    }

    #[test]
    fn manifests_have_addresses() {
        let manifest = |name| Name::parse(name).unwrap().manifest();
        assert_eq!(manifest("1.84-musl"), "channel-rust-1.84.toml");
        assert_eq!(
            manifest("nightly-2025-10-16"),
            "2025-10-16/channel-rust-nightly.toml"
        );
    }
}
