//! `rust.toolchain` on any channel manifest: what it answers can be fetched, and what it takes
//! for TOML is what the `toml` crate takes for it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nix_sccache_core::Value;
use nix_sccache_fuzz::{ask_about, attrs, text};
use serde_json::Value as Json;
use toml::de::DeTable;

const HOST: &str = "x86_64-unknown-linux-gnu";

fuzz_target!(|bytes: &[u8]| {
    let string = |text: &str| Value::String(text.into());
    let list = |names: &[&str]| Value::List(names.iter().map(|name| string(name)).collect());
    for profile in ["minimal", "complete"] {
        let wanted = attrs([
            (
                "manifest",
                Value::List(vec![text("m.toml", 0, bytes.len())]),
            ),
            ("host", string(HOST)),
            ("force", Value::Bool(profile == "complete")),
            (
                "toolchain",
                attrs([
                    ("channel", string("stable")),
                    ("profile", string(profile)),
                    ("components", list(&["clippy", "rust-src"])),
                    ("targets", list(&["wasm32-unknown-unknown"])),
                ]),
            ),
        ]);
        let parsed = std::str::from_utf8(bytes).is_ok_and(|text| DeTable::parse(text).is_ok());
        match ask_about("toolchain", &wanted, bytes) {
            Ok(answer) => check(&answer),
            Err(error) => {
                let is_syntax = error.contains("this is not TOML");
                assert!(!(parsed && is_syntax), "{error}");
            }
        }
    }
});

fn check(answer: &Json) {
    assert_eq!(answer["host"], HOST);
    let mut last = None;
    for component in answer["components"].as_array().expect("a list") {
        let place = (component["package"].as_str(), component["target"].as_str());
        assert!(last < Some(place), "not in order: {answer}");
        last = Some(place);
        let hash = component["hash"].as_str().expect("a hash");
        assert!(hash.starts_with("sha256-") && hash.len() == 51, "{hash}");
        assert!(component["url"].is_string(), "{component}");
        let archives = component["archives"].as_object().expect("a set");
        let preferred = archives
            .values()
            .any(|archive| archive["url"] == component["url"]);
        assert!(preferred, "{component}");
    }
}
