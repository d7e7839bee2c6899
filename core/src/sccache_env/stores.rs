//! The stores that sccache knows, each with every setting it has for it.
//!
//! Names follow sccache's configuration file, in nixpkgs' spelling. Every store but the
//! ephemeral one takes `readOnly`: read from it, never write. Secrets have a name here only
//! so that giving one is answered with what to do instead.

use serde::Deserialize;

use super::Env;
use super::network;
use super::secret::{
    ActionsRuntimeToken, AlibabaAccessKeyId, AlibabaAccessKeySecret, AwsAccessKeyId,
    AwsSecretAccessKey, AwsSessionToken, AzureConnectionString, MemcachedPassword, RedisPassword,
    Secret, TencentSecretId, TencentSecretKey, WebdavPassword, WebdavToken,
};
use super::settings::{AbsolutePath, Endpoint, KeyPrefix, Text};
use super::size::Size;
use crate::contract;
use crate::error::Error;
use crate::path::AttrPath;

/// A place that keeps entries.
pub(super) trait Store {
    /// Its name in `SCCACHE_MULTILEVEL_CHAIN`.
    fn level_name(&self) -> &'static str;

    /// Whether nothing is ever stored.
    fn is_read_only(&self) -> bool;

    /// Adds its variables. `path` is where it stands in the argument; `network` says
    /// whether the build has one.
    fn write(&self, path: &AttrPath, network: bool, env: &mut Env) -> Result<(), Error>;
}

/// Adds the variables that have a value.
fn set<const N: usize>(env: &mut Env, variables: [(&'static str, Option<&str>); N]) {
    env.extend(
        variables
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?.to_owned()))),
    );
}

fn set_bool<const N: usize>(env: &mut Env, variables: [(&'static str, Option<bool>); N]) {
    env.extend(
        variables
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?.to_string()))),
    );
}

fn set_mode(env: &mut Env, name: &'static str, read_only: bool) {
    if read_only {
        env.insert(name, "READ_ONLY".to_owned());
    }
}

/// Refuses two settings of which sccache would pass over one.
fn refuse_both(
    path: &AttrPath,
    first: (&str, bool),
    second: (&str, bool),
    why: &str,
) -> Result<(), Error> {
    if first.1 && second.1 {
        let message = format!(
            "`{}` and `{}` contradict each other ({why}): drop one of the two",
            first.0, second.0
        );
        return Err(Error::at_path(path, message));
    }
    Ok(())
}

/// The longest path of a socket on Linux: `sun_path` has 108 bytes, one of them the NUL.
const SOCKET_PATH_MAX: usize = 107;

fn check_socket(path: &AttrPath, socket: &AbsolutePath) -> Result<(), Error> {
    let length = socket.as_str().len();
    if length > SOCKET_PATH_MAX {
        let message = format!(
            "a socket's path has at most {SOCKET_PATH_MAX} bytes, and this one has {length}"
        );
        return Err(Error::at_path(&path.attr("socket"), message));
    }
    Ok(())
}

/// The host's daemon. What it stores, and how much, is its own affair.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Server {
    /// Its socket, as the build sees it; `/run/nix-sccache/sccache.sock` by default.
    socket: Option<AbsolutePath>,
}

impl Server {
    /// Where the daemon's socket is mounted when nothing else is said.
    pub const DEFAULT_SOCKET: &str = "/run/nix-sccache/sccache.sock";

    pub(super) fn write(&self, path: &AttrPath, env: &mut Env) -> Result<(), Error> {
        let socket = match &self.socket {
            Some(socket) => {
                check_socket(path, socket)?;
                socket.as_str()
            }
            None => Self::DEFAULT_SOCKET,
        };
        // The compiler must run in the sandbox: a daemon that compiles sees none of its files.
        set(
            env,
            [
                (contract::SERVER_UDS, Some(socket)),
                ("SCCACHE_CLIENT_SIDE", Some("true")),
            ],
        );
        Ok(())
    }
}

