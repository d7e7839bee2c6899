//! Arguments of `rust.sccacheEnv`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use arbitrary::{Arbitrary, Result, Unstructured};
use nix_sccache_core::Value;

use crate::ask::ask;
use crate::attrs::attrs;
use crate::text::Text;
use crate::value::AnyValue;

/// Settings that are nearly right: mostly known names, mostly plausible values.
#[derive(Debug)]
pub struct Settings(pub Value);

/// The names that each place takes.
struct Known {
    settings: Vec<String>,
    transports: BTreeMap<String, Vec<String>>,
}

/// They are learned from the errors, which name them all: no list here that could fall behind.
static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let stray = || attrs([("?", Value::Null), ("!", Value::Bool(true))]);
    let settings = |transport| attrs([("shim", text("/shim")), ("transport", transport)]);
    let transports = known_by(&settings(text("?"))).into_iter().map(|name| {
        let known = known_by(&settings(attrs([(name.as_str(), stray())])));
        (name, known)
    });
    Known {
        settings: known_by(&stray()),
        transports: transports.collect(),
    }
});

fn known_by(argument: &Value) -> Vec<String> {
    let error = ask("sccacheEnv", argument).expect_err("a stray name is refused");
    let (_, known) = error
        .split_once("known here: ")
        .unwrap_or_else(|| panic!("no names in {error}"));
    known
        .trim_end_matches(')')
        .split(", ")
        .map(str::to_owned)
        .collect()
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

impl<'a> Arbitrary<'a> for Settings {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let mut settings = some_of(u, &KNOWN.settings)?;
        if u.ratio(7, 8)? {
            settings.insert("shim".into(), text("/nix/store/shim"));
        }
        if u.ratio(7, 8)? {
            settings.insert("transport".into(), transport(u)?);
        }
        if u.ratio(1, 2)? {
            settings.insert("network".into(), Value::Bool(true));
        }
        Ok(Self(Value::Attrs(settings)))
    }
}

fn transport(u: &mut Unstructured<'_>) -> Result<Value> {
    let names: Vec<_> = KNOWN.transports.iter().collect();
    let (name, known) = u.choose(&names)?;
    if u.ratio(1, 8)? {
        return Ok(text(name));
    }
    let mut content = some_of(u, known)?;
    if *name == "chain" && u.ratio(7, 8)? {
        let levels = (0..u.int_in_range(0..=4)?).map(|_| transport(u));
        let levels = levels.collect::<Result<_>>()?;
        content.insert("levels".into(), Value::List(levels));
    }
    Ok(attrs([(name.as_str(), Value::Attrs(content))]))
}

fn some_of(u: &mut Unstructured<'_>, known: &[String]) -> Result<BTreeMap<String, Value>> {
    (0..u.int_in_range(0..=6)?)
        .map(|_| {
            let name = match u.int_in_range(0..=31)? {
                31 => Text::arbitrary(u)?.0,
                _ => u.choose(known)?.clone(),
            };
            Ok((name, setting(u)?))
        })
        .collect()
}

fn setting(u: &mut Unstructured<'_>) -> Result<Value> {
    Ok(match u.int_in_range(0..=15)? {
        0..=3 => Value::Bool(true),
        4..=6 => Value::Int(u.int_in_range(-1..=30)?),
        7..=11 => Value::String(Text::arbitrary(u)?.0),
        12..=14 => Value::List(
            (0..u.int_in_range(0..=3)?)
                .map(|_| Ok(Value::String(Text::arbitrary(u)?.0)))
                .collect::<Result<_>>()?,
        ),
        _ => AnyValue::arbitrary(u)?.0,
    })
}
