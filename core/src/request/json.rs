//! Reads the JSON that the prelude writes.
//!
//! It is what `builtins.toJSON` makes of the argument, but that arrays carry more
//! than lists, so that what JSON lacks comes through:
//!
//! | JSON | Nix |
//! |---|---|
//! | `[[…]]` | a list |
//! | `["float", negative, mantissa, exponent]` | the float ±mantissa · 2^exponent |
//! | `["float", "nan"]`, `"inf"`, `"-inf"` | those floats |
//! | `["path", text]` | a path literal, not copied to the store |
//! | `["function"]` | a function |
//!
//! Floats come in two integers because Nix 2.8 prints six digits of them and no
//! point.

use serde_json::Value as Json;

use crate::error::Error;
use crate::path::AttrPath;
use crate::show::quoted;
use crate::value::Value;

/// Reads a request. Fails, with the place, on a string that is not UTF-8, on an
/// integer beyond 64 bits.
pub fn parse(request: &[u8]) -> Result<Value, Error> {
    match std::str::from_utf8(request) {
        Ok(text) => value(from_str(text)?, &AttrPath::default()),
        Err(_) => Err(not_utf8(request)),
    }
}

fn from_str(text: &str) -> Result<Json, Error> {
    serde_json::from_str(text).map_err(|error| {
        Error::new(format!(
            "the request is not the JSON that the prelude writes: {error}"
        ))
    })
}

/// Says which string of a request is not UTF-8: each bad byte becomes a noncharacter
/// that the request has not got, and the first string with one is at fault.
fn not_utf8(request: &[u8]) -> Error {
    let mut noncharacters = '\u{FDD0}'..='\u{FDEF}';
    let lossless: String = request.utf8_chunks().map(|chunk| chunk.valid()).collect();
    let marker = noncharacters
        .find(|c| !lossless.contains(*c))
        .unwrap_or(char::REPLACEMENT_CHARACTER);
    let mut marked = String::with_capacity(request.len());
    for chunk in request.utf8_chunks() {
        marked.push_str(chunk.valid());
        marked.extend(chunk.invalid().iter().map(|_| marker));
    }
    match from_str(&marked) {
        Ok(json) => find_marked(&json, marker, &AttrPath::default())
            .unwrap_or_else(|| Error::new("a string here is not UTF-8")),
        Err(error) => error,
    }
}

fn find_marked(json: &Json, marker: char, path: &AttrPath) -> Option<Error> {
    match json {
        Json::String(text) if text.contains(marker) => {
            let shown = quoted(&text.replace(marker, "\u{FFFD}"));
            Some(path.error(format!("this string is not UTF-8: {shown}")))
        }
        Json::Array(elements) => match elements.as_slice() {
            [Json::Array(list)] => list
                .iter()
                .enumerate()
                .find_map(|(index, element)| find_marked(element, marker, &path.index(index))),
            special => special
                .iter()
                .find_map(|element| find_marked(element, marker, path)),
        },
        Json::Object(attrs) => attrs.iter().find_map(|(name, json)| {
            if name.contains(marker) {
                let shown = quoted(&name.replace(marker, "\u{FFFD}"));
                return Some(path.error(format!("the name of the attribute {shown} is not UTF-8")));
            }
            find_marked(json, marker, &path.attr(name))
        }),
        _ => None,
    }
}

fn value(json: Json, path: &AttrPath) -> Result<Value, Error> {
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(value),
        Json::Number(number) => Value::Int(number.as_i64().ok_or_else(|| {
            path.error(format!(
                "the integer {number} is out of range: it must fit in 64 bits, with a sign"
            ))
        })?),
        Json::String(text) => Value::String(text),
        Json::Array(elements) => array(elements, path)?,
        Json::Object(attrs) => Value::Attrs(
            attrs
                .into_iter()
                .map(|(name, json)| {
                    let value = value(json, &path.attr(&name))?;
                    Ok((name, value))
                })
                .collect::<Result<_, Error>>()?,
        ),
    })
}