/// A directory. Entries are readable by the user who wrote them alone, so several
/// build users cannot share one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Directory {
    /// The directory, as the build sees it.
    path: AbsolutePath,
    /// How much it may hold; 10 GiB by default. The entries used least recently go first.
    size: Option<Size>,
    /// Read only.
    #[serde(default)]
    read_only: bool,
    /// Whether C and C++ calls are first looked up without preprocessing; true by default.
    preprocessor_cache: Option<bool>,
}

impl Store for Directory {
    fn level_name(&self) -> &'static str {
        "disk"
    }

    fn is_read_only(&self) -> bool {
        self.read_only
    }

    fn write(&self, _: &AttrPath, _: bool, env: &mut Env) -> Result<(), Error> {
        set(env, [(contract::CACHE_DIR, Some(self.path.as_str()))]);
        set_disk(env, self.size, self.preprocessor_cache);
        set_mode(env, "SCCACHE_LOCAL_RW_MODE", self.read_only);
        Ok(())
    }
}

fn set_disk(env: &mut Env, size: Option<Size>, preprocessor_cache: Option<bool>) {
    set(
        env,
        [(
            "SCCACHE_CACHE_SIZE",
            size.map(|size| size.bytes().to_string()).as_deref(),
        )],
    );
    set_bool(env, [("SCCACHE_DIRECT", preprocessor_cache)]);
}

/// A directory in the build's own temporary one: hits within one build only.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Ephemeral {
    /// How much it may hold; 10 GiB by default.
    size: Option<Size>,
    /// Whether C and C++ calls are first looked up without preprocessing; true by default.
    preprocessor_cache: Option<bool>,
}

impl Store for Ephemeral {
    fn level_name(&self) -> &'static str {
        "disk"
    }

    fn is_read_only(&self) -> bool {
        false
    }

    fn write(&self, _: &AttrPath, _: bool, env: &mut Env) -> Result<(), Error> {
        set_disk(env, self.size, self.preprocessor_cache);
        Ok(())
    }
}

/// Redis or Valkey: a socket, an endpoint, or the endpoints of a cluster.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Redis {
    /// Its socket, as the build sees it.
    socket: Option<AbsolutePath>,
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
                    "sccache cannot read {:?}: a socket's URL needs a host name, redis+unix://localhost/run/…; or give `socket`",
                    endpoint.as_str()
                );
                Err(Error::at_path(path, message))
            }
            Some("redis+unix" | "unix") => Ok(false),
            Some("redis" | "rediss" | "tcp") | None => Ok(true),
            Some(other) => Err(Error::unknown("scheme", other, &Self::SCHEMES).at(path)),
        }
    }
}

impl Store for Redis {
    fn level_name(&self) -> &'static str {
        "redis"
    }

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
            check_socket(path, socket)?;
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
                return Err(Error::at_path(&here, "give the URL of at least one node"));
            }
            for (index, endpoint) in cluster.iter().enumerate() {
                Self::is_remote(&here.index(index), endpoint)?;
            }
            network::require(&here, network)?;
            let nodes: Vec<_> = cluster.iter().map(Endpoint::as_str).collect();
            env.insert("SCCACHE_REDIS_CLUSTER_ENDPOINTS", nodes.join(","));
        } else {
            return Err(Error::at_path(
                path,
                "say where Redis is: `socket`, `endpoint` or `clusterEndpoints`",
            ));
        }
        set(
            env,
            [
                (
                    "SCCACHE_REDIS_USERNAME",
                    self.username.as_ref().map(Text::as_str),
                ),
                (
                    "SCCACHE_REDIS_DB",
                    self.db.map(|db| db.to_string()).as_deref(),
                ),
                (
                    "SCCACHE_REDIS_TTL",
                    self.ttl.map(|ttl| ttl.to_string()).as_deref(),
                ),
                (
                    "SCCACHE_REDIS_KEY_PREFIX",
                    self.key_prefix.as_ref().map(KeyPrefix::as_str),
                ),
            ],
        );
        set_mode(env, "SCCACHE_REDIS_RW_MODE", self.read_only);
        Ok(())
    }
}

