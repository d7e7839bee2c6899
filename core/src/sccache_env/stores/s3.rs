//! Sets sccache's variables for Amazon S3.

use serde::Deserialize;

use super::store::{Store, refuse_both, set_mode};
use crate::error::Error;
use crate::path::AttrPath;
use crate::sccache_env::env::{Env, set};
use crate::sccache_env::network;
use crate::sccache_env::secret::{AwsAccessKeyId, AwsSecretAccessKey, AwsSessionToken, Secret};
use crate::sccache_env::settings::{Endpoint, KeyPrefix, Text};

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
            &[
                ("SCCACHE_BUCKET", &self.bucket),
                ("SCCACHE_REGION", &self.region),
                ("SCCACHE_ENDPOINT", &self.endpoint),
                ("SCCACHE_S3_KEY_PREFIX", &self.key_prefix),
                (
                    "SCCACHE_S3_SERVER_SIDE_ENCRYPTION_KMS_KEY_ID",
                    &self.server_side_encryption_kms_key_id,
                ),
                ("SCCACHE_S3_USE_SSL", &self.use_ssl),
                (
                    "SCCACHE_S3_NO_CREDENTIALS",
                    &self.no_credentials.then_some(true),
                ),
                (
                    "SCCACHE_S3_SERVER_SIDE_ENCRYPTION",
                    &self.server_side_encryption,
                ),
                (
                    "SCCACHE_S3_SERVER_SIDE_ENCRYPTION_AWS_KMS",
                    &self.server_side_encryption_aws_kms,
                ),
                (
                    "SCCACHE_S3_ENABLE_VIRTUAL_HOST_STYLE",
                    &self.enable_virtual_host_style,
                ),
            ],
        );
        set_mode(env, "SCCACHE_S3_RW_MODE", self.read_only);
        Ok(())
    }
}
