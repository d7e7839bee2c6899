//! What a key is made of, part by part, as it is recorded and compared.

use serde_json::Map;

use crate::hex;
use crate::json::{Json, Member, members, put, record};
use crate::named::named;
use crate::secret;

named! {
    /// What a part is.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    pub enum Kind {
        /// The version of cargo's package. It is in the key by what it changes.
        Package = "package",
        /// The compiler.
        Compiler = "compiler",
        /// The workspace wrapper.
        Wrapper = "wrapper",
        /// The directory that the compiler is called in.
        Directory = "directory",
        /// An argument.
        Argument = "argument",
        /// The order of the arguments.
        Order = "order",
        /// A variable that was asked for by name.
        Variable = "variable",
        /// A variable that was read with others whose names begin alike, or with all; and `BEGINNING*`, that they were.
        Environment = "environment",
        /// A source, a header, or any other file.
        Source = "source",
        /// Another crate.
        Dependency = "dependency",
        /// A library that is no crate.
        Library = "library",
        /// What a directory lists.
        Listing = "listing",
        /// Where a symbolic link leads.
        Link = "link",
    }
}

/// What a part had for a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "kebab-case")
)]
pub enum Value {
    /// As it is.
    Text(String),
    /// Something long, or secret.
    Digest(String),
    /// There was none: no such file, no such variable.
    Absent,
}

record! {
    /// One part of a key.
    #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub struct Part {
        /// What it is.
        pub kind: Kind,
        /// Which one, among those of its kind.
        pub name: String,
        /// What it was.
        pub value: Value,
        /// The file that it was in, where that has another name than the part.
        pub file: Option<String>,
    }
}

impl Json for Kind {
    fn write(&self, text: &mut String) {
        self.name().to_owned().write(text);
    }

    fn read(value: &serde_json::Value) -> Option<Self> {
        Self::named(value.as_str()?)
    }
}

members!(Kind, Vec<Part>);

/// It is a member `text`, `digest` or `absent`.
impl Member for Value {
    fn put(&self, _: &str, text: &mut String) {
        match self {
            Self::Text(value) => put("text", value, text),
            Self::Digest(value) => put("digest", value, text),
            Self::Absent => true.put("absent", text),
        }
    }

    fn get(_: &str, members: &Map<String, serde_json::Value>) -> Option<Self> {
        let text = String::get("text", members).map(Self::Text);
        let digest = || String::get("digest", members).map(Self::Digest);
        let absent = || bool::get("absent", members)?.then_some(Self::Absent);
        text.or_else(digest).or_else(absent)
    }
}

/// The value of a path that is one, where its contents do not count.
pub const A_DIRECTORY: &str = "a directory";

/// The longest text that is kept: the flags of a derivation with a hundred inputs fit.
const LONGEST: usize = 16 << 10;

impl Part {
    /// A part with a value that people may see: a long one, or one with a secret in it, is a digest.
    pub fn text(kind: Kind, name: impl Into<String>, value: &str) -> Self {
        let name = name.into();
        let hidden = secret::is_secret(&name) || secret::value(&name, value) != value;
        let value = if hidden || value.len() > LONGEST {
            Value::digest(value.as_bytes())
        } else {
            Value::Text(value.to_owned())
        };
        Self {
            kind,
            name,
            value,
            file: None,
        }
    }

    /// A part that is known by the digest of its contents.
    pub fn digest(kind: Kind, name: impl Into<String>, contents: &[u8]) -> Self {
        Self {
            kind,
            name: name.into(),
            value: Value::digest(contents),
            file: None,
        }
    }

    /// The same, in this file.
    #[must_use]
    pub fn in_file(mut self, file: impl Into<String>) -> Self {
        self.file = Some(file.into());
        self
    }
}

impl Value {
    /// The digest of contents. Half of BLAKE3 is enough to tell two builds' files apart.
    #[must_use]
    pub fn digest(contents: &[u8]) -> Self {
        let digest = blake3::hash(contents);
        let half = digest.as_bytes().get(..16).unwrap_or_default();
        Self::Digest(hex(half))
    }

    /// The text, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Digest(_) | Self::Absent => None,
        }
    }
}
