//! Holds what the doctor finds wrong: a code, what was found, where, and what to write instead.

use nix_sccache_contract::fault::CacheError;
use serde::Serialize;

/// Whether a finding keeps builds from the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A build is not served by the cache, or not as it should be, until this is mended.
    Error,
    /// A build is served all the same.
    Warning,
}

/// One thing that is wrong.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// Its name for programs, in kebab case; it stays.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// What was found.
    pub found: String,
    /// Where: a variable, a file, a program.
    #[serde(rename = "where")]
    pub place: String,
    /// What to do, or to write instead.
    pub remedy: String,
}

impl Finding {
    /// What was found at a place; the code says how bad it is, and what to do.
    pub fn new(code: &str, place: impl Into<String>, found: impl Into<String>) -> Self {
        let severity = match code {
            "session-gone" | "read-only" | "slow" | "every-build-overridden" => Severity::Warning,
            _ => Severity::Error,
        };
        Self {
            code: code.to_owned(),
            severity,
            found: found.into(),
            place: place.into(),
            remedy: remedy(code).to_owned(),
        }
    }

    /// What a session notes of a cache that cannot be used.
    pub fn of_cache(error: &CacheError, place: impl Into<String>) -> Self {
        Self::new(error.code(), place, error.to_string()).instead(error.remedy())
    }

    /// The same, and builds are served if so.
    #[must_use]
    pub fn warning_if(mut self, is_served: bool) -> Self {
        if is_served {
            self.severity = Severity::Warning;
        }
        self
    }

    /// The same, with something else to do than the code says.
    #[must_use]
    pub fn instead(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = remedy.into();
        self
    }
}

/// What to do, by code.
fn remedy(code: &str) -> &'static str {
    match code {
        "transport-unknown" => "write one of these names, or let `rust.sccacheEnv` do it",
        "cache-not-named" | "socket-not-named" | "no-session" => {
            "build by `withSccache`, or with its setup hook and the variables that `rust.sccacheEnv` gives, \
             or by `nix-sccache run -- COMMAND`"
        }
        "session-gone" => "unset it, or begin one by `nix-sccache run -- COMMAND`",
        "shim-missing" => "install the package `shim`, or name the shim by NIX_SCCACHE_SHIM",
        "sccache-fails" | "sccache-too-old" => {
            "give `sccache` in the settings of `withSccache`, or put sccache 0.17 to 0.19 on PATH"
        }
        "nix-fails" => "mend that first: builds fail, too",
        "plugin-fails" | "plugin-missing" => {
            "nothing, for `withSccache { }` and `everyBuild`; for settings of `withSccache` write \
             `plugin-files = …/lib/nix/plugins/libnix_sccache.so` there, of the package `plugin` for this Nix, or enable \
             services.nix-sccache"
        }
        "every-build-broken" => {
            "mount what services.nix-sccache.everyBuild makes, or packages.units with everyBuild.enable"
        }
        "every-build-overridden" => {
            "nothing, if the derivation means it; else take the variable out of it"
        }
        "session-failed" => "see what the shim says, and whether it is of this release",
        "not-a-socket" | "socket-missing" => {
            "start the daemon and the gateway on the host: nix-sccache.socket"
        }
        "nobody-listens" | "socket-fails" | "silent" => {
            "restart the daemon and the gateway, and see what they log"
        }
        "not-a-storage" => "have sccache 0.17 to 0.19 or the gateway listen there",
        "read-only" => {
            "nothing, if that is meant; else let the daemon's user write to its directory"
        }
        "entry-not-stored" | "entry-not-fetched" | "second-time-missed" => {
            "see what the daemon logs: may its user write to its directory, and is there room?"
        }
        "slow" => "see what stands behind the daemon's disk",
        "temporary-not-writable" => "set it to a directory that this user may write to",
        "rustc-missing" => "add a package with rustc and cargo to nativeBuildInputs, or to PATH",
        "compile-fails" => "mend that first: a build here would do the same",
        _ => "see what else is told here, and what the daemon logs",
    }
}
