//! Reads a release of Rust as a stage0 file names it: by version and date.

use serde::Serialize;

use crate::hash::Sha256;

/// A release channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// A number alone: `1.83.0`.
    Stable,
    /// `beta`, or a number with it: `1.85.0-beta.3`.
    Beta,
    /// `nightly`, or a number with it.
    Nightly,
}

impl Channel {
    /// The channel of a version, such as `1.83.0`, `beta` or `1.85.0-beta.3`; `None` for what is
    /// no version of a compiler's.
    pub(super) fn of(version: &str) -> Option<Self> {
        let suffix = match version.split_once('-') {
            Some((number, suffix)) if is_number(number) => suffix,
            _ if is_number(version) => return Some(Self::Stable),
            _ => version,
        };
        match suffix {
            "beta" => Some(Self::Beta),
            "nightly" => Some(Self::Nightly),
            _ => {
                let number = suffix.strip_prefix("beta.")?;
                is_digits(number).then_some(Self::Beta)
            }
        }
    }
}

/// A compiler or a tool of one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Release {
    /// As it stands in the names of files: `1.83.0`, `beta`, `nightly`.
    pub version: String,
    /// The day on which it was published: `2024-11-28`.
    pub date: String,
    /// Told by the version.
    pub channel: Channel,
    /// The commit that it was built from.
    pub git_commit: Option<String>,
    /// Of the channel manifest of that day.
    pub channel_manifest_hash: Option<Sha256>,
}

/// Whether this is two or three numbers with points between.
fn is_number(text: &str) -> bool {
    let parts = text.split('.');
    matches!(parts.clone().count(), 2 | 3) && parts.into_iter().all(is_digits)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_tells_the_channel() {
        for (version, channel) in [
            ("1.83.0", Some(Channel::Stable)),
            ("1.83", Some(Channel::Stable)),
            ("beta", Some(Channel::Beta)),
            ("1.85.0-beta", Some(Channel::Beta)),
            ("1.85.0-beta.3", Some(Channel::Beta)),
            ("nightly", Some(Channel::Nightly)),
            ("1.85.0-nightly", Some(Channel::Nightly)),
            ("", None),
            ("1", None),
            ("1..0", None),
            ("1.83.0-", None),
            ("1.83.0-dev", None),
            ("1.83.0-beta.x", None),
            ("stable", None),
            ("nightly/../x", None),
        ] {
            assert_eq!(Channel::of(version), channel, "{version}");
        }
    }
}
