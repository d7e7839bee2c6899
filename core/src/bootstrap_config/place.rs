//! Names places in the config.

use std::fmt;

use super::schema::{SECTIONS, Section, TOP};
use crate::path::AttrPath;

/// Where in the config something stands. They sort as they stand in the text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// 0 before the first section, else one more than the index in [`SECTIONS`].
    order: usize,
    /// Of a target's section.
    pub(super) triple: Option<String>,
    pub(super) key: &'static str,
}

impl Place {
    /// Of a key of a section that is not a target's; an empty name is the top.
    pub(super) fn new(section: &str, key: &'static str) -> Self {
        let order = SECTIONS
            .iter()
            .position(|known| known.name == section)
            .map_or(0, |index| index + 1);
        Self {
            order,
            triple: None,
            key,
        }
    }

    /// Of a key of a target.
    pub(super) fn of_target(triple: &str, key: &'static str) -> Self {
        Self {
            triple: Some(triple.to_owned()),
            ..Self::new("target", key)
        }
    }

    pub(super) fn section(&self) -> &'static Section {
        self.order
            .checked_sub(1)
            .and_then(|index| SECTIONS.get(index))
            .unwrap_or(&TOP)
    }

    /// Under `root`, as an attribute path.
    pub(super) fn under(&self, root: &AttrPath) -> AttrPath {
        let section = self.section();
        let mut path = root.clone();
        if !section.name.is_empty() {
            path = path.attr(section.name);
        }
        if let Some(triple) = &self.triple {
            path = path.attr(triple);
        }
        path.attr(self.key)
    }

    /// In the argument of the builtin.
    pub(super) fn path(&self) -> AttrPath {
        self.under(&AttrPath::default().attr("settings"))
    }
}

/// As people write it: `build.docs`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.under(&AttrPath::default()).fmt(f)
    }
}

/// Whether a text looks like a target triple.
pub(super) fn is_triple(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(is_plain)
}
