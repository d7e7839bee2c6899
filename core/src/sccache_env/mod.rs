//! Makes, for `rust.sccacheEnv`, of the cache that is wanted the environment of a derivation.
//!
//! The variables are those that sccache 0.19's server reads (its `src/config.rs`,
//! `src/commands.rs`, `src/server.rs` and `src/cache/`), Cargo's, CMake's and those of
//! our [contract]. What sccache would pass over with a warning, or take in another
//! sense than it was meant, is an error here.
//!
//! Left out on purpose: what decides of the keys and entries of sccache's own client, which no call of ours goes
//! through (`SCCACHE_BASEDIRS`, `SCCACHE_C_CUSTOM_CACHE_BUSTER`, `SCCACHE_CACHE_MULTIARCH`, `SCCACHE_CACHE_ZSTD_LEVEL`,
//! `SCCACHE_DIRECT`, `SCCACHE_EXTRAFILES`); what belongs to distributed compilation, which no sandbox reaches
//! (`SCCACHE_DIST_*`, `SCCACHE_CACHED_CONF`); the server's port, since only a socket crosses into
//! a sandbox (`SCCACHE_SERVER_PORT`); and what only helps whoever works on sccache
//! (`SCCACHE_ALLOW_CORE_DUMPS`, `SCCACHE_LOG_MILLIS`, `SCCACHE_ERROR_LOG`, `SCCACHE_NO_CACHE`).
//! What has no variable goes into the file that `config` names.

mod env;
mod network;
mod secret;
mod settings;
mod size;
mod stores;
mod transport;

use std::num::NonZeroU32;

use serde::Deserialize;

use crate::error::Error;
use crate::path::AttrPath;
use nix_sccache_contract::{self as contract, Language, Links, StablePaths};

use env::set;

pub use env::Env;
pub use settings::{AbsolutePath, Endpoint, KeyPrefix, Socket, Text};
pub use size::{Limit, Size};
pub use stores::{
    Azure, Cos, Directory, Ephemeral, Gcs, Gha, Memcached, Oss, Redis, S3, Server, Webdav,
};
pub use transport::{Chain, Transport, WriteErrorPolicy};

/// What `rust.sccacheEnv` is asked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Wanted {
    /// The package of the shim.
    pub shim: AbsolutePath,
    /// The package of the real sccache; without it, the shim looks on `PATH`.
    pub sccache: Option<AbsolutePath>,
    /// How the cache is reached.
    #[serde(default)]
    pub transport: Transport,
    /// Whether the build has a network, as a dev shell or an unsandboxed build does.
    #[serde(default)]
    pub network: bool,
    /// The languages to put the shim in front of; all of them by default.
    pub wrap: Option<Vec<Language>>,
    /// The largest message between the shim and the server; longer entries are stored in parts.
    pub max_frame_length: Option<Size>,
    /// Whether to compile all anew and replace the entries.
    #[serde(default)]
    pub recache: bool,
    /// Whether the server starts without having tried to read and write its store.
    #[serde(default)]
    pub skip_cache_check: bool,
    /// After how many idle seconds the server ends; 0 is never. Sccache's own default is 600.
    pub idle_timeout: Option<u32>,
    /// How long a call waits for the cache before the compiler runs without it, in seconds.
    pub timeout: Option<NonZeroU32>,
    /// How many bytes a build fetches from the cache before it asks for them, at most; by default a GiB.
    pub prefetch: Option<Limit>,
    /// Of how many hits one is compiled again beside, and compared; by default none is.
    pub verify: Option<NonZeroU32>,
    /// What of that which is linked the cache serves.
    pub links: Option<Links>,
    /// Whether compilers are shown paths that stay the same while a lock file or a version changes.
    pub stable_paths: Option<StablePaths>,
    /// A directory in which a build leaves its log and its page.
    pub reports: Option<AbsolutePath>,
    /// What sccache logs, in the grammar of `RUST_LOG`.
    pub log: Option<Text>,
    /// A configuration file for sccache, for what no variable says.
    pub config: Option<AbsolutePath>,
}

/// Less than most entries take.
const LEAST_FRAME_LENGTH: u64 = 1 << 20;

/// Large enough for any entry: a static library of LLVM's size fits.
const DEFAULT_MAX_FRAME_LENGTH: u64 = 1 << 30;

