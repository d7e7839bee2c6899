//! Makes a builtin's own type of a [`Value`], by serde, with the path in every error.

use std::collections::btree_map;
use std::vec;

use serde::de::{self, DeserializeOwned, DeserializeSeed, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use crate::error::Error;
use crate::path::AttrPath;
use crate::show::escaped;
use crate::value::Value;

/// Reads `value` as a `T`. Every error names the attribute it is about.
pub fn read<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
    T::deserialize(Node {
        value,
        path: AttrPath::default(),
    })
}

/// How to write a path of a flake's source or of another directory in the store, from that directory. The
/// prelude leaves out its hash, so it is no path that anybody could write as it is shown.
fn in_store(path: &str) -> Option<String> {
    let (_, stored) = path.split_once("/…-")?;
    let inner = stored.split_once('/').map_or(".", |(_, inner)| inner);
    Some(format!("./{inner}"))
}

/// A value and where it stands.
struct Node {
    value: Value,
    path: AttrPath,
}

impl Node {
    fn unexpected<'de, V: Visitor<'de>>(&self, visitor: &V) -> Error {
        let found = match &self.value {
            Value::Path(path) => {
                let shown = escaped(path);
                let write = match in_store(path) {
                    Some(inner) => format!("write \"${{{}}}\"", escaped(&inner)),
                    None => format!(
                        "write \"{shown}\" for a place that the build sees, or \"${{{shown}}}\""
                    ),
                };
                format!(
                    "the path {shown}: {write} to have it copied to the store, where everybody can read it"
                )
            }
            other => other.kind().to_owned(),
        };
        de::Error::invalid_type(Unexpected::Other(&found), visitor)
    }
}

impl<'de> de::Deserializer<'de> for Node {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let path = self.path.clone();
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Int(value) => visitor.visit_i64(value),
            Value::Float(value) => visitor.visit_f64(value),
            Value::String(value) => visitor.visit_string(value),
            Value::Path(_) | Value::Function => Err(self.unexpected(&visitor)),
            Value::List(list) => visitor.visit_seq(Elements {
                rest: list.into_iter().enumerate(),
                path: self.path,
            }),
            Value::Attrs(attrs) => visitor.visit_map(Attrs {
                rest: attrs.into_iter(),
                value: None,
                path: self.path,
            }),
        }
        .map_err(|error| error.at(&path))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        let path = self.path.clone();
        visitor
            .visit_newtype_struct(self)
            .map_err(|error| error.at(&path))
    }

    /// A set: a list is none, though serde would read its elements as the fields in order.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.value {
            Value::List(_) => Err(self.unexpected(&visitor).at(&self.path)),
            _ => self.deserialize_any(visitor),
        }
    }

    /// A choice is its name, `"server"`, or a set of one attribute that bears the name.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let path = self.path.clone();
        let choice = match self.value {
            Value::String(name) => Choice {
                name,
                content: None,
                path: self.path,
            },
            Value::Attrs(mut attrs) if attrs.len() <= 1 => match attrs.pop_first() {
                Some((name, value)) => {
                    let content = Node {
                        value,
                        path: self.path.attr(&name),
                    };
                    Choice {
                        name,
                        content: Some(content),
                        path: self.path,
                    }
                }
                None => {
                    return Err(path.error(format!("give one of {}", names.join(", "))));
                }
            },
            Value::Attrs(attrs) => {
                let given: Vec<_> = attrs
                    .keys()
                    .map(|name| format!("`{}`", escaped(name)))
                    .collect();
                return Err(path.error(format!("give one of them, not {}", given.join(" and "))));
            }
            ref other => {
                let message = format!(
                    "this must be one of {}, not {}",
                    names.join(", "),
                    other.kind()
                );
                return Err(path.error(message));
            }
        };
        visitor.visit_enum(choice).map_err(|error| error.at(&path))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

struct Elements {
    rest: std::iter::Enumerate<vec::IntoIter<Value>>,
    path: AttrPath,
}

impl<'de> de::SeqAccess<'de> for Elements {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let Some((index, value)) = self.rest.next() else {
            return Ok(None);
        };
        let path = self.path.index(index);
        seed.deserialize(Node {
            value,
            path: path.clone(),
        })
        .map(Some)
        .map_err(|error| error.at(&path))
    }
}

struct Attrs {
    rest: btree_map::IntoIter<String, Value>,
    value: Option<Node>,
    path: AttrPath,
}

impl<'de> de::MapAccess<'de> for Attrs {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        // `null` is as good as leaving an attribute out, as nixpkgs' functions have it.
        let Some((name, value)) = self.rest.find(|(_, value)| *value != Value::Null) else {
            return Ok(None);
        };
        self.value = Some(Node {
            value,
            path: self.path.attr(&name),
        });
        seed.deserialize(de::value::StringDeserializer::new(name))
            .map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let node = self
            .value
            .take()
            .ok_or_else(|| Error::new("a value was asked for before its name"))?;
        let path = node.path.clone();
        seed.deserialize(node).map_err(|error| error.at(&path))
    }
}

struct Choice {
    name: String,
    content: Option<Node>,
    path: AttrPath,
}

impl<'de> de::EnumAccess<'de> for Choice {
    type Error = Error;
    type Variant = Content;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Content), Error> {
        let content = Content {
            node: self.content,
            path: self.path.attr(&self.name),
        };
        Ok((
            seed.deserialize(de::value::StringDeserializer::new(self.name))?,
            content,
        ))
    }
}

/// What stands behind a choice's name; nothing is the same as an empty set.
struct Content {
    node: Option<Node>,
    path: AttrPath,
}

impl<'de> de::VariantAccess<'de> for Content {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.node {
            None => Ok(()),
            Some(Node {
                value: Value::Attrs(attrs),
                ..
            }) if attrs.is_empty() => Ok(()),
            Some(_) => Err(self.path.error("this takes no settings")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        let path = self.path.clone();
        let node = self.node.unwrap_or(Node {
            value: Value::Attrs(btree_map::BTreeMap::new()),
            path: self.path,
        });
        seed.deserialize(node).map_err(|error| error.at(&path))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Error> {
        Err(self
            .path
            .error("a choice with several values cannot be written in Nix"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let path = self.path.clone();
        let node = self.node.unwrap_or(Node {
            value: Value::Attrs(btree_map::BTreeMap::new()),
            path: self.path,
        });
        de::Deserializer::deserialize_any(node, visitor).map_err(|error| error.at(&path))
    }
}
