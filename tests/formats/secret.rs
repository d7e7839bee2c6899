//! Secrets, by names, in URLs, and wherever they turn up.

use std::ffi::OsStr;

use nix_sccache_contract::secret::{Secrets, is_secret, urls, value};

#[test]
fn names_tell_what_is_secret() {
    for name in [
        "SCCACHE_REDIS_PASSWORD",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "SCCACHE_AZURE_CONNECTION_STRING",
        "CARGO_REGISTRIES_MY_TOKEN",
        "secret-key",
        "TENCENTCLOUD_SECRET_ID",
    ] {
        assert!(is_secret(name), "{name}");
    }
    for name in [
        "SCCACHE_S3_KEY_PREFIX",
        "SCCACHE_DIR",
        "SCCACHE_S3_NO_CREDENTIALS",
        "SCCACHE_GCS_KEY_PATH",
        "RUSTC_WRAPPER",
    ] {
        assert!(!is_secret(name), "{name}");
    }
    assert_eq!(value("SCCACHE_REDIS_PASSWORD", "hunter2"), "(hidden)");
    assert_eq!(value("SCCACHE_REDIS_PASSWORD", ""), "");
}

#[test]
fn urls_keep_their_place_alone() {
    for (url, shown) in [
        ("redis://me:hunter2@host:1/0", "redis://(hidden)@host:1/0"),
        ("redis://:hun/ter2@host", "redis://(hidden)@host"),
        ("https://t0ken@host/a", "https://(hidden)@host/a"),
        ("https://host/a?sig=abc", "https://host/a?(hidden)"),
        ("https://host/a", "https://host/a"),
        (
            "a \"b://c:d@e\" f://g@h i",
            "a \"b://(hidden)@e\" f://(hidden)@h i",
        ),
        ("://", "://"),
        ("é://ü@ö?ä", "é://(hidden)@ö?(hidden)"),
    ] {
        assert_eq!(urls(url), shown, "{url}");
        assert_eq!(urls(shown), shown, "{url}");
    }
}

#[test]
fn secrets_are_found_wherever_they_turn_up() {
    let secrets = Secrets::of(
        [
            ("A_TOKEN", "hunter2"),
            ("B_PASSWORD", "hunter2hunter3"),
            ("C_PASSWORD", "on"),
        ]
        .map(|(name, value)| (name, OsStr::new(value))),
    );
    assert_eq!(
        secrets.clean("on hunter2hunter3, hunter2"),
        "on (hidden), (hidden)"
    );
}
