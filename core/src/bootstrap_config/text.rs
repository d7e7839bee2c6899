//! Writes the text of the config.

use std::collections::BTreeMap;

use super::schema::{SECTIONS, Section, TOP};
use super::settings::Settings;
use crate::error::Error;
use crate::to_toml::to_toml;
use crate::value::Value;

/// The settings as TOML, in what of it `bootstrap.py` reads, too: `[SECTION]` and `key = value`,
/// each on a line of its own, from its beginning to its end. Sections stand in the order of
/// [`SECTIONS`].
pub(super) fn write(settings: &Settings) -> Result<String, Error> {
    let mut parts = Vec::new();
    for section in std::iter::once(&TOP).chain(SECTIONS) {
        let content = content(settings, section);
        let document = match (content.is_empty(), section.name) {
            (true, _) => continue,
            (false, "") => content,
            (false, name) => BTreeMap::from([(name.to_owned(), Value::Attrs(content))]),
        };
        parts.push(to_toml(Value::Attrs(document))?);
    }
    Ok(parts.join("\n"))
}

fn content(settings: &Settings, section: &Section) -> BTreeMap<String, Value> {
    let mut content = BTreeMap::new();
    for (place, setting) in &settings.all {
        if place.section().name != section.name {
            continue;
        }
        let value = setting.value.clone();
        let Some(triple) = &place.triple else {
            content.insert(place.key.to_owned(), value);
            continue;
        };
        let target = content
            .entry(triple.clone())
            .or_insert_with(|| Value::Attrs(BTreeMap::new()));
        if let Value::Attrs(target) = target {
            target.insert(place.key.to_owned(), value);
        }
    }
    content
}