/// The environment that gives a derivation the cache that is `wanted`.
pub fn sccache_env(wanted: &Wanted) -> Result<Env, Error> {
    let at = |name: &str| AttrPath::default().attr(name);
    let wrap = wanted.wrap.as_deref().unwrap_or(Language::ALL);
    if wrap.is_empty() {
        return Err(at("wrap").error(
            "this is empty, so there is nothing to cache: name at least one of rust, c, c++",
        ));
    }
    wanted.check()?;

    let mut env = Env::new();
    let sccache = wanted.shim.join("bin/sccache");
    // For who calls the real sccache without the shim: its client goes on where its server fails.
    env.insert("SCCACHE_IGNORE_SERVER_IO_ERROR", "1".into());
    for language in wrap {
        match language {
            Language::Rust => {
                env.insert("RUSTC_WRAPPER", sccache.clone());
                // What goes on from an earlier compilation is not cached.
                env.insert("CARGO_INCREMENTAL", "0".into());
            }
            Language::C => drop(env.insert("CMAKE_C_COMPILER_LAUNCHER", sccache.clone())),
            Language::Cxx => drop(env.insert("CMAKE_CXX_COMPILER_LAUNCHER", sccache.clone())),
        }
    }
    if let Some(package) = &wanted.sccache {
        env.insert(contract::SCCACHE, package.join("bin/sccache"));
    }
    let mut names: Vec<_> = wrap.to_vec();
    names.sort_unstable();
    names.dedup();
    env.insert(
        contract::WRAP,
        names
            .iter()
            .map(|language| language.name())
            .collect::<Vec<_>>()
            .join(","),
    );
    wanted.write_sccache_variables(&mut env);
    wanted
        .transport
        .write(&at("transport"), wanted.network, &mut env)?;
    Ok(env)
}

impl Wanted {
    /// Refuses what contradicts itself, with both names.
    fn check(&self) -> Result<(), Error> {
        let at = |name: &str| AttrPath::default().attr(name);
        let of_the_servers = [
            (
                "log",
                self.log.is_some(),
                "the host's server says itself what it logs",
            ),
            (
                "idleTimeout",
                self.idle_timeout.is_some(),
                "the host's server says itself when it ends",
            ),
            (
                "skipCacheCheck",
                self.skip_cache_check,
                "the host's server has started before",
            ),
        ];
        for (name, given, why) in of_the_servers {
            if given && matches!(self.transport, Transport::Server(_)) {
                let message =
                    format!("this has no use with `transport.server` ({why}): drop one of the two");
                return Err(at(name).error(message));
            }
        }
        if let Some(size) = self
            .max_frame_length
            .filter(|size| size.bytes() < LEAST_FRAME_LENGTH)
        {
            let message = format!(
                "this is {} bytes, in which no crate fits: give 1M or more",
                size.bytes()
            );
            return Err(at("maxFrameLength").error(message));
        }
        if self.recache && self.transport.is_read_only() {
            return Err(at("recache").error(
                "a cache with `readOnly` in `transport` cannot be written anew: drop one of the two",
            ));
        }
        Ok(())
    }

    fn write_sccache_variables(&self, env: &mut Env) {
        let frame = self
            .max_frame_length
            .map_or(DEFAULT_MAX_FRAME_LENGTH, Size::bytes);
        env.insert("SCCACHE_MAX_FRAME_LENGTH", frame.to_string());
        set(
            env,
            &[
                ("SCCACHE_RECACHE", &self.recache.then_some("1")),
                (
                    "SCCACHE_SKIP_CACHE_CHECK",
                    &self.skip_cache_check.then_some("1"),
                ),
                (contract::TIMEOUT, &self.timeout),
                (contract::PREFETCH, &self.prefetch),
                (contract::VERIFY, &self.verify),
                (contract::LINKS, &self.links),
                (contract::STABLE_PATHS, &self.stable_paths),
                (contract::REPORTS, &self.reports),
                ("SCCACHE_IDLE_TIMEOUT", &self.idle_timeout),
                ("SCCACHE_LOG", &self.log),
                ("SCCACHE_CONF", &self.config),
            ],
        );
    }
}

#[cfg(test)]
mod tests;
