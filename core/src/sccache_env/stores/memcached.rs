//! Sets sccache's variables for Memcached.

use serde::Deserialize;

use super::store::{Store, refuse_both, set_mode};
use crate::error::Error;
use crate::path::AttrPath;
use crate::sccache_env::env::{Env, set};
use crate::sccache_env::network;
use crate::sccache_env::secret::{MemcachedPassword, Secret};
use crate::sccache_env::settings::{Endpoint, KeyPrefix, Socket, Text};

/// Memcached: a socket or an endpoint.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Memcached {
    /// Its socket, as the build sees it.
    socket: Option<Socket>,
    /// Its URL: `tcp://host:11211`.
    endpoint: Option<Endpoint>,
    /// The user to log in as.
    username: Option<Text>,
    /// Never here.
    #[serde(rename = "password")]
    _password: Option<Secret<MemcachedPassword>>,
    /// After how many seconds an entry goes, up to 30 days; a day by default.
    expiration: Option<u32>,
    /// What comes before each key.
    key_prefix: Option<KeyPrefix>,
    /// Read only.
    #[serde(default)]
    read_only: bool,
}

impl Store for Memcached {
    fn is_read_only(&self) -> bool {
        self.read_only
    }

    fn write(&self, path: &AttrPath, network: bool, env: &mut Env) -> Result<(), Error> {
        const THIRTY_DAYS: u32 = 30 * 24 * 60 * 60;
        refuse_both(
            path,
            ("socket", self.socket.is_some()),
            ("endpoint", self.endpoint.is_some()),
            "each says where memcached is",
        )?;
        if let Some(socket) = &self.socket {
            env.insert(
                "SCCACHE_MEMCACHED_ENDPOINT",
                format!("unix://{}", socket.as_str()),
            );
        } else if let Some(endpoint) = &self.endpoint {
            let here = path.attr("endpoint");
            match endpoint.scheme() {
                Some("unix") => {}
                Some("tcp") | None => network::require(&here, network)?,
                Some(other) => {
                    return Err(Error::unknown("scheme", other, &["tcp", "unix"]).at(&here));
                }
            }
            env.insert("SCCACHE_MEMCACHED_ENDPOINT", endpoint.as_str().to_owned());
        } else {
            return Err(path.error("say where memcached is: `socket` or `endpoint`"));
        }
        if self.expiration.is_some_and(|seconds| seconds > THIRTY_DAYS) {
            // Beyond that memcached takes the number for a date, which has passed.
            return Err(path
                .attr("expiration")
                .error(format!("this is at most {THIRTY_DAYS} seconds, 30 days")));
        }
        set(
            env,
            &[
                ("SCCACHE_MEMCACHED_USERNAME", &self.username),
                ("SCCACHE_MEMCACHED_EXPIRATION", &self.expiration),
                ("SCCACHE_MEMCACHED_KEY_PREFIX", &self.key_prefix),
            ],
        );
        set_mode(env, "SCCACHE_MEMCACHED_RW_MODE", self.read_only);
        Ok(())
    }
}