/// Memcached: a socket or an endpoint.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Memcached {
    /// Its socket, as the build sees it.
    socket: Option<AbsolutePath>,
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
    fn level_name(&self) -> &'static str {
        "memcached"
    }

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
            check_socket(path, socket)?;
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
            return Err(Error::at_path(
                path,
                "say where memcached is: `socket` or `endpoint`",
            ));
        }
        if self.expiration.is_some_and(|seconds| seconds > THIRTY_DAYS) {
            // Beyond that memcached takes the number for a date, which has passed.
            return Err(Error::at_path(
                &path.attr("expiration"),
                format!("this is at most {THIRTY_DAYS} seconds, 30 days"),
            ));
        }
        set(
            env,
            [
                (
                    "SCCACHE_MEMCACHED_USERNAME",
                    self.username.as_ref().map(Text::as_str),
                ),
                (
                    "SCCACHE_MEMCACHED_EXPIRATION",
                    self.expiration
                        .map(|seconds| seconds.to_string())
                        .as_deref(),
                ),
                (
                    "SCCACHE_MEMCACHED_KEY_PREFIX",
                    self.key_prefix.as_ref().map(KeyPrefix::as_str),
                ),
            ],
        );
        set_mode(env, "SCCACHE_MEMCACHED_RW_MODE", self.read_only);
        Ok(())
    }
}

/// Amazon S3, or what speaks its protocol.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct S3 {
    /// The bucket.
    bucket: Text,
    /// Its region.
    region: Option<Text>,
    /// The server, where it is not Amazon's.
    endpoint: Option<Endpoint>,
    /// Whether to speak TLS; says which scheme `endpoint` has when it has none.
    use_ssl: Option<bool>,
    /// What comes before each key.
    key_prefix: Option<KeyPrefix>,
    /// Whether the bucket is read without credentials.
    #[serde(default)]
    no_credentials: bool,
    /// Whether entries are encrypted with a key of S3's.
    server_side_encryption: Option<bool>,
    /// Whether entries are encrypted with a key of KMS's.
    server_side_encryption_aws_kms: Option<bool>,
    /// The key of KMS's, where it is your own.
    server_side_encryption_kms_key_id: Option<Text>,
    /// Whether the bucket's name is part of the host's.
    enable_virtual_host_style: Option<bool>,
    /// Never here.
    #[serde(rename = "accessKeyId")]
    _access_key_id: Option<Secret<AwsAccessKeyId>>,
    /// Never here.
    #[serde(rename = "secretAccessKey")]
    _secret_access_key: Option<Secret<AwsSecretAccessKey>>,
    /// Never here.
    #[serde(rename = "sessionToken")]
    _session_token: Option<Secret<AwsSessionToken>>,
    /// Read only.
    #[serde(default)]
    read_only: bool,
}

