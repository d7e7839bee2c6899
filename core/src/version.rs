//! Tells, for `rust.version`, which plugin this is, and in which Nix it found itself; and what the
//! versions of Nix say of its interfaces.

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

/// Whether two versions, of Nix or of Lix, have the same C++ interface: those of one
/// release, major and minor. 2.13 alone changed it within, from 2.13.0 to 2.13.1.
#[must_use]
pub fn is_same_abi(one: &str, other: &str) -> bool {
    let abi = |version| {
        let (major, minor, patch) = numbers(version)?;
        Some((major, minor, (major, minor, patch) == (2, 13, 0)))
    };
    abi(one).is_some_and(|one| abi(other) == Some(one))
}

/// Whether a Nix of this version gives the callbacks of its C API a right pointer to its
/// evaluator: from 2.34.1 on (NixOS/nix pull request 15383).
#[must_use]
pub fn has_sound_c_api(nix: &str) -> bool {
    numbers(nix).is_some_and(|numbers| numbers >= (2, 34, 1))
}

/// The same for a Determinate Nix, by its own version: from 3.19.0 on. What it says of the
/// Nix that it is based on does not tell.
#[must_use]
pub fn has_determinate_sound_c_api(determinate: &str) -> bool {
    numbers(determinate).is_some_and(|numbers| numbers >= (3, 19, 0))
}

/// Major, minor and patch; of `2.8.1pre20220513_1234567`, `(2, 8, 1)`, and of `2.8`,
/// `(2, 8, 0)`.
#[must_use]
pub fn numbers(version: &str) -> Option<(u32, u32, u32)> {
    let mut parts = version.split('.').map(|part| {
        let digits = part.find(|c: char| !c.is_ascii_digit());
        part[..digits.unwrap_or(part.len())].parse().ok()
    });
    let (major, minor) = (parts.next()??, parts.next()??);
    Some((major, minor, parts.next().flatten().unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_major_and_minor() {
        assert!(is_same_abi("2.8.0", "2.8.1pre20220513_1234567"));
        assert!(is_same_abi("2.8", "2.8.0"));
        assert!(!is_same_abi("2.8.0", "2.80.0"));
        assert!(!is_same_abi("unknown", "unknown"));
        assert!(is_same_abi("2.93.0", "2.93.4"));
        assert!(is_same_abi("2.13.1", "2.13.6"));
        assert!(!is_same_abi("2.13.0", "2.13.1"));
    }

    #[test]
    fn the_c_api_is_sound_from_its_fix_on() {
        for nix in [
            "2.34.1",
            "2.34.8",
            "2.35.0",
            "2.36.0pre20260822_88b09c6",
            "3.0",
        ] {
            assert!(has_sound_c_api(nix), "{nix}");
        }
        for nix in ["2.8.0", "2.26.3", "2.31.5", "2.34.0", "2.34", "unknown", ""] {
            assert!(!has_sound_c_api(nix), "{nix}");
        }
        assert!(has_determinate_sound_c_api("3.19.0"));
        assert!(!has_determinate_sound_c_api("3.18.2"));
    }
}
