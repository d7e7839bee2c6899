//! Writes, for `rust.toTOML`, a Nix value as TOML text that `builtins.fromTOML` reads back to it.

use toml::Value as Toml;

use crate::error::Error;
use crate::path::AttrPath;
use crate::value::Value;

/// The TOML document of an attribute set.
///
/// Fails, with the path, on what TOML cannot hold: null and functions, at any depth,
/// and anything but a set at the top.
pub fn to_toml(value: Value) -> Result<String, Error> {
    let document = match value {
        Value::Attrs(_) => convert(value, &AttrPath::default())?,
        other => {
            let message = format!("a TOML document is an attribute set, not {}", other.kind());
            return Err(Error::new(message));
        }
    };
    toml::to_string(&document)
        .map_err(|error| Error::new(format!("this cannot be written as TOML: {error}")))
}

fn convert(value: Value, path: &AttrPath) -> Result<Toml, Error> {
    Ok(match value {
        Value::Bool(value) => Toml::Boolean(value),
        Value::Int(value) => Toml::Integer(value),
        Value::Float(value) => Toml::Float(value),
        Value::String(text) => Toml::String(text),
        // The prelude has copied paths to the store, as `builtins.toJSON` does.
        Value::Path(path) => Toml::String(path),
        Value::Null => {
            return Err(path.error("TOML has no null: leave the attribute out"));
        }
        Value::Function => {
            return Err(path.error("TOML cannot hold a function: call it first"));
        }
        Value::List(list) => Toml::Array(
            list.into_iter()
                .enumerate()
                .map(|(index, value)| convert(value, &path.index(index)))
                .collect::<Result<_, _>>()?,
        ),
        Value::Attrs(attrs) => Toml::Table(
            attrs
                .into_iter()
                .map(|(name, value)| {
                    let value = convert(value, &path.attr(&name))?;
                    Ok((name, value))
                })
                .collect::<Result<_, Error>>()?,
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::parse;

    fn text(request: &str) -> Result<String, String> {
        to_toml(parse(request.as_bytes()).unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn what_toml_cannot_hold_is_named_by_path() {
        assert_eq!(
            text(r#"{"a":[[1,null]]}"#),
            Err("a[1]: TOML has no null: leave the attribute out".into())
        );
        assert_eq!(
            text(r#"{"a":{"b c":["function"]}}"#),
            Err(r#"a."b c": TOML cannot hold a function: call it first"#.into())
        );
        assert_eq!(
            text("[[1]]"),
            Err("a TOML document is an attribute set, not a list".into())
        );
    }

    #[test]
    fn plain_values_stand_before_tables() {
        assert_eq!(
            text(r#"{"z":1,"a":{"b":true},"f":["float",false,4503599627370496,-52]}"#).as_deref(),
            Ok("f = 1.0\nz = 1\n\n[a]\nb = true\n")
        );
    }
}