impl Store for S3 {
    fn level_name(&self) -> &'static str {
        "s3"
    }

    fn is_read_only(&self) -> bool {
        self.read_only
    }

    fn write(&self, path: &AttrPath, network: bool, env: &mut Env) -> Result<(), Error> {
        network::require(path, network)?;
        let own_key = (
            "serverSideEncryption",
            self.server_side_encryption == Some(true),
        );
        let kms = (
            "serverSideEncryptionAwsKms",
            self.server_side_encryption_aws_kms == Some(true),
        );
        let kms_key = (
            "serverSideEncryptionKmsKeyId",
            self.server_side_encryption_kms_key_id.is_some(),
        );
        for (first, second) in [(own_key, kms), (own_key, kms_key), (kms, kms_key)] {
            refuse_both(path, first, second, "an entry is encrypted with one key")?;
        }
        let scheme = self.endpoint.as_ref().and_then(Endpoint::scheme);
        refuse_both(
            path,
            ("useSsl", self.use_ssl == Some(true)),
            ("endpoint", scheme == Some("http")),
            "http is without TLS",
        )?;
        let no_ssl = ("useSsl = false", self.use_ssl == Some(false));
        refuse_both(
            path,
            no_ssl,
            ("endpoint", scheme == Some("https")),
            "https is with TLS",
        )?;
        set(
            env,
            [
                ("SCCACHE_BUCKET", Some(self.bucket.as_str())),
                ("SCCACHE_REGION", self.region.as_ref().map(Text::as_str)),
                (
                    "SCCACHE_ENDPOINT",
                    self.endpoint.as_ref().map(Endpoint::as_str),
                ),
                (
                    "SCCACHE_S3_KEY_PREFIX",
                    self.key_prefix.as_ref().map(KeyPrefix::as_str),
                ),
                (
                    "SCCACHE_S3_SERVER_SIDE_ENCRYPTION_KMS_KEY_ID",
                    self.server_side_encryption_kms_key_id
                        .as_ref()
                        .map(Text::as_str),
                ),
            ],
        );
        set_bool(
            env,
            [
                ("SCCACHE_S3_USE_SSL", self.use_ssl),
                (
                    "SCCACHE_S3_NO_CREDENTIALS",
                    self.no_credentials.then_some(true),
                ),
                (
                    "SCCACHE_S3_SERVER_SIDE_ENCRYPTION",
                    self.server_side_encryption,
                ),
                (
                    "SCCACHE_S3_SERVER_SIDE_ENCRYPTION_AWS_KMS",
                    self.server_side_encryption_aws_kms,
                ),
                (
                    "SCCACHE_S3_ENABLE_VIRTUAL_HOST_STYLE",
                    self.enable_virtual_host_style,
                ),
            ],
        );
        set_mode(env, "SCCACHE_S3_RW_MODE", self.read_only);
        Ok(())
    }
}

/// Google Cloud Storage.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Gcs {
    /// The bucket.
    bucket: Text,
    /// What comes before each key.
    key_prefix: Option<KeyPrefix>,
    /// A file with the credentials, outside the store.
    key_path: Option<AbsolutePath>,
    /// The service account, where the machine's own metadata has its credentials.
    service_account: Option<Text>,
    /// A URL of TaskCluster's that answers with a token.
    credentials_url: Option<Endpoint>,
    /// Read only.
    #[serde(default)]
    read_only: bool,
}

impl Store for Gcs {
    fn level_name(&self) -> &'static str {
        "gcs"
    }

    fn is_read_only(&self) -> bool {
        self.read_only
    }

    fn write(&self, path: &AttrPath, network: bool, env: &mut Env) -> Result<(), Error> {
        network::require(path, network)?;
        let key = ("keyPath", self.key_path.is_some());
        let account = ("serviceAccount", self.service_account.is_some());
        let url = ("credentialsUrl", self.credentials_url.is_some());
        for (first, second) in [(key, account), (key, url), (account, url)] {
            refuse_both(path, first, second, "each says whose credentials to take")?;
        }
        set(
            env,
            [
                ("SCCACHE_GCS_BUCKET", Some(self.bucket.as_str())),
                (
                    "SCCACHE_GCS_KEY_PREFIX",
                    self.key_prefix.as_ref().map(KeyPrefix::as_str),
                ),
                (
                    "SCCACHE_GCS_KEY_PATH",
                    self.key_path.as_ref().map(AbsolutePath::as_str),
                ),
                (
                    "SCCACHE_GCS_SERVICE_ACCOUNT",
                    self.service_account.as_ref().map(Text::as_str),
                ),
                (
                    "SCCACHE_GCS_CREDENTIALS_URL",
                    self.credentials_url.as_ref().map(Endpoint::as_str),
                ),
                // The one store that sccache does not write to unless it is told to.
                (
                    "SCCACHE_GCS_RW_MODE",
                    Some(if self.read_only {
                        "READ_ONLY"
                    } else {
                        "READ_WRITE"
                    }),
                ),
            ],
        );
        Ok(())
    }
}

