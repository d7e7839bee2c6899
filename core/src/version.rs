//! `rust.version`: which plugin this is, and in which Nix it found itself.

use serde::Serialize;

/// The Nix process that loaded the plugin, and the way it is talked to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Host {
    /// Through which interface: `c++` or `c`.
    pub host: String,
    /// The version that this Nix gives itself, such as `2.8.0`.
    pub nix: String,
}

/// What `rust.version` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Version {
    /// This plugin's own version.
    pub plugin: &'static str,
    /// Where it runs.
    #[serde(flatten)]
    pub host: Host,
}

/// The version of this plugin inside `host`.
#[must_use]
pub fn version(host: Host) -> Version {
    Version {
        plugin: env!("CARGO_PKG_VERSION"),
        host,
    }
}

/// Whether two versions of Nix are of one release, major and minor: within one, Nix keeps
/// its ABI.
#[must_use]
pub fn is_same_release(one: &str, other: &str) -> bool {
    release(one).is_some_and(|one| release(other) == Some(one))
}

fn release(version: &str) -> Option<(&str, &str)> {
    let (major, rest) = version.split_once('.')?;
    let digits = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    Some((major, &rest[..digits]))
}

#[cfg(test)]
mod tests {
    use super::is_same_release;

    #[test]
    fn releases_are_major_and_minor() {
        assert!(is_same_release("2.8.0", "2.8.1pre20220513_1234567"));
        assert!(is_same_release("2.8", "2.8.0"));
        assert!(!is_same_release("2.8.0", "2.80.0"));
        assert!(!is_same_release("unknown", "unknown"));
    }
}
