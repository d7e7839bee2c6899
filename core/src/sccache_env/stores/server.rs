//! Sets sccache's variables for the daemon of the host.

use serde::Deserialize;

use crate::sccache_env::env::Env;
use crate::sccache_env::settings::Socket;
use nix_sccache_contract as contract;

/// The host's daemon. What it stores, and how much, is its own affair.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Server {
    /// Its socket, as the build sees it; `/run/nix-sccache/sccache.sock` by default.
    socket: Option<Socket>,
}

impl Server {
    /// Where the daemon's socket is mounted when nothing else is said.
    pub const DEFAULT_SOCKET: &str = "/run/nix-sccache/sccache.sock";

    pub(in crate::sccache_env) fn write(&self, env: &mut Env) {
        let socket = self.socket.as_ref();
        let socket = socket.map_or(Self::DEFAULT_SOCKET, Socket::as_str);
        env.insert(contract::SERVER_UDS, socket.to_owned());
        // For who calls the real sccache without the shim: a daemon that compiles sees none of a sandbox's files,
        // and the gateway lets nobody ask for that.
        env.insert(contract::CLIENT_SIDE, "true".to_owned());
    }
}
