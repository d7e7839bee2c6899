//! `rust.target`: what it gives for a name is a name that it knows, unless somebody made that
//! up for a platform. Partial triples become whole ones, which stay as they are.
#![no_main]

use arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use nix_sccache_core::Value;
use nix_sccache_core::target::{complete, is_known};
use nix_sccache_fuzz::{AnyValue, Triple, ask};
use serde_json::Value as Json;

/// An argument, and two names for partial triples.
#[derive(Debug)]
struct Asked(Value, Triple, Triple);

impl<'a> Arbitrary<'a> for Asked {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let value = match u.int_in_range(0..=7)? {
            0 => AnyValue::arbitrary(u)?.0,
            1..=3 => name(u)?,
            _ => platform(u)?,
        };
        Ok(Self(value, Triple::arbitrary(u)?, Triple::arbitrary(u)?))
    }
}

fn name(u: &mut Unstructured<'_>) -> Result<Value> {
    Ok(Value::String(Triple::arbitrary(u)?.0))
}

fn platform(u: &mut Unstructured<'_>) -> Result<Value> {
    let mut platform = std::collections::BTreeMap::new();
    for attribute in ["system", "config"] {
        match u.int_in_range(0..=7)? {
            0 => drop(platform.insert(attribute.to_owned(), AnyValue::arbitrary(u)?.0)),
            1..=4 => drop(platform.insert(attribute.to_owned(), name(u)?)),
            _ => {}
        }
    }
    if u.ratio(1, 4)? {
        let target = [
            ("rustcTarget".to_owned(), name(u)?),
            ("isCustom".to_owned(), Value::Bool(u.ratio(1, 8)?)),
        ];
        platform.insert("rust".to_owned(), Value::Attrs(target.into()));
    }
    if u.ratio(1, 8)? {
        let config = [("config".to_owned(), name(u)?)];
        platform.insert("rustc".to_owned(), Value::Attrs(config.into()));
    }
    Ok(Value::Attrs(platform))
}

/// Whether a platform names a target of its own.
fn names_a_target(platform: &Value, name: &str) -> bool {
    let Value::Attrs(platform) = platform else {
        return false;
    };
    let named = |set: &str, attribute: &str| match platform.get(set) {
        Some(Value::Attrs(set)) => set.get(attribute) == Some(&Value::String(name.to_owned())),
        _ => false,
    };
    named("rust", "rustcTarget") || named("rustc", "config")
}

fuzz_target!(|asked: Asked| {
    let Asked(value, Triple(partial), Triple(host)) = asked;
    if let Some(whole) = complete(&partial, &host) {
        assert_eq!(
            complete(&whole, &host).as_ref(),
            Some(&whole),
            "{partial}, {host}"
        );
    }
    let answer = match ask("target", &value) {
        Ok(answer) => answer,
        Err(message) => {
            assert!(message.len() < 1500, "{message}");
            return;
        }
    };
    let Json::String(name) = answer else {
        panic!("a name is a string, not {answer}");
    };
    match value {
        Value::String(_) => match ask("target", &Value::String(name.clone())) {
            Ok(_) => {}
            // A system has no target, or too many.
            Err(message) => assert!(message.contains("rustc has "), "{name}: {message}"),
        },
        Value::Attrs(_) => {
            let known = is_known(&name) || names_a_target(&value, &name);
            assert!(known, "{name} for {value:?}");
        }
        other => panic!("{other:?} has no name, and got {name}"),
    }
});
