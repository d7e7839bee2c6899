//! Reads toolchain files, `rust-toolchain` and `rust-toolchain.toml`, as rustup 1.29 does (its
//! `src/config.rs`, `parse_override_file`).

use std::borrow::Cow;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::Error;
use crate::show::{escaped, quoted};
use crate::source::Source;
use crate::suggest::nearest;

use super::spec::{At, Given, KEYS, Spec};

/// What to write, in errors about files that say nothing.
const EXAMPLE: &str = "write [toolchain] and, on a line of its own, channel = \"stable\"";

/// Reads a toolchain file. One line is the name of a toolchain, but in a file whose name ends
/// with `.toml`; all else is TOML.
pub(super) fn parse<'a>(file: &Source<'a>) -> Result<Spec<'a>, Error> {
    // By rustup's own name, which has no other case.
    let is_toml = file.name().rsplit('.').next() == Some("toml");
    match file.text().lines().count() {
        0 => Err(file.error(0, format!("this toolchain file is empty: {EXAMPLE}"))),
        1 if !is_toml => legacy(file),
        _ => document(file),
    }
}

/// The one line of old: a name, or an absolute path.
fn legacy<'a>(file: &Source<'a>) -> Result<Spec<'a>, Error> {
    let text = file.text().trim();
    if text.is_empty() {
        return Err(file.error(0, format!("this toolchain file is empty: {EXAMPLE}")));
    }
    let start = file.text().find(text).unwrap_or_default();
    if text.starts_with('[') || text.contains('=') {
        return Err(file.error(
            start,
            "a toolchain file of one line is the name of a toolchain, and this is TOML: put it on two lines, or into rust-toolchain.toml",
        ));
    }
    let given = Given {
        text: text.into(),
        at: At::Byte(start),
    };
    Ok(if text.starts_with('/') {
        Spec {
            path: Some(given),
            ..Spec::default()
        }
    } else {
        Spec {
            channel: Some(given),
            ..Spec::default()
        }
    })
}

fn document<'a>(file: &Source<'a>) -> Result<Spec<'a>, Error> {
    let root = DeTable::parse(file.text()).map_err(|error| {
        let at = error.span().map_or(file.text().len(), |span| span.start);
        let message = error.message().replace(['\n', '\r'], " ");
        // A name on several lines, an empty one behind it say, is what most such files hold.
        let hint = match file.text().trim() {
            line if !line.contains(['\n', '=', '[']) => {
                format!("; for the toolchain {}, {EXAMPLE}", quoted(line))
            }
            _ => String::new(),
        };
        file.error(at, format!("this is not TOML: {message}{hint}"))
    })?;
    let mut spec = Spec::default();
    let mut place = None;
    for (key, value) in root.into_inner() {
        if key.get_ref() == "toolchain" {
            place = Some(key.span().start);
            section(file, value, &mut spec)?;
        } else {
            spec.warnings.push(unknown(file, &key, "", &["toolchain"]));
        }
    }
    let Some(place) = place else {
        return Err(file.error(
            0,
            format!("there is no [toolchain] in this file: {EXAMPLE}"),
        ));
    };
    if [&spec.channel, &spec.path].into_iter().all(Option::is_none)
        && spec.components.is_none()
        && spec.targets.is_none()
    {
        return Err(file.error(
            place,
            "[toolchain] says nothing: it needs a `channel`, `components`, `targets` or a `path`",
        ));
    }
    Ok(spec)
}

fn section<'a>(
    file: &Source<'a>,
    value: Spanned<DeValue<'a>>,
    spec: &mut Spec<'a>,
) -> Result<(), Error> {
    let at = value.span().start;
    let DeValue::Table(table) = value.into_inner() else {
        return Err(file.error(at, "`toolchain` must be a table: [toolchain]"));
    };
    for (key, value) in table {
        match key.get_ref().as_ref() {
            "channel" => spec.channel = Some(string(file, "`channel`", value)?),
            "path" => spec.path = Some(string(file, "`path`", value)?),
            "profile" => spec.profile = Some(string(file, "`profile`", value)?),
            name @ "components" => spec.components = Some(strings(file, name, value)?),
            name @ "targets" => spec.targets = Some(strings(file, name, value)?),
            _ => spec
                .warnings
                .push(unknown(file, &key, " in [toolchain]", &KEYS)),
        }
    }
    Ok(())
}

/// A string; `name` is what it is called in an error.
fn string<'a>(
    file: &Source<'a>,
    name: &str,
    value: Spanned<DeValue<'a>>,
) -> Result<Given<'a>, Error> {
    let span = value.span();
    let at = At::Byte(span.start);
    match value.into_inner() {
        DeValue::String(text) => Ok(Given { text, at }),
        other => {
            let kind = other.type_str();
            // `channel = 1.84` is what most want to write.
            let quoted = match other {
                DeValue::Integer(_) | DeValue::Float(_) => {
                    let written = file.text().get(span.clone()).unwrap_or_default();
                    format!(": write \"{}\"", escaped(written))
                }
                _ => String::new(),
            };
            let message =
                format!("{name} must be a string, and this is of TOML's type {kind}{quoted}");
            Err(file.error(span.start, message))
        }
    }
}

fn strings<'a>(
    file: &Source<'a>,
    name: &str,
    value: Spanned<DeValue<'a>>,
) -> Result<Vec<Given<'a>>, Error> {
    let span = value.span();
    match value.into_inner() {
        DeValue::Array(list) => list
            .into_iter()
            .map(|element| string(file, &format!("an element of `{name}`"), element))
            .collect(),
        other => {
            let kind = other.type_str();
            let quoted = match &other {
                DeValue::String(text) => format!(": write [\"{}\"]", escaped(text)),
                _ => String::new(),
            };
            let message = format!(
                "`{name}` must be an array of strings, and this is of TOML's type {kind}{quoted}"
            );
            Err(file.error(span.start, message))
        }
    }
}

fn unknown(file: &Source<'_>, key: &Spanned<Cow<'_, str>>, place: &str, known: &[&str]) -> String {
    let name = key.get_ref();
    let meant = nearest(name, known)
        .map(|near| format!("; did you mean `{near}`?"))
        .unwrap_or_default();
    let message = format!(
        "unknown key `{}`{place}, which is passed over{meant}",
        escaped(name)
    );
    file.error(key.span().start, message).to_string()
}
