//! `rust.bootstrapConfig`: what it gives is a config in lines, and a document of TOML with the
//! values that are explained.
#![no_main]

use std::collections::BTreeMap;

use arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use nix_sccache_core::Value;
use nix_sccache_core::bootstrap_config::{Kind, One, SECTIONS, Section, TOP, Text as Words};
use nix_sccache_fuzz::{AnyValue, Text, Triple, ask};
use serde_json::Value as Json;
use toml::Table;

#[derive(Debug)]
struct Wanted(Value);

impl<'a> Arbitrary<'a> for Wanted {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let mut wanted = BTreeMap::new();
        let minor = u.int_in_range(62..=101)?;
        let release = match u.int_in_range(0..=15)? {
            0 => Text::arbitrary(u)?.0,
            1 => format!("1.{minor}.0-nightly"),
            _ => format!("1.{minor}.0"),
        };
        wanted.insert("release".to_owned(), Value::String(release));
        if u.ratio(7, 8)? {
            wanted.insert("toolchain".to_owned(), Value::String("/rust".to_owned()));
        }
        for name in ["sandbox", "sccache"] {
            if bool::arbitrary(u)? {
                wanted.insert(name.to_owned(), Value::Bool(bool::arbitrary(u)?));
            }
        }
        if u.ratio(1, 32)? {
            wanted.insert(Text::arbitrary(u)?.0, AnyValue::arbitrary(u)?.0);
        }
        let settings = match u.int_in_range(0..=31)? {
            0 => AnyValue::arbitrary(u)?.0,
            _ => Value::Attrs(settings(u, minor)?),
        };
        wanted.insert("settings".to_owned(), settings);
        Ok(Self(Value::Attrs(wanted)))
    }
}

fn settings(u: &mut Unstructured<'_>, minor: u32) -> Result<BTreeMap<String, Value>> {
    let mut settings = keys(u, &TOP, minor)?;
    for _ in 0..u.int_in_range(0..=4)? {
        let section = u.choose(SECTIONS)?;
        let mut content = Value::Attrs(keys(u, section, minor)?);
        if section.per_target {
            let triple = match u.int_in_range(0..=3)? {
                0 => Triple::arbitrary(u)?.0,
                _ => "x86_64-unknown-linux-gnu".to_owned(),
            };
            content = Value::Attrs(BTreeMap::from([(triple, content)]));
        }
        settings.insert(section.name.to_owned(), content);
    }
    Ok(settings)
}

fn keys(
    u: &mut Unstructured<'_>,
    section: &Section,
    minor: u32,
) -> Result<BTreeMap<String, Value>> {
    (0..u.int_in_range(0..=4)?)
        .map(|_| {
            let key = u.choose(section.keys)?;
            if u.ratio(1, 32)? {
                return Ok((Text::arbitrary(u)?.0, AnyValue::arbitrary(u)?.0));
            }
            Ok((key.name.to_owned(), value(u, key.kinds(minor).0)?))
        })
        .collect()
}

fn value(u: &mut Unstructured<'_>, kind: Kind) -> Result<Value> {
    if u.ratio(1, 16)? {
        return Ok(AnyValue::arbitrary(u)?.0);
    }
    Ok(match kind {
        Kind::One(one) => one_value(u, one)?,
        Kind::Texts => texts(u)?,
        Kind::TextsByName => Value::Attrs(BTreeMap::from([(Text::arbitrary(u)?.0, text(u)?)])),
        Kind::Tools => {
            let tool = BTreeMap::from([("features".to_owned(), texts(u)?)]);
            Value::Attrs(BTreeMap::from([("cargo".to_owned(), Value::Attrs(tool))]))
        }
        Kind::Profile => Value::Attrs(BTreeMap::from([("use".to_owned(), text(u)?)])),
    })
}

fn one_value(u: &mut Unstructured<'_>, one: One) -> Result<Value> {
    Ok(match (one.text, u.int_in_range(0..=2)?) {
        (Words::OneOf(words), 0) => Value::String(u.choose(words)?.text.to_owned()),
        (Words::Any, 0) => text(u)?,
        _ if one.most.is_some() => Value::Int(u.int_in_range(-1..=5)?),
        _ if one.boolean => Value::Bool(bool::arbitrary(u)?),
        _ => text(u)?,
    })
}

fn text(u: &mut Unstructured<'_>) -> Result<Value> {
    Ok(Value::String(Text::arbitrary(u)?.0))
}

fn texts(u: &mut Unstructured<'_>) -> Result<Value> {
    let texts = (0..u.int_in_range(0..=3)?).map(|_| text(u));
    Ok(Value::List(texts.collect::<Result<_>>()?))
}

fuzz_target!(|wanted: Wanted| {
    let Ok(answer) = ask("bootstrapConfig", &wanted.0) else {
        return;
    };
    let text = answer["text"].as_str().expect("a config is text");
    for line in text.lines() {
        let is_header = line.starts_with('[') && line.ends_with(']');
        assert!(
            line.is_empty() || is_header || line.contains(" = "),
            "{line:?} is no line of a config:\n{text}"
        );
    }
    // As Python breaks lines.
    assert!(
        !text.contains(['\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}']),
        "{text:?}"
    );
    let table: Table = text
        .parse()
        .unwrap_or_else(|error| panic!("{error}\n{text}"));
    let mut values: Vec<Json> = Vec::new();
    for (name, value) in &table {
        let json = |value: &toml::Value| serde_json::to_value(value).expect("TOML is JSON");
        match (name.as_str(), value.as_table()) {
            (_, None) => values.push(json(value)),
            ("target", Some(targets)) => {
                let targets = targets.iter().filter_map(|(_, target)| target.as_table());
                values
                    .extend(targets.flat_map(|target| target.iter().map(|(_, value)| json(value))));
            }
            (_, Some(section)) => values.extend(section.iter().map(|(_, value)| json(value))),
        }
    }
    let explained = answer["explain"].as_array().expect("a list of settings");
    assert_eq!(explained.len(), values.len(), "{answer}");
    for one in explained {
        assert!(values.contains(&one["value"]), "{one} is not in\n{text}");
    }
});
