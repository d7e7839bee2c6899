//! Tells whether a value is of the kind that its key holds.

use std::collections::BTreeMap;

use super::release::{Happened, Release, came, went};
use super::schema::{Key, Kind, One, Text, Word};
use crate::error::Error;
use crate::path::AttrPath;
use crate::show::quoted;
use crate::value::Value;

/// Checks values for a release, and tells what it is not sure of.
pub(super) struct Check<'a> {
    pub(super) release: &'a Release,
    pub(super) warnings: &'a mut Vec<String>,
}

impl Check<'_> {
    /// Checks a value against what its key holds in this release.
    pub(super) fn value(&mut self, key: &Key, value: &Value, path: &AttrPath) -> Result<(), Error> {
        match key.kinds(self.release.minor) {
            (kind, None) => self.check_kind(kind, value, path),
            (kind, Some(later)) => {
                let before = self.warnings.len();
                if self.check_kind(kind, value, path).is_ok() {
                    return Ok(());
                }
                self.warnings.truncate(before);
                self.check_kind(later, value, path)?;
                let (release, change) = (&self.release, key.later.map(|(change, _)| change));
                let change = change.map(|change| change.to_string()).unwrap_or_default();
                self.warnings.push(format!(
                    "{path}: whether Rust {release} takes such a value is not known here, it was allowed {change}"
                ));
                Ok(())
            }
        }
    }

    fn check_kind(&mut self, kind: Kind, value: &Value, path: &AttrPath) -> Result<(), Error> {
        match kind {
            Kind::One(one) => self.check_one(one, value, path),
            Kind::Texts => check_texts(value, path),
            Kind::TextsByName => {
                for (name, value) in borrowed_attrs(value, path)? {
                    check_name(name, &path.attr(name))?;
                    check_text(value, &path.attr(name))?;
                }
                Ok(())
            }
            Kind::Tools => {
                for (name, tool) in borrowed_attrs(value, path)? {
                    check_name(name, &path.attr(name))?;
                    for (key, features) in fields(tool, &["features"], &path.attr(name))? {
                        check_texts(features, &path.attr(name).attr(key))?;
                    }
                }
                Ok(())
            }
            Kind::Profile => {
                for (key, file) in fields(value, &["use", "generate"], path)? {
                    check_text(file, &path.attr(key))?;
                }
                Ok(())
            }
        }
    }

    fn check_one(&mut self, one: One, value: &Value, path: &AttrPath) -> Result<(), Error> {
        let fits = match (value, one.text) {
            (Value::Bool(_), _) => one.boolean,
            (Value::Int(value), _) => one.most.is_some_and(|most| (0..=most).contains(value)),
            (Value::String(_), Text::Any) => return check_text(value, path),
            (Value::String(text), Text::OneOf(words)) => {
                if let Some(word) = words.iter().find(|word| word.text == text) {
                    return self.check_word(word, words, path);
                }
                false
            }
            _ => false,
        };
        if fits {
            return Ok(());
        }
        let mut message = format!(
            "this must be {}, not {}",
            one.described(self.release.minor),
            shown(value)
        );
        if let (Value::String(text), true) = (value, one.boolean)
            && let "true" | "false" = text.as_str()
        {
            message = format!("{message}: leave the quotation marks out");
        }
        Err(path.error(message))
    }

    fn check_word(
        &mut self,
        word: &Word,
        all: &'static [Word],
        path: &AttrPath,
    ) -> Result<(), Error> {
        let release = &self.release;
        let (came, went) = (came(word.came), went(word.went));
        let shown = quoted(word.text);
        match word.is_known(release.minor) {
            Happened::Yes => Ok(()),
            Happened::Perhaps => {
                self.warnings.push(format!(
                    "{path}: whether Rust {release} knows the value {shown} is not known here{came}{went}"
                ));
                Ok(())
            }
            Happened::No => {
                let other = all.iter().find(|other| Some(other.text) == word.other);
                let other = other.filter(|other| other.is_known(release.minor) == Happened::Yes);
                let known = other.map_or_else(
                    || known_words(all, release.minor),
                    |other| quoted(other.text),
                );
                Err(path.error(format!(
                    "Rust {release} does not know the value {shown}{came}{went}: write {known}"
                )))
            }
        }
    }
}

