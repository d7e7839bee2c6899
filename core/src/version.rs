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
