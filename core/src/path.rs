//! Names where in a builtin's argument something stands.

use std::fmt;

use crate::show::{escaped, quoted};

/// One step into a Nix value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Into the attribute of this name.
    Attr(String),
    /// Into the list element of this index, counted from 0 as `builtins.elemAt` does.
    Index(usize),
}

/// How many steps of a path are shown: deeper ones tell nobody more.
const SHOWN: usize = 16;

/// An attribute path, shown as it is written in Nix: `chain.levels[1].s3."odd key"`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttrPath(Vec<Step>);

impl AttrPath {
    /// The path one attribute deeper.
    #[must_use]
    pub fn attr(&self, name: &str) -> Self {
        self.join(Step::Attr(name.to_owned()))
    }

    /// The path one list element deeper.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.join(Step::Index(index))
    }

    /// Whether this is the argument itself.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    fn join(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }
}

impl fmt::Display for AttrPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            if position == SHOWN {
                return f.write_str("…");
            }
            match step {
                Step::Attr(name) => {
                    if position > 0 {
                        f.write_str(".")?;
                    }
                    write_name(f, name)?;
                }
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// A name as Nix's own grammar takes it: bare where it is an identifier, else quoted.
fn write_name(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    let bare = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '\''));
    if bare {
        f.write_str(&escaped(name))
    } else {
        f.write_str(&quoted(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_shown_as_nix_writes_it() {
        let path = AttrPath::default()
            .attr("chain")
            .attr("levels")
            .index(1)
            .attr("s3");
        assert_eq!(path.to_string(), "chain.levels[1].s3");
        assert_eq!(
            AttrPath::default().attr("odd key").attr("1").to_string(),
            r#""odd key"."1""#
        );
        assert!(AttrPath::default().is_root());
        let deep = (0..20).fold(AttrPath::default(), |path, _| path.attr("a"));
        assert_eq!(deep.to_string(), format!("{}…", ["a"; 16].join(".")));
    }
}
