//! Any Nix value.

use std::collections::BTreeMap;

use arbitrary::{Arbitrary, Result, Unstructured};
use nix_sccache_core::Value;

use crate::text::Text;

/// A value of any kind, as deep as the prelude lets one through.
#[derive(Debug)]
pub struct AnyValue(pub Value);

impl<'a> Arbitrary<'a> for AnyValue {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let mut inner = value(u, BRANCHING)?;
        if u.ratio(1, 16)? {
            // A set is a level of JSON, a list is two.
            let mut left = DEEPEST - 2 * BRANCHING;
            while left >= 2 && !u.is_empty() {
                (inner, left) = if bool::arbitrary(u)? {
                    (Value::List(vec![inner]), left - 2)
                } else {
                    (
                        Value::Attrs(BTreeMap::from([(Text::arbitrary(u)?.0, inner)])),
                        left - 1,
                    )
                };
            }
        }
        Ok(Self(inner))
    }
}

/// How deep the prelude follows a document.
const DEEPEST: usize = 120;

/// How many levels of a value may have more than one element.
const BRANCHING: usize = 5;

fn value(u: &mut Unstructured<'_>, left: usize) -> Result<Value> {
    // What is without end comes last: where the bytes end, the numbers are the least.
    let kinds = if left == 0 { 8 } else { 12 };
    Ok(match u.int_in_range(0..=kinds)? {
        0 => Value::Null,
        1 => Value::Bool(bool::arbitrary(u)?),
        2 => Value::Int(i64::arbitrary(u)?),
        3 => Value::Int(i8::arbitrary(u)?.into()),
        4 => Value::Float(f64::arbitrary(u)?),
        5 | 6 => Value::String(Text::arbitrary(u)?.0),
        7 => Value::Path(Text::arbitrary(u)?.0),
        8 => Value::Function,
        9 | 10 => Value::List(
            (0..u.int_in_range(0..=4)?)
                .map(|_| value(u, left - 1))
                .collect::<Result<_>>()?,
        ),
        _ => Value::Attrs(
            (0..u.int_in_range(0..=4)?)
                .map(|_| Ok((Text::arbitrary(u)?.0, value(u, left - 1)?)))
                .collect::<Result<_>>()?,
        ),
    })
}

/// How many lists and sets stand in one another.
#[must_use]
pub fn depth(value: &Value) -> usize {
    match value {
        Value::List(list) => 1 + list.iter().map(depth).max().unwrap_or_default(),
        Value::Attrs(attrs) => 1 + attrs.values().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}
