//! `rust.bootstrapConfig` in Nix: what it reads, and what its answer depends on.

use std::fs;

use nix_sccache_tests::{hosts, root};
use serde_json::json;
use tempfile::TempDir;

use super::everywhere::known;

/// A source of rustc, as far as it is looked at.
fn source(version: &str) -> TempDir {
    let source = TempDir::new().unwrap();
    fs::create_dir(source.path().join("src")).unwrap();
    fs::write(source.path().join("src/version"), version).unwrap();
    source
}

#[test]
fn a_source_says_its_release() {
    let source = source("1.90.0\n");
    let path = source.path().display().to_string();
    let call = |source: &str| {
        format!(
            r#"let c = builtins.rust.bootstrapConfig {{ source = {source}; toolchain = "/rust"; }};
               in [ c.release c.fileName ]"#
        )
    };
    let as_package = format!(r#"{{ outPath = "{path}"; }}"#);
    for host in hosts() {
        for source in [&path, &format!("{path:?}"), &as_package] {
            assert_eq!(
                host.eval(&call(source), ["--impure"]),
                Ok(json!(["1.90.0", "bootstrap.toml"])),
                "{source}"
            );
        }
        let error = host.eval(&call("/nowhere"), ["--impure"]).unwrap_err();
        assert!(error.contains("/nowhere/src/version"), "{error}");
    }
}

#[test]
fn a_source_that_is_none_is_named() {
    let source = source("main\n");
    let path = source.path().display().to_string();
    for host in hosts() {
        let call = format!("builtins.rust.bootstrapConfig {{ source = {path}; }}");
        let error = host.eval(&call, ["--impure"]).unwrap_err();
        let expected = format!(
            "rust.bootstrapConfig: {path}/src/version:1:1: \"main\" is no release of Rust: one is written like 1.85.0"
        );
        assert!(error.contains(&expected), "{error}");
    }
}

/// The text depends on the compiler and whatever else the settings name; names do not.
#[test]
fn the_text_depends_on_what_it_names() {
    const EXPRESSION: &str = r#"
        let
          package = name: derivation { inherit name; system = "x86_64-linux"; builder = "/bin/sh"; };
          rust = package "rust";
          llvm = package "llvm";
          config = builtins.rust.bootstrapConfig {
            release = "1.90.0";
            toolchain = rust;
            sccache = true;
            settings.target.x86_64-unknown-linux-gnu.llvm-config = "${llvm}/bin/llvm-config";
          };
          explained = builtins.head (builtins.filter (one: one.key == "build.rustc") config.explain);
        in
        {
          text = builtins.getContext config.text == builtins.getContext "${rust}${llvm}";
          names = map builtins.hasContext [ config.fileName config.release ];
          prefix = builtins.match ".*prefix = \"${builtins.placeholder "out"}\".*" config.text != null;
          value = explained.value == "${rust}/bin/rustc";
          read = (builtins.fromTOML (builtins.unsafeDiscardStringContext config.text)).build.ccache;
        }"#;
    for host in hosts() {
        assert_eq!(
            host.value(EXPRESSION),
            json!({
                "text": true,
                "names": [false, false],
                "prefix": true,
                "value": true,
                "read": "sccache",
            })
        );
    }
}

#[test]
fn what_is_left_out_is_left_out() {
    const EXPRESSION: &str = r#"
        builtins.rust.bootstrapConfig {
          release = "1.85.0";
          source = null;
          prefix = null;
          toolchain = "/rust";
          settings.build.docs = null;
        }"#;
    for host in hosts() {
        let config = host.value(EXPRESSION);
        let text = config["text"].as_str().unwrap();
        assert!(!text.contains("docs"), "{text}");
        assert!(!text.contains("[install]"), "{text}");
        assert_eq!(config["sccache"], json!(null));
    }
}

#[test]
fn every_attribute_is_documented() {
    let prelude = fs::read_to_string(root().join("plugin/src/prelude/default.nix")).unwrap();
    let host = hosts().next().unwrap();
    for name in known(&host.error(r#"builtins.rust.bootstrapConfig { "?" = 1; }"#)) {
        let documented = format!("`{name}`");
        assert!(prelude.contains(&documented), "{name} is not documented");
    }
}
