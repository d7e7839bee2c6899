//! Reads what a project asks for: what a toolchain file says, or an attribute set with the same names.

use std::borrow::Cow;

use super::name::Name;
use crate::error::Error;
use crate::path::AttrPath;
use crate::source::Source;

/// The keys of `[toolchain]`.
pub(super) const KEYS: [&str; 5] = ["channel", "components", "path", "profile", "targets"];

/// What is asked for; nothing is checked yet but the types.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Spec<'a> {
    pub(super) channel: Option<Given<'a>>,
    pub(super) path: Option<Given<'a>>,
    pub(super) components: Option<Vec<Given<'a>>>,
    pub(super) targets: Option<Vec<Given<'a>>>,
    pub(super) profile: Option<Given<'a>>,
    /// What was passed over, as rustup does.
    pub(super) warnings: Vec<String>,
}

/// A string that somebody gave.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Given<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) at: At,
}

/// Where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum At {
    /// At a byte of the file.
    Byte(usize),
    /// At an attribute of the argument.
    Attr(AttrPath),
}

/// Where all of it stands: a file or the argument itself.
#[derive(Clone, Copy, Debug)]
pub(super) enum Origin<'a> {
    File(Source<'a>),
    Argument,
}

impl Origin<'_> {
    /// An error about something that was given.
    pub(super) fn error(&self, at: &At, message: impl AsRef<str>) -> Error {
        match (self, at) {
            (Self::File(file), At::Byte(byte)) => file.error(*byte, message),
            (_, At::Attr(path)) => path.error(message.as_ref()),
            (Self::Argument, At::Byte(_)) => Error::new(message.as_ref()),
        }
    }
}

/// The name of a toolchain, and where it was given.
pub(super) struct NameGiven<'a> {
    pub(super) name: Name,
    pub(super) at: Option<(&'a At, &'a Origin<'a>)>,
}

impl NameGiven<'_> {
    pub(super) fn error(&self, message: &str) -> Error {
        match self.at {
            Some((at, origin)) => origin.error(at, message),
            None => AttrPath::default().attr("default").error(message),
        }
    }
}
