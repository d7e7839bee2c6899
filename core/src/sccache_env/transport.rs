//! Names how a derivation reaches its cache.

use serde::Deserialize;

use super::env::Env;
use super::stores::{
    Azure, Cos, Directory, Ephemeral, Gcs, Gha, Memcached, Oss, Redis, S3, Server, Store, Webdav,
};
use crate::error::Error;
use crate::path::AttrPath;
use nix_sccache_contract as contract;

/// One way to the cache, `transport = "server"` or `transport.redis = { … }`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// The host's daemon, through a socket that is mounted into the sandbox.
    Server(Server),
    /// A directory.
    Directory(Directory),
    /// A directory that lives as long as the build.
    Ephemeral(Ephemeral),
    /// Redis or Valkey, through a socket or over TCP.
    Redis(Redis),
    /// Amazon S3, or what speaks its protocol.
    S3(S3),
    /// Google Cloud Storage.
    Gcs(Gcs),
    /// Azure Blob Storage.
    Azure(Azure),
    /// The cache service of GitHub Actions.
    Gha(Gha),
    /// A WebDAV server.
    Webdav(Webdav),
    /// Memcached, through a socket or over TCP.
    Memcached(Memcached),
    /// Alibaba's Object Storage Service.
    Oss(Oss),
    /// Tencent's Cloud Object Storage.
    Cos(Cos),
    /// Several of the stores, one behind the other.
    Chain(Chain),
}

impl Default for Transport {
    fn default() -> Self {
        Self::Server(Server::default())
    }
}

/// Stores one behind the other: what a nearer one has not got is looked for in the
/// next, and put into the nearer ones when it is found.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Chain {
    /// The stores, the nearest first; each kind at most once.
    levels: Vec<Transport>,
    /// When a failed write is an error.
    #[serde(default)]
    write_error_policy: Option<WriteErrorPolicy>,
}

/// When a failed write to a level is an error of the whole cache.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WriteErrorPolicy {
    /// Never.
    Ignore,
    /// When the first level fails; sccache's default.
    L0,
    /// When any level fails that is not read-only.
    All,
}

impl Transport {
    /// The name, as in [`contract::TRANSPORT`].
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Server(_) => contract::TRANSPORT_SERVER,
            Self::Directory(_) => "directory",
            Self::Ephemeral(_) => contract::TRANSPORT_EPHEMERAL,
            Self::Redis(_) => "redis",
            Self::S3(_) => "s3",
            Self::Gcs(_) => "gcs",
            Self::Azure(_) => "azure",
            Self::Gha(_) => "gha",
            Self::Webdav(_) => "webdav",
            Self::Memcached(_) => "memcached",
            Self::Oss(_) => "oss",
            Self::Cos(_) => "cos",
            Self::Chain(_) => "chain",
        }
    }

    /// The name in `SCCACHE_MULTILEVEL_CHAIN`.
    fn level_name(&self) -> &'static str {
        match self {
            Self::Directory(_) | Self::Ephemeral(_) => "disk",
            other => other.name(),
        }
    }

    /// The store that this is, unless it is something else than one store.
    fn store(&self) -> Option<&dyn Store> {
        match self {
            Self::Server(_) | Self::Chain(_) => None,
            Self::Directory(store) => Some(store),
            Self::Ephemeral(store) => Some(store),
            Self::Redis(store) => Some(store),
            Self::S3(store) => Some(store),
            Self::Gcs(store) => Some(store),
            Self::Azure(store) => Some(store),
            Self::Gha(store) => Some(store),
            Self::Webdav(store) => Some(store),
            Self::Memcached(store) => Some(store),
            Self::Oss(store) => Some(store),
            Self::Cos(store) => Some(store),
        }
    }

    /// Whether nothing can be stored; what the host's daemon allows is not known here.
    pub(super) fn is_read_only(&self) -> bool {
        match self {
            Self::Chain(chain) => chain.levels.iter().all(Self::is_read_only),
            other => other.store().is_some_and(Store::is_read_only),
        }
    }

    /// Adds this transport's variables. `path` is where it stands in the argument.
    pub(super) fn write(&self, path: &AttrPath, network: bool, env: &mut Env) -> Result<(), Error> {
        env.insert(contract::TRANSPORT, self.name().to_owned());
        let path = path.attr(self.name());
        match (self, self.store()) {
            (Self::Server(server), _) => {
                server.write(env);
                Ok(())
            }
            (Self::Chain(chain), _) => chain.write(&path, network, env),
            (_, Some(store)) => store.write(&path, network, env),
            (_, None) => Ok(()),
        }
    }
}

impl Chain {
    fn write(&self, path: &AttrPath, network: bool, env: &mut Env) -> Result<(), Error> {
        let levels = path.attr("levels");
        if self.levels.len() < 2 {
            return Err(levels.error(
                "a chain needs two levels or more: give one store as the transport itself",
            ));
        }
        let mut names: Vec<&str> = Vec::new();
        for (index, level) in self.levels.iter().enumerate() {
            let here = levels.index(index).attr(level.name());
            let store = level.store().ok_or_else(|| {
                here.error(
                    "this cannot be a level of a chain; a level is a store, such as directory, redis or s3",
                )
            })?;
            let name = level.level_name();
            if let Some(before) = names.iter().position(|earlier| *earlier == name) {
                let earlier = levels.index(before).attr(self.levels[before].name());
                return Err(here.error(format!(
                        "this store stands in the chain already, at {earlier}: sccache takes each kind once"
                    )));
            }
            names.push(name);
            store.write(&here, network, env)?;
        }
        // The shim has to make this level's directory, whatever comes behind it.
        if self
            .levels
            .iter()
            .any(|level| matches!(level, Transport::Ephemeral(_)))
        {
            env.insert(
                contract::TRANSPORT,
                contract::TRANSPORT_EPHEMERAL.to_owned(),
            );
        }
        env.insert("SCCACHE_MULTILEVEL_CHAIN", names.join(","));
        if let Some(policy) = self.write_error_policy {
            env.insert(
                "SCCACHE_MULTILEVEL_WRITE_ERROR_POLICY",
                policy.name().to_owned(),
            );
        }
        Ok(())
    }
}

impl WriteErrorPolicy {
    fn name(self) -> &'static str {
        match self {
            Self::Ignore => "ignore",
            Self::L0 => "l0",
            Self::All => "all",
        }
    }
}
