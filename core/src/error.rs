//! Says what went wrong with a builtin's argument, and where.

use std::fmt;

use crate::path::AttrPath;
use crate::show::{escaped, quoted};
use crate::suggest::nearest;

/// A builtin's error: the attribute at fault, what is wrong, what would be right.
///
/// `Display` gives one line, `transport.redis.db: this must be an integer, not a
/// string`; the dispatch puts the builtin's name before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    path: Option<AttrPath>,
    message: String,
}

impl Error {
    /// An error whose place is not known yet; [`Error::at`] gives it one.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            path: None,
            message: message.into(),
        }
    }

    /// The same error at `path`, unless it already has a place, which is a deeper one.
    #[must_use]
    pub fn at(mut self, path: &AttrPath) -> Self {
        self.path.get_or_insert_with(|| path.clone());
        self
    }

    /// `what` (such as "attribute") called `name` where only `known` ones are.
    #[must_use]
    pub fn unknown(what: &str, name: &str, known: &[&str]) -> Self {
        let meant = nearest(name, known)
            .map(|near| format!("; did you mean `{near}`?"))
            .unwrap_or_default();
        let mut known = known.to_vec();
        known.sort_unstable();
        let known = match known.as_slice() {
            [] => "there is none to give here".to_owned(),
            known => format!("known here: {}", known.join(", ")),
        };
        let name = escaped(name);
        Self::new(format!("unknown {what} `{name}`{meant} ({known})"))
    }
}

impl AttrPath {
    /// An error at this place.
    pub fn error(&self, message: impl Into<String>) -> Error {
        Error::new(message).at(self)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) if !path.is_root() => write!(f, "{path}: {}", self.message),
            _ => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for Error {}

/// So that serde's derived code reports into this type: its notions, in Nix's words.
impl serde::de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    fn invalid_type(found: serde::de::Unexpected<'_>, expected: &dyn serde::de::Expected) -> Self {
        let expected = expected.to_string();
        let (expected, found) = (type_in_nix_words(&expected), in_nix_words(found));
        Self::new(format!("this must be {expected}, not {found}"))
    }

    fn invalid_value(found: serde::de::Unexpected<'_>, expected: &dyn serde::de::Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn unknown_field(name: &str, known: &'static [&'static str]) -> Self {
        Self::unknown("attribute", name, known)
    }

    fn unknown_variant(name: &str, known: &'static [&'static str]) -> Self {
        Self::unknown("value", name, known)
    }

    fn missing_field(name: &'static str) -> Self {
        Self::new(format!("the attribute `{name}` is missing"))
    }
}

/// What serde calls a type, in the words of Nix's manual.
fn type_in_nix_words(expected: &str) -> &str {
    match expected {
        "a boolean" => "a Boolean",
        "a sequence" => "a list",
        "a map" => "an attribute set",
        "i64" => "an integer",
        "u32" => "an integer from 0 to 4294967295",
        "a nonzero u32" => "an integer from 1 to 4294967295",
        other if other.starts_with("struct ") => "an attribute set",
        other => other,
    }
}

fn in_nix_words(found: serde::de::Unexpected<'_>) -> String {
    use serde::de::Unexpected as U;
    match found {
        U::Bool(value) => format!("the Boolean {value}"),
        U::Unsigned(value) => format!("the integer {value}"),
        U::Signed(value) => format!("the integer {value}"),
        U::Float(value) => format!("the float {value}"),
        U::Str(value) => format!("the string {}", quoted(value)),
        U::Unit => "null".to_owned(),
        U::Seq => "a list".to_owned(),
        U::Map => "an attribute set".to_owned(),
        U::Other(what) => what.to_owned(),
        other => other.to_string(),
    }
}
