//! The stores that sccache is told to use, and by what.

use nix_sccache_contract as contract;

use crate::doctor::configuration::Configuration;
use crate::doctor::variables::Variables;

/// A kind of store that sccache knows.
pub(super) struct Kind {
    /// Its name in a chain and as a transport.
    pub(super) name: &'static str,
    /// The variables of which one says that it is wanted (sccache 0.19, `src/config.rs`).
    pub(super) variables: &'static [&'static str],
    /// Its table in sccache's file, below `cache`, and the key there that says where it is.
    pub(super) file: (&'static str, &'static str),
}

/// In the order in which sccache takes the first where several are set, and no chain is.
pub(super) const KINDS: [Kind; 9] = [
    Kind {
        name: "s3",
        variables: &["SCCACHE_BUCKET"],
        file: ("s3", "bucket"),
    },
    Kind {
        name: "redis",
        variables: &[
            "SCCACHE_REDIS_ENDPOINT",
            "SCCACHE_REDIS_CLUSTER_ENDPOINTS",
            "SCCACHE_REDIS",
        ],
        file: ("redis", "endpoint"),
    },
    Kind {
        name: "memcached",
        variables: &["SCCACHE_MEMCACHED_ENDPOINT", "SCCACHE_MEMCACHED"],
        file: ("memcached", "url"),
    },
    Kind {
        name: "gcs",
        variables: &["SCCACHE_GCS_BUCKET"],
        file: ("gcs", "bucket"),
    },
    Kind {
        name: "gha",
        variables: &["SCCACHE_GHA_ENABLED", "SCCACHE_GHA_VERSION"],
        file: ("gha", "version"),
    },
    Kind {
        name: "azure",
        variables: &["SCCACHE_AZURE_BLOB_CONTAINER"],
        file: ("azure", "container"),
    },
    Kind {
        name: "webdav",
        variables: &["SCCACHE_WEBDAV_ENDPOINT"],
        file: ("webdav", "endpoint"),
    },
    Kind {
        name: "oss",
        variables: &["SCCACHE_OSS_BUCKET"],
        file: ("oss", "bucket"),
    },
    Kind {
        name: "cos",
        variables: &["SCCACHE_COS_BUCKET"],
        file: ("cos", "bucket"),
    },
];
/// The names of the stores, the nearest first.
pub(super) fn levels(
    variables: &Variables,
    configuration: &Configuration,
    transport: Option<&str>,
) -> Vec<String> {
    if let Some(chain) = variables.filled("SCCACHE_MULTILEVEL_CHAIN") {
        let names = chain.split(',').map(|name| name.trim().to_lowercase());
        // The session's own directory takes the place of the disk, and is made with it.
        let is_ephemeral_disk =
            |name: &str| name == "disk" && transport == Some(contract::TRANSPORT_EPHEMERAL);
        return names
            .filter(|name| !name.is_empty() && !is_ephemeral_disk(name))
            .collect();
    }
    match transport {
        Some(contract::TRANSPORT_EPHEMERAL) => Vec::new(),
        Some("directory") => vec!["disk".to_owned()],
        Some(name) if KINDS.iter().any(|kind| kind.name == name) => vec![name.to_owned()],
        _ => {
            let is_set = |kind: &&Kind| {
                let (table, _) = kind.file;
                kind.variables
                    .iter()
                    .any(|name| variables.filled(name).is_some())
                    || in_file(configuration, &["cache", table]).is_some()
            };
            let first = KINDS.iter().find(is_set);
            vec![first.map_or("disk", |kind| kind.name).to_owned()]
        }
    }
}
/// A value of sccache's file.
pub(super) fn in_file<'a>(
    configuration: &'a Configuration,
    path: &[&str],
) -> Option<&'a toml::Value> {
    configuration.sccache.as_ref()?.get(path)
}

/// The same, of a string.
pub(super) fn text_in_file(configuration: &Configuration, path: &[&str]) -> Option<String> {
    in_file(configuration, path)?.as_str().map(str::to_owned)
}