fn array(mut elements: Vec<Json>, path: &AttrPath) -> Result<Value, Error> {
    if let [Json::Array(list)] = elements.as_mut_slice() {
        return std::mem::take(list)
            .into_iter()
            .enumerate()
            .map(|(index, json)| value(json, &path.index(index)))
            .collect::<Result<_, Error>>()
            .map(Value::List);
    }
    special(&elements).ok_or_else(|| {
        path.error("the request is not the JSON that the prelude writes: an array of no known kind")
    })
}

fn special(elements: &[Json]) -> Option<Value> {
    let (Json::String(kind), rest) = elements.split_first()? else {
        return None;
    };
    match (kind.as_str(), rest) {
        ("function", []) => Some(Value::Function),
        ("path", [Json::String(text)]) => Some(Value::Path(text.clone())),
        ("float", [Json::String(name)]) => match name.as_str() {
            "nan" => Some(Value::Float(f64::NAN)),
            "inf" => Some(Value::Float(f64::INFINITY)),
            "-inf" => Some(Value::Float(f64::NEG_INFINITY)),
            _ => None,
        },
        (
            "float",
            [
                Json::Bool(negative),
                Json::Number(mantissa),
                Json::Number(exponent),
            ],
        ) => {
            let magnitude = scale(mantissa.as_i64()?, exponent.as_i64()?)?;
            Some(Value::Float(if *negative { -magnitude } else { magnitude }))
        }
        _ => None,
    }
}

/// mantissa · 2^exponent, exactly: the power is applied in two halves, each of them in
/// the range of normal floats even where the result is subnormal.
fn scale(mantissa: i64, exponent: i64) -> Option<f64> {
    const EXACT: std::ops::RangeInclusive<i64> = 0..=(1 << 53);
    if !EXACT.contains(&mantissa) || !(-1200..=1024).contains(&exponent) {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "the range above is exact")]
    let mantissa = mantissa as f64;
    let half = i32::try_from(exponent / 2).ok()?;
    let rest = i32::try_from(exponent).ok()? - half;
    Some(mantissa * 2f64.powi(half) * 2f64.powi(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(request: &[u8]) -> String {
        parse(request).map_or_else(
            |error| error.to_string(),
            |value| format!("no error but {value:?}"),
        )
    }

    #[test]
    fn lists_and_specials_are_told_apart() {
        assert_eq!(parse(b"[[]]"), Ok(Value::List(vec![])));
        assert_eq!(
            parse(b"[[[[1]]]]"),
            Ok(Value::List(vec![Value::List(vec![Value::Int(1)])]))
        );
        assert_eq!(
            parse(br#"[["function"]]"#),
            Ok(Value::List(vec![Value::String("function".into())]))
        );
        assert_eq!(parse(br#"["function"]"#), Ok(Value::Function));
    }

    #[test]
    fn floats_are_exact() {
        for (request, float) in [
            (r#"["float",false,4503599627370496,-52]"#, 1.0),
            (r#"["float",true,0,0]"#, -0.0),
            (
                r#"["float",false,4503599627370496,-1126]"#,
                f64::from_bits(1),
            ),
            (r#"["float",true,9007199254740991,971]"#, f64::MIN),
        ] {
            let Ok(Value::Float(read)) = parse(request.as_bytes()) else {
                panic!("{request} is a float")
            };
            assert_eq!(read.to_bits(), f64::to_bits(float), "{request}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_by_path() {
        assert_eq!(
            error(b"{\"a\":[[1,\"x\xff\"]]}"),
            "a[1]: this string is not UTF-8: \"x\u{FFFD}\""
        );
        assert_eq!(
            error(b"{\"\xff\":1}"),
            "the name of the attribute \"\u{FFFD}\" is not UTF-8"
        );
        assert_eq!(
            error(br#"{"a":9223372036854775808}"#),
            "a: the integer 9223372036854775808 is out of range: it must fit in 64 bits, with a sign"
        );
    }

    #[test]
    fn what_the_prelude_never_writes_is_refused() {
        for request in [
            "",
            "[",
            "[1,2]",
            r#"["float"]"#,
            r#"["float",false,-1,0]"#,
            r#"["path"]"#,
            "[]",
        ] {
            assert!(
                error(request.as_bytes()).contains("not the JSON that the prelude writes"),
                "{request}"
            );
        }
    }
}
