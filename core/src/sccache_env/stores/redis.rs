//! Sets sccache's variables for Redis and Valkey.

use serde::Deserialize;

use super::store::{Store, refuse_both, set_mode};
use crate::error::Error;
use crate::path::AttrPath;
use crate::sccache_env::env::{Env, set};
use crate::sccache_env::network;
use crate::sccache_env::secret::{RedisPassword, Secret};
use crate::sccache_env::settings::{Endpoint, KeyPrefix, Socket, Text};
use crate::show::{escaped, quoted};

/// Redis or Valkey: a socket, an endpoint, or the endpoints of a cluster.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Redis {
    /// Its socket, as the build sees it.
    socket: Option<Socket>,
    /// Its URL: `redis://`, `rediss://`, `tcp://`, `redis+unix://localhost/run/…`.
    endpoint: Option<Endpoint>,
    /// The URLs of a cluster's nodes.
    cluster_endpoints: Option<Vec<Endpoint>>,
    /// The user to log in as.
    username: Option<Text>,
    /// Never here.
    #[serde(rename = "password")]
    _password: Option<Secret<RedisPassword>>,
    /// The number of the database, 0 by default.
    db: Option<u32>,
    /// After how many seconds an entry goes; by default never.
    ttl: Option<u32>,
    /// What comes before each key.
    key_prefix: Option<KeyPrefix>,
    /// Read only.
    #[serde(default)]
    read_only: bool,
}

impl Redis {
    const SCHEMES: [&str; 5] = ["redis", "rediss", "tcp", "redis+unix", "unix"];

    /// Whether this URL leads over the network; fails where sccache could not read it.
    fn is_remote(path: &AttrPath, endpoint: &Endpoint) -> Result<bool, Error> {
        match endpoint.scheme() {
            Some("redis+unix" | "unix") if endpoint.authority().is_empty() => {
                let message = format!(
                    "sccache cannot read {}: a socket's URL needs a host name, redis+unix://localhost/run/…; or give `socket`",
                    quoted(endpoint.as_str())
                );
                Err(path.error(message))
            }
            Some("redis+unix" | "unix") => Ok(false),
            Some("redis" | "rediss" | "tcp") => Ok(true),
            None => {
                let message = format!(
                    "this is no URL: write redis://{}",
                    escaped(endpoint.as_str())
                );
                Err(path.error(message))
            }
            Some(other) => Err(Error::unknown("scheme", other, &Self::SCHEMES).at(path)),
        }
    }
}

impl Store for Redis {
    fn is_read_only(&self) -> bool {
        self.read_only
    }

    fn write(&self, path: &AttrPath, network: bool, env: &mut Env) -> Result<(), Error> {
        let socket = ("socket", self.socket.is_some());
        let endpoint = ("endpoint", self.endpoint.is_some());
        let cluster = ("clusterEndpoints", self.cluster_endpoints.is_some());
        for (first, second) in [(socket, endpoint), (socket, cluster), (endpoint, cluster)] {
            refuse_both(path, first, second, "each says where Redis is")?;
        }
        refuse_both(
            path,
            ("db", self.db.is_some_and(|db| db != 0)),
            cluster,
            "a cluster has database 0 alone",
        )?;
        if let Some(socket) = &self.socket {
            env.insert(
                "SCCACHE_REDIS_ENDPOINT",
                format!("redis+unix://localhost{}", socket.as_str()),
            );
        } else if let Some(endpoint) = &self.endpoint {
            let here = path.attr("endpoint");
            if Self::is_remote(&here, endpoint)? {
                network::require(&here, network)?;
            }
            env.insert("SCCACHE_REDIS_ENDPOINT", endpoint.as_str().to_owned());
        } else if let Some(cluster) = &self.cluster_endpoints {
            let here = path.attr("clusterEndpoints");
            if cluster.is_empty() {
                return Err(here.error("give the URL of at least one node"));
            }
            for (index, endpoint) in cluster.iter().enumerate() {
                Self::is_remote(&here.index(index), endpoint)?;
            }
            network::require(&here, network)?;
            let nodes: Vec<_> = cluster.iter().map(Endpoint::as_str).collect();
            env.insert("SCCACHE_REDIS_CLUSTER_ENDPOINTS", nodes.join(","));
        } else {
            return Err(
                path.error("say where Redis is: `socket`, `endpoint` or `clusterEndpoints`")
            );
        }
        set(
            env,
            &[
                ("SCCACHE_REDIS_USERNAME", &self.username),
                ("SCCACHE_REDIS_DB", &self.db),
                ("SCCACHE_REDIS_TTL", &self.ttl),
                ("SCCACHE_REDIS_KEY_PREFIX", &self.key_prefix),
            ],
        );
        set_mode(env, "SCCACHE_REDIS_RW_MODE", self.read_only);
        Ok(())
    }
}
