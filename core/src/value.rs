//! Holds a Nix value as a builtin is given it.

use std::collections::BTreeMap;

/// A fully evaluated Nix value.
///
/// Derivations and other sets with an `outPath` or a `__toString` have become their
/// string, as `builtins.toJSON` makes them.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// An integer; Nix has 64 bits.
    Int(i64),
    /// A float; bit for bit what Nix holds, but for the payload of a NaN.
    Float(f64),
    /// A string, without its context.
    String(String),
    /// A path literal that was not copied to the store.
    Path(String),
    /// A function, of which nothing more is known.
    Function,
    /// A list.
    List(Vec<Value>),
    /// An attribute set.
    Attrs(BTreeMap<String, Value>),
}

impl Value {
    /// What kind of value this is, with its article: "a string".
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a Boolean",
            Self::Int(_) => "an integer",
            Self::Float(_) => "a float",
            Self::String(_) => "a string",
            Self::Path(_) => "a path",
            Self::Function => "a function",
            Self::List(_) => "a list",
            Self::Attrs(_) => "an attribute set",
        }
    }
}
