//! From a value to the JSON in which the prelude sends it.

use nix_sccache_core::Value;
use serde_json::{Value as Json, json};

/// What the prelude would send of this argument.
#[must_use]
pub fn request(value: &Value) -> String {
    json(value).to_string()
}

fn json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Int(value) => json!(value),
        Value::Float(value) => float(*value),
        Value::String(text) => json!(text),
        Value::Path(path) => json!(["path", path]),
        Value::Function => json!(["function"]),
        Value::List(list) => json!([list.iter().map(json).collect::<Vec<_>>()]),
        Value::Attrs(attrs) => attrs
            .iter()
            .map(|(name, value)| (name.clone(), json(value)))
            .collect(),
    }
}

/// The parts of a float are those of its bits: another way than the prelude's, which has only
/// arithmetic to find them.
fn float(value: f64) -> Json {
    const MANTISSA_BITS: u32 = 52;
    let bits = value.to_bits();
    let fraction = bits & ((1 << MANTISSA_BITS) - 1);
    let exponent = (bits >> MANTISSA_BITS) & 0x7ff;
    let negative = value.is_sign_negative();
    match (exponent, fraction) {
        (0x7ff, 0) => json!(["float", if negative { "-inf" } else { "inf" }]),
        (0x7ff, _) => json!(["float", "nan"]),
        (0, 0) => json!(["float", negative, 0, 0]),
        (0, subnormal) => json!(["float", negative, subnormal, -1074]),
        (exponent, fraction) => json!([
            "float",
            negative,
            fraction | 1 << MANTISSA_BITS,
            exponent.cast_signed() - 1075
        ]),
    }
}
