//! `rust.sccacheEnv`: what it gives is an environment that a derivation can have.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nix_sccache_fuzz::{Settings, ask};
use serde_json::Value as Json;

fuzz_target!(|settings: Settings| {
    let Ok(env) = ask("sccacheEnv", &settings.0) else {
        return;
    };
    let Json::Object(env) = env else {
        panic!("an environment is a set, not {env}");
    };
    for (name, value) in &env {
        let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        assert!(name.chars().all(plain), "{name:?} is no variable");
        let Json::String(value) = value else {
            panic!("{name} is no string but {value}");
        };
        // sccache takes an empty variable for an unset one, and the rest goes into a log.
        assert!(!value.is_empty(), "{name} is empty");
        assert!(
            !value.contains(['\0', '\n', '\r']),
            "{name} is not one line: {value:?}"
        );
    }
    assert!(env.contains_key("SCCACHE_MAX_FRAME_LENGTH"), "{env:?}");
});
