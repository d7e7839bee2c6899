//! `rust.toTOML`: it writes every document that TOML can hold, and what it writes reads back to
//! the same value.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nix_sccache_core::Value;
use nix_sccache_fuzz::{AnyValue, ask, depth};
use toml::de::{DeTable, DeValue};

/// The `toml` crate reads no deeper.
const DEEPEST_READ: usize = 80;

fuzz_target!(|value: AnyValue| {
    let AnyValue(value) = value;
    let holds = matches!(value, Value::Attrs(_)) && can_hold(&value);
    let text = match ask("toTOML", &value) {
        Ok(text) => text,
        Err(error) => {
            assert!(!holds, "TOML holds {value:?}, but {error}");
            return;
        }
    };
    let text = text.as_str().expect("a document is text");
    assert!(holds, "TOML does not hold {value:?}, but got\n{text}");
    if depth(&value) < DEEPEST_READ {
        let read =
            DeTable::parse(text).unwrap_or_else(|error| panic!("{value:?}:\n{text}\n{error}"));
        let read = DeValue::Table(read.into_inner());
        assert!(is_same(&value, &read), "{value:?} became {read:?}:\n{text}");
    }
});

fn can_hold(value: &Value) -> bool {
    match value {
        Value::Null | Value::Function => false,
        Value::List(list) => list.iter().all(can_hold),
        Value::Attrs(attrs) => attrs.values().all(can_hold),
        _ => true,
    }
}

fn is_same(value: &Value, read: &DeValue<'_>) -> bool {
    match (value, read) {
        (Value::Bool(value), DeValue::Boolean(read)) => value == read,
        (Value::Int(value), DeValue::Integer(read)) => {
            i64::from_str_radix(read.as_str(), read.radix()) == Ok(*value)
        }
        (Value::Float(value), DeValue::Float(read)) => {
            read.as_str().parse().is_ok_and(|read: f64| {
                value.to_bits() == read.to_bits() || value.is_nan() && read.is_nan()
            })
        }
        (Value::String(value) | Value::Path(value), DeValue::String(read)) => value == read,
        (Value::List(value), DeValue::Array(read)) => {
            value.len() == read.len()
                && (value.iter().zip(read)).all(|(value, read)| is_same(value, read.get_ref()))
        }
        (Value::Attrs(value), DeValue::Table(read)) => {
            value.len() == read.len()
                && read.iter().all(|(name, read)| {
                    (value.get(name.get_ref().as_ref()))
                        .is_some_and(|value| is_same(value, read.get_ref()))
                })
        }
        _ => false,
    }
}
