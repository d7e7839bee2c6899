use super::{Env, Wanted, sccache_env};
use crate::request::{parse, read};

fn env(request: &str) -> Result<Env, String> {
    let wanted: Wanted = parse(request.as_bytes())
        .and_then(read)
        .map_err(|error| error.to_string())?;
    sccache_env(&wanted).map_err(|error| error.to_string())
}

fn transport(request: &str) -> Result<Vec<String>, String> {
    let env = env(&format!(
        r#"{{"shim":"/s","network":true,"transport":{request}}}"#
    ))?;
    let common = [
        "CARGO_",
        "CMAKE_",
        "RUSTC_",
        "NIX_SCCACHE_WRAP",
        "SCCACHE_IGNORE",
        "SCCACHE_MAX_FRAME",
    ];
    Ok(env
        .into_iter()
        .filter(|(name, _)| !common.iter().any(|prefix| name.starts_with(prefix)))
        .map(|(name, value)| format!("{name}={value}"))
        .collect())
}

#[track_caller]
fn check(request: &str, expected: &[&str]) {
    assert_eq!(transport(request).unwrap(), expected, "{request}");
}

#[test]
fn the_default_is_the_daemon_of_the_host() {
    let env = env(r#"{"shim":"/nix/store/x-shim/","sccache":"/nix/store/y-sccache"}"#).unwrap();
    let lines: Vec<_> = env
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    assert_eq!(
        lines,
        [
            "CARGO_INCREMENTAL=0",
            "CMAKE_CXX_COMPILER_LAUNCHER=/nix/store/x-shim/bin/sccache",
            "CMAKE_C_COMPILER_LAUNCHER=/nix/store/x-shim/bin/sccache",
            "NIX_SCCACHE_SCCACHE=/nix/store/y-sccache/bin/sccache",
            "NIX_SCCACHE_TRANSPORT=server",
            "NIX_SCCACHE_WRAP=rust,c,c++",
            "RUSTC_WRAPPER=/nix/store/x-shim/bin/sccache",
            "SCCACHE_CLIENT_SIDE=true",
            "SCCACHE_IGNORE_SERVER_IO_ERROR=1",
            "SCCACHE_MAX_FRAME_LENGTH=1073741824",
            "SCCACHE_SERVER_UDS=/run/nix-sccache/sccache.sock",
        ]
    );
}

#[test]
fn only_what_is_to_be_wrapped_is() {
    let env = env(r#"{"shim":"/s","wrap":[["c"]]}"#).unwrap();
    assert!(env.contains_key("CMAKE_C_COMPILER_LAUNCHER"));
    for other in [
        "RUSTC_WRAPPER",
        "CARGO_INCREMENTAL",
        "CMAKE_CXX_COMPILER_LAUNCHER",
    ] {
        assert!(!env.contains_key(other), "{other}");
    }
    assert_eq!(env["NIX_SCCACHE_WRAP"], "c");
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn every_store_has_every_setting() {
    check(
        r#"{"directory":{"path":"/var/cache/s","size":"20G","readOnly":true}}"#,
        &[
            "NIX_SCCACHE_TRANSPORT=directory",
            "SCCACHE_CACHE_SIZE=21474836480",
            "SCCACHE_DIR=/var/cache/s",
            "SCCACHE_LOCAL_RW_MODE=READ_ONLY",
        ],
    );
    check(
        r#"{"ephemeral":{"size":1024}}"#,
        &["NIX_SCCACHE_TRANSPORT=ephemeral", "SCCACHE_CACHE_SIZE=1024"],
    );
    check(r#""ephemeral""#, &["NIX_SCCACHE_TRANSPORT=ephemeral"]);
    check(
        r#"{"server":{"socket":"/run/s.sock"}}"#,
        &[
            "NIX_SCCACHE_TRANSPORT=server",
            "SCCACHE_CLIENT_SIDE=true",
            "SCCACHE_SERVER_UDS=/run/s.sock",
        ],
    );
    check(
        r#"{"redis":{"socket":"/run/redis.sock","db":2,"ttl":60,"username":"u","keyPrefix":"p/","readOnly":true}}"#,
        &[
            "NIX_SCCACHE_TRANSPORT=redis",
            "SCCACHE_REDIS_DB=2",
            "SCCACHE_REDIS_ENDPOINT=redis+unix://localhost/run/redis.sock",
            "SCCACHE_REDIS_KEY_PREFIX=p",
            "SCCACHE_REDIS_RW_MODE=READ_ONLY",
            "SCCACHE_REDIS_TTL=60",
            "SCCACHE_REDIS_USERNAME=u",
        ],
    );
    check(
        r#"{"redis":{"clusterEndpoints":[["redis://a","redis://b"]]}}"#,
        &[
            "NIX_SCCACHE_TRANSPORT=redis",
            "SCCACHE_REDIS_CLUSTER_ENDPOINTS=redis://a,redis://b",
        ],
    );
    check(
        r#"{"memcached":{"endpoint":"tcp://h:1","username":"u","expiration":60,"keyPrefix":"p","readOnly":true}}"#,
        &[
            "NIX_SCCACHE_TRANSPORT=memcached",
            "SCCACHE_MEMCACHED_ENDPOINT=tcp://h:1",
            "SCCACHE_MEMCACHED_EXPIRATION=60",
            "SCCACHE_MEMCACHED_KEY_PREFIX=p",
            "SCCACHE_MEMCACHED_RW_MODE=READ_ONLY",
            "SCCACHE_MEMCACHED_USERNAME=u",
        ],
    );
    check(
        r#"{"s3":{"bucket":"b","region":"auto","endpoint":"h:9000","useSsl":false,"keyPrefix":"p","noCredentials":true,
            "serverSideEncryptionKmsKeyId":"k","serverSideEncryption":false,"serverSideEncryptionAwsKms":false,
            "enableVirtualHostStyle":true,"readOnly":true}}"#,
        &[
            "NIX_SCCACHE_TRANSPORT=s3",
            "SCCACHE_BUCKET=b",
            "SCCACHE_ENDPOINT=h:9000",
            "SCCACHE_REGION=auto",
            "SCCACHE_S3_ENABLE_VIRTUAL_HOST_STYLE=true",
            "SCCACHE_S3_KEY_PREFIX=p",
            "SCCACHE_S3_NO_CREDENTIALS=true",
            "SCCACHE_S3_RW_MODE=READ_ONLY",
            "SCCACHE_S3_SERVER_SIDE_ENCRYPTION=false",
            "SCCACHE_S3_SERVER_SIDE_ENCRYPTION_AWS_KMS=false",
            "SCCACHE_S3_SERVER_SIDE_ENCRYPTION_KMS_KEY_ID=k",
            "SCCACHE_S3_USE_SSL=false",
        ],
    );
    check(
        r#"{"gcs":{"bucket":"b","keyPrefix":"p","keyPath":"/run/secrets/gcs.json"}}"#,
        &[
            "NIX_SCCACHE_TRANSPORT=gcs",
            "SCCACHE_GCS_BUCKET=b",
            "SCCACHE_GCS_KEY_PATH=/run/secrets/gcs.json",
            "SCCACHE_GCS_KEY_PREFIX=p",
            "SCCACHE_GCS_RW_MODE=READ_WRITE",
        ],
    );
    check(
        r#"{"gcs":{"bucket":"b","serviceAccount":"a","readOnly":true}}"#,
        &[
            "NIX_SCCACHE_TRANSPORT=gcs",
            "SCCACHE_GCS_BUCKET=b",
            "SCCACHE_GCS_RW_MODE=READ_ONLY",
            "SCCACHE_GCS_SERVICE_ACCOUNT=a",
        ],
    );
    check(
        r#"{"azure":{"container":"c","storageAccount":"a","keyPrefix":"p","readOnly":true}}"#,
        &[
            "NIX_SCCACHE_TRANSPORT=azure",
            "SCCACHE_AZURE_BLOB_CONTAINER=c",
            "SCCACHE_AZURE_KEY_PREFIX=p",
            "SCCACHE_AZURE_RW_MODE=READ_ONLY",
            "SCCACHE_AZURE_STORAGE_ACCOUNT=a",
        ],
    );
    check(
        r#"{"gha":{"version":"v1","readOnly":true}}"#,
        &[
            "NIX_SCCACHE_TRANSPORT=gha",
            "SCCACHE_GHA_ENABLED=true",
            "SCCACHE_GHA_RW_MODE=READ_ONLY",
            "SCCACHE_GHA_VERSION=v1",
        ],
    );
    check(
        r#"{"webdav":{"endpoint":"https://h/d","keyPrefix":"p","username":"u","disableCreateDir":true,"readOnly":true}}"#,
        &[
            "NIX_SCCACHE_TRANSPORT=webdav",
            "SCCACHE_WEBDAV_DISABLE_CREATE_DIR=true",
            "SCCACHE_WEBDAV_ENDPOINT=https://h/d",
            "SCCACHE_WEBDAV_KEY_PREFIX=p",
            "SCCACHE_WEBDAV_RW_MODE=READ_ONLY",
            "SCCACHE_WEBDAV_USERNAME=u",
        ],
    );
    check(
        r#"{"oss":{"bucket":"b","endpoint":"https://h","keyPrefix":"p","noCredentials":true,"readOnly":true}}"#,
        &[
            "NIX_SCCACHE_TRANSPORT=oss",
            "SCCACHE_OSS_BUCKET=b",
            "SCCACHE_OSS_ENDPOINT=https://h",
            "SCCACHE_OSS_KEY_PREFIX=p",
            "SCCACHE_OSS_NO_CREDENTIALS=true",
            "SCCACHE_OSS_RW_MODE=READ_ONLY",
        ],
    );
    check(
        r#"{"cos":{"bucket":"b","endpoint":"https://h","keyPrefix":"p","readOnly":true}}"#,
        &[
            "NIX_SCCACHE_TRANSPORT=cos",
            "SCCACHE_COS_BUCKET=b",
            "SCCACHE_COS_ENDPOINT=https://h",
            "SCCACHE_COS_KEY_PREFIX=p",
            "SCCACHE_COS_RW_MODE=READ_ONLY",
        ],
    );
}

#[test]
fn chains_name_their_levels_in_order() {
    check(
        r#"{"chain":{"levels":[["ephemeral",{"redis":{"socket":"/r.sock"}},{"s3":{"bucket":"b"}}]],"writeErrorPolicy":"all"}}"#,
        &[
            "NIX_SCCACHE_TRANSPORT=ephemeral",
            "SCCACHE_BUCKET=b",
            "SCCACHE_MULTILEVEL_CHAIN=disk,redis,s3",
            "SCCACHE_MULTILEVEL_WRITE_ERROR_POLICY=all",
            "SCCACHE_REDIS_ENDPOINT=redis+unix://localhost/r.sock",
        ],
    );
}

#[test]
fn sccaches_own_settings_come_through() {
    let env = env(
        r#"{"shim":"/s","transport":{"directory":{"path":"/c"}},"maxFrameLength":"64M","recache":true,"skipCacheCheck":true,
            "timeout":30,"prefetch":"2G","verify":100,"links":"host","stablePaths":"always","reports":"/r","idleTimeout":0,"log":"debug","config":"/c.toml"}"#,
    )
    .unwrap();
    for (name, value) in [
        ("SCCACHE_MAX_FRAME_LENGTH", "67108864"),
        ("SCCACHE_RECACHE", "1"),
        ("SCCACHE_SKIP_CACHE_CHECK", "1"),
        ("NIX_SCCACHE_TIMEOUT", "30"),
        ("NIX_SCCACHE_PREFETCH", "2147483648"),
        ("NIX_SCCACHE_VERIFY", "100"),
        ("NIX_SCCACHE_LINKS", "host"),
        ("NIX_SCCACHE_STABLE_PATHS", "always"),
        ("NIX_SCCACHE_REPORTS", "/r"),
        ("SCCACHE_IDLE_TIMEOUT", "0"),
        ("SCCACHE_LOG", "debug"),
        ("SCCACHE_CONF", "/c.toml"),
    ] {
        assert_eq!(env.get(name).map(String::as_str), Some(value), "{name}");
    }
}

#[test]
fn nothing_is_prefetched() {
    let env = env(r#"{"shim":"/s","prefetch":false}"#).unwrap();
    assert_eq!(env["NIX_SCCACHE_PREFETCH"], "0");
}

#[test]
fn null_is_as_good_as_nothing() {
    assert_eq!(
        env(r#"{"shim":"/s","log":null,"wrap":null,"network":null,"recache":null}"#),
        env(r#"{"shim":"/s"}"#)
    );
}