/// Azure Blob Storage, by Microsoft Entra ID.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Azure {
    /// The container.
    container: Text,
    /// The storage account; the endpoint follows from it.
    storage_account: Option<Text>,
    /// The endpoint, where it does not follow from an account.
    endpoint: Option<Endpoint>,
    /// What comes before each key.
    key_prefix: Option<KeyPrefix>,
    /// Never here.
    #[serde(rename = "connectionString")]
    _connection_string: Option<Secret<AzureConnectionString>>,
    /// Read only.
    #[serde(default)]
    read_only: bool,
}

impl Store for Azure {
    fn level_name(&self) -> &'static str {
        "azure"
    }

    fn is_read_only(&self) -> bool {
        self.read_only
    }

    fn write(&self, path: &AttrPath, network: bool, env: &mut Env) -> Result<(), Error> {
        network::require(path, network)?;
        let account = ("storageAccount", self.storage_account.is_some());
        let endpoint = ("endpoint", self.endpoint.is_some());
        refuse_both(path, account, endpoint, "each says where the container is")?;
        set(
            env,
            [
                (
                    "SCCACHE_AZURE_BLOB_CONTAINER",
                    Some(self.container.as_str()),
                ),
                (
                    "SCCACHE_AZURE_STORAGE_ACCOUNT",
                    self.storage_account.as_ref().map(Text::as_str),
                ),
                (
                    "SCCACHE_AZURE_ENDPOINT",
                    self.endpoint.as_ref().map(Endpoint::as_str),
                ),
                (
                    "SCCACHE_AZURE_KEY_PREFIX",
                    self.key_prefix.as_ref().map(KeyPrefix::as_str),
                ),
            ],
        );
        set_mode(env, "SCCACHE_AZURE_RW_MODE", self.read_only);
        Ok(())
    }
}

/// The cache service of GitHub Actions; the runner's environment has the rest.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Gha {
    /// A name that keeps caches apart.
    version: Option<Text>,
    /// Never here.
    #[serde(rename = "token")]
    _token: Option<Secret<ActionsRuntimeToken>>,
    /// Read only.
    #[serde(default)]
    read_only: bool,
}

impl Store for Gha {
    fn level_name(&self) -> &'static str {
        "gha"
    }

    fn is_read_only(&self) -> bool {
        self.read_only
    }

    fn write(&self, path: &AttrPath, network: bool, env: &mut Env) -> Result<(), Error> {
        network::require(path, network)?;
        set_bool(env, [("SCCACHE_GHA_ENABLED", Some(true))]);
        set(
            env,
            [(
                "SCCACHE_GHA_VERSION",
                self.version.as_ref().map(Text::as_str),
            )],
        );
        set_mode(env, "SCCACHE_GHA_RW_MODE", self.read_only);
        Ok(())
    }
}

/// A WebDAV server.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Webdav {
    /// Its URL.
    endpoint: Endpoint,
    /// What comes before each key.
    key_prefix: Option<KeyPrefix>,
    /// The user to log in as.
    username: Option<Text>,
    /// Never here.
    #[serde(rename = "password")]
    _password: Option<Secret<WebdavPassword>>,
    /// Never here.
    #[serde(rename = "token")]
    _token: Option<Secret<WebdavToken>>,
    /// Whether to write without making directories first, for servers that have no such request.
    disable_create_dir: Option<bool>,
    /// Read only.
    #[serde(default)]
    read_only: bool,
}

