//! Reads the JSON form of a stage0 file, as keys and values.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::entry::Entry;
use crate::error::Error;
use crate::source::Source;

/// The sets in a file that hold keys; their keys are called `SET.NAME`.
const SETS: [&str; 3] = ["compiler", "config", "rustfmt"];

/// The set of the artifacts, whose keys are their paths.
const CHECKSUMS: &str = "checksums_sha256";

/// How much of serde's message is told: it shows strings whole.
const LONGEST_MESSAGE: usize = 200;

/// All that the file says.
pub(super) fn entries(source: Source<'_>) -> Result<Vec<Entry<'_>>, Error> {
    let mut json = serde_json::Deserializer::from_str(source.text());
    let mut entries = Vec::new();
    json.deserialize_map(File(&mut entries))
        .and_then(|()| json.end())
        .map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let message = error.to_string();
            let place = format!(" at line {line} column {column}");
            let message = message.strip_suffix(&place).unwrap_or(&message);
            let message: String = message.chars().take(LONGEST_MESSAGE).collect();
            source.error(source.byte_at(line, column), message)
        })?;
    Ok(entries)
}

/// Reads the whole file.
struct File<'f, 'a>(&'f mut Vec<Entry<'a>>);

impl<'a> Visitor<'a> for File<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(Text(key)) = map.next_key()? {
            match key.as_ref() {
                // What is said to people is in `__comment`, later in `__comments`.
                comment if comment.starts_with("__") => drop(map.next_value::<IgnoredAny>()?),
                "dist_server" => {
                    let Text(value) = map.next_value()?;
                    self.0.push(Entry {
                        name: key.clone().into_owned(),
                        key,
                        value,
                    });
                }
                CHECKSUMS => map.next_value_seed(Set {
                    prefix: "",
                    entries: self.0,
                })?,
                name => {
                    if let Some(set) = SETS.iter().find(|set| **set == name) {
                        map.next_value_seed(Set {
                            prefix: set,
                            entries: self.0,
                        })?;
                    } else {
                        map.next_value::<IgnoredAny>()?;
                        self.0.push(Entry {
                            name: name.to_owned(),
                            key,
                            value: Cow::Borrowed(""),
                        });
                    }
                }
            }
        }
        Ok(())
    }
}

/// Reads a set of strings.
struct Set<'f, 'a> {
    prefix: &'static str,
    entries: &'f mut Vec<Entry<'a>>,
}

impl<'a> DeserializeSeed<'a> for Set<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Set<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of strings")
    }

    /// Trees of a release have `"rustfmt": null`.
    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(Text(key)) = map.next_key()? {
            let name = match self.prefix {
                "" => key.clone().into_owned(),
                set => format!("{set}.{key}"),
            };
            let Text(value) = map.next_value()?;
            self.entries.push(Entry { name, key, value });
        }
        Ok(())
    }
}

/// A string, borrowed from the file wherever no escape is in it, so that its place is known.
struct Text<'a>(Cow<'a, str>);

impl<'a> Deserialize<'a> for Text<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfText;

        impl<'a> Visitor<'a> for OfText {
            type Value = Text<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'a str) -> Result<Text<'a>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text<'a>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(OfText)
    }
}
