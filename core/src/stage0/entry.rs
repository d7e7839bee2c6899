//! Holds one key of a stage0 file with its value, whichever the format.

use std::borrow::Cow;

/// A key and its value, as they stand in the text, or are made of it where JSON escapes them.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    /// In JSON, what stands in a set is called `SET.NAME`.
    pub(super) name: String,
    /// The key itself, with its place.
    pub(super) key: Cow<'a, str>,
    pub(super) value: Cow<'a, str>,
}