impl One {
    /// In words, for a release: "a Boolean or one of \"s\", \"z\"".
    fn described(self, minor: u32) -> String {
        let mut parts = Vec::new();
        if self.boolean {
            parts.push("a Boolean".to_owned());
        }
        if let Some(most) = self.most {
            parts.push(format!("an integer from 0 to {most}"));
        }
        match self.text {
            Text::None => {}
            Text::Any => parts.push("a string".to_owned()),
            Text::OneOf(words) => parts.push(known_words(words, minor)),
        }
        parts.join(" or ")
    }
}

fn known_words(words: &[Word], minor: u32) -> String {
    let known: Vec<_> = words
        .iter()
        .filter(|word| word.is_known(minor) != Happened::No)
        .map(|word| quoted(word.text))
        .collect();
    match known.as_slice() {
        [only] => only.clone(),
        known => format!("one of {}", known.join(", ")),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Bool(value) => format!("the Boolean {value}"),
        Value::Int(value) => format!("the integer {value}"),
        Value::String(text) => format!("the string {}", quoted(text)),
        other => other.kind().to_owned(),
    }
}

/// The attributes of what must be a set.
pub(super) fn attrs(value: Value, path: &AttrPath) -> Result<BTreeMap<String, Value>, Error> {
    match value {
        Value::Attrs(attrs) => Ok(attrs),
        other => Err(no_attrs(&other, path)),
    }
}

fn borrowed_attrs<'a>(
    value: &'a Value,
    path: &AttrPath,
) -> Result<&'a BTreeMap<String, Value>, Error> {
    match value {
        Value::Attrs(attrs) => Ok(attrs),
        other => Err(no_attrs(other, path)),
    }
}

fn no_attrs(value: &Value, path: &AttrPath) -> Error {
    let message = format!("this must be an attribute set, not {}", shown(value));
    path.error(message)
}

/// The attributes of a set that may have these alone.
fn fields<'a>(
    value: &'a Value,
    known: &[&str],
    path: &AttrPath,
) -> Result<&'a BTreeMap<String, Value>, Error> {
    let attrs = borrowed_attrs(value, path)?;
    match attrs.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(Error::unknown("key", name, known).at(path)),
        None => Ok(attrs),
    }
}

fn check_texts(value: &Value, path: &AttrPath) -> Result<(), Error> {
    let Value::List(list) = value else {
        let message = format!("this must be a list of strings, not {}", shown(value));
        return Err(path.error(message));
    };
    list.iter()
        .enumerate()
        .try_for_each(|(index, value)| check_text(value, &path.index(index)))
}

fn check_text(value: &Value, path: &AttrPath) -> Result<(), Error> {
    let Value::String(text) = value else {
        let message = format!("this must be a string, not {}", shown(value));
        return Err(path.error(message));
    };
    if !is_one_line(text) {
        let message = format!(
            "{} has a line break or another control character in it: bootstrap.py reads the config line by line, so write it on one line",
            quoted(text)
        );
        return Err(path.error(message));
    }
    Ok(())
}

/// A name of the user's own, in a table.
fn check_name(name: &str, path: &AttrPath) -> Result<(), Error> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if !name.is_empty() && name.chars().all(is_plain) {
        return Ok(());
    }
    let message =
        "a name here has letters, digits, - and _ alone, so that bootstrap.py reads it, too";
    Err(path.error(message))
}

/// Whether nobody takes it for several lines: Python breaks lines at more than line feeds.
fn is_one_line(text: &str) -> bool {
    !text.contains(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
}
