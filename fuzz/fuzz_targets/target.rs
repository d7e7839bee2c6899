//! `rust.target`: what it gives for a name is a name that it knows.
#![no_main]

use arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use nix_sccache_core::Value;
use nix_sccache_fuzz::{AnyValue, Triple, ask};
use serde_json::Value as Json;

#[derive(Debug)]
struct Asked(Value);

impl<'a> Arbitrary<'a> for Asked {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(Self(match u.int_in_range(0..=7)? {
            0 => AnyValue::arbitrary(u)?.0,
            1..=3 => name(u)?,
            _ => platform(u)?,
        }))
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
        let target = [("rustcTarget".to_owned(), name(u)?)];
        platform.insert("rust".to_owned(), Value::Attrs(target.into()));
    }
    Ok(Value::Attrs(platform))
}

fuzz_target!(|asked: Asked| {
    let Ok(answer) = ask("target", &asked.0) else {
        return;
    };
    let Json::String(name) = answer else {
        panic!("a name is a string, not {answer}");
    };
    match asked.0 {
        Value::String(_) => {
            let back = ask("target", &Value::String(name.clone()));
            assert!(back.is_ok(), "{name} does not come back: {back:?}");
        }
        Value::Attrs(_) => {}
        other => panic!("{other:?} has no name, and got {name}"),
    }
});