impl Store for Webdav {
    fn level_name(&self) -> &'static str {
        "webdav"
    }

    fn is_read_only(&self) -> bool {
        self.read_only
    }

    fn write(&self, path: &AttrPath, network: bool, env: &mut Env) -> Result<(), Error> {
        network::require(path, network)?;
        set(
            env,
            [
                ("SCCACHE_WEBDAV_ENDPOINT", Some(self.endpoint.as_str())),
                (
                    "SCCACHE_WEBDAV_KEY_PREFIX",
                    self.key_prefix.as_ref().map(KeyPrefix::as_str),
                ),
                (
                    "SCCACHE_WEBDAV_USERNAME",
                    self.username.as_ref().map(Text::as_str),
                ),
            ],
        );
        set_bool(
            env,
            [("SCCACHE_WEBDAV_DISABLE_CREATE_DIR", self.disable_create_dir)],
        );
        set_mode(env, "SCCACHE_WEBDAV_RW_MODE", self.read_only);
        Ok(())
    }
}

/// Alibaba's Object Storage Service.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Oss {
    /// The bucket.
    bucket: Text,
    /// The server.
    endpoint: Option<Endpoint>,
    /// What comes before each key.
    key_prefix: Option<KeyPrefix>,
    /// Whether the bucket is read without credentials.
    #[serde(default)]
    no_credentials: bool,
    /// Never here.
    #[serde(rename = "accessKeyId")]
    _access_key_id: Option<Secret<AlibabaAccessKeyId>>,
    /// Never here.
    #[serde(rename = "accessKeySecret")]
    _access_key_secret: Option<Secret<AlibabaAccessKeySecret>>,
    /// Read only.
    #[serde(default)]
    read_only: bool,
}

impl Store for Oss {
    fn level_name(&self) -> &'static str {
        "oss"
    }

    fn is_read_only(&self) -> bool {
        self.read_only
    }

    fn write(&self, path: &AttrPath, network: bool, env: &mut Env) -> Result<(), Error> {
        network::require(path, network)?;
        set(
            env,
            [
                ("SCCACHE_OSS_BUCKET", Some(self.bucket.as_str())),
                (
                    "SCCACHE_OSS_ENDPOINT",
                    self.endpoint.as_ref().map(Endpoint::as_str),
                ),
                (
                    "SCCACHE_OSS_KEY_PREFIX",
                    self.key_prefix.as_ref().map(KeyPrefix::as_str),
                ),
            ],
        );
        set_bool(
            env,
            [(
                "SCCACHE_OSS_NO_CREDENTIALS",
                self.no_credentials.then_some(true),
            )],
        );
        set_mode(env, "SCCACHE_OSS_RW_MODE", self.read_only);
        Ok(())
    }
}

/// Tencent's Cloud Object Storage.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Cos {
    /// The bucket.
    bucket: Text,
    /// The server.
    endpoint: Option<Endpoint>,
    /// What comes before each key.
    key_prefix: Option<KeyPrefix>,
    /// Never here.
    #[serde(rename = "secretId")]
    _secret_id: Option<Secret<TencentSecretId>>,
    /// Never here.
    #[serde(rename = "secretKey")]
    _secret_key: Option<Secret<TencentSecretKey>>,
    /// Read only.
    #[serde(default)]
    read_only: bool,
}

impl Store for Cos {
    fn level_name(&self) -> &'static str {
        "cos"
    }

    fn is_read_only(&self) -> bool {
        self.read_only
    }

    fn write(&self, path: &AttrPath, network: bool, env: &mut Env) -> Result<(), Error> {
        network::require(path, network)?;
        set(
            env,
            [
                ("SCCACHE_COS_BUCKET", Some(self.bucket.as_str())),
                (
                    "SCCACHE_COS_ENDPOINT",
                    self.endpoint.as_ref().map(Endpoint::as_str),
                ),
                (
                    "SCCACHE_COS_KEY_PREFIX",
                    self.key_prefix.as_ref().map(KeyPrefix::as_str),
                ),
            ],
        );
        set_mode(env, "SCCACHE_COS_RW_MODE", self.read_only);
        Ok(())
    }
}
