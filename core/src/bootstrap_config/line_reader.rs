//! Reads the config as `bootstrap.py` does: no TOML, but one key in one line.
//!
//! Its rules are the same from 1.63 to 1.97 (`get_toml` and `get_string`): a section is a line
//! `[NAME]`, a key begins its line, and its value is what stands between the first two quotation
//! marks of one kind, else all the rest of the line. Without a section the first such line of
//! the whole text counts. From 1.98 on a key may have blanks and its table's name before it, which
//! nothing here has, and the compilers are looked for in `[build]` alone.

use super::place::Place;
use super::release::Change;
use super::settings::Settings;
use crate::error::Error;
use crate::path::AttrPath;
use crate::value::Value;

/// What it reads of a section.
const OF_SECTIONS: &[(&str, &str)] = &[
    ("build", "verbose"),
    ("build", "vendor"),
    ("build", "locked-deps"),
    ("build", "build-dir"),
    ("build", "bootstrap-cache-path"),
    ("build", "patch-binaries-for-nix"),
    ("build", "metrics"),
    ("build", "jobs"),
    ("rust", "deny-warnings"),
];

/// What it reads wherever it stands, and where that should be.
const OF_ALL: &[(&str, &str)] = &[
    ("", "profile"),
    ("build", "build"),
    ("build", "rustc"),
    ("build", "cargo"),
    ("build", "submodules"),
];

/// What it reads of the section of the target that bootstrap itself is built for.
const OF_TARGETS: &[&str] = &["cc", "cxx", "ar", "ranlib", "linker", "crt-static"];

/// What it finds: `None` where it finds nothing.
fn find<'a>(text: &'a str, key: &str, section: Option<&str>) -> Option<&'a str> {
    let mut current = None;
    for line in text.lines() {
        let header = line.trim();
        if let Some(header) = header.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
            current = Some(header);
        }
        let value = line
            .strip_prefix(key)
            .and_then(|rest| rest.trim_start().strip_prefix('='));
        if let Some(value) = value
            && (section.is_none() || section == current)
        {
            let quoted = between(value, '"').or_else(|| between(value, '\''));
            let found = quoted.filter(|text| !text.is_empty());
            return Some(found.unwrap_or(value.trim()));
        }
    }
    None
}

/// What stands between the first two marks; where there is no second, all but the last
/// character.
fn between(value: &str, mark: char) -> Option<&str> {
    let (_, rest) = value.split_once(mark)?;
    let Some((between, _)) = rest.split_once(mark) else {
        let mut rest = rest.chars();
        rest.next_back();
        return Some(rest.as_str());
    };
    Some(between)
}

/// Makes sure that it reads from the text what the settings say. Fails, with the setting's path,
/// where it does not.
pub(super) fn check(text: &str, settings: &Settings) -> Result<(), Error> {
    for (section, key) in OF_SECTIONS {
        let place = Place::new(section, key);
        is_read(settings, &place, find(text, key, Some(section)))?;
    }
    let knows_compilers = Change::exactly(98).is_done(settings.release.minor);
    for (section, key) in OF_ALL {
        let place = Place::new(section, key);
        let within = (knows_compilers && ["rustc", "cargo"].contains(key)).then_some(*section);
        is_read(settings, &place, find(text, key, within))?;
    }
    for triple in settings.targets() {
        // A name with a dot is quoted in its header, as TOML wants it, and not found.
        if triple.contains('.') {
            continue;
        }
        let header = format!("target.{triple}");
        for key in OF_TARGETS {
            let place = Place::of_target(triple, key);
            is_read(settings, &place, find(text, key, Some(&header)))?;
        }
    }
    Ok(())
}

fn is_read(settings: &Settings, place: &Place, found: Option<&str>) -> Result<(), Error> {
    let expected = settings
        .all
        .get(place)
        .and_then(|setting| match &setting.value {
            Value::Bool(value) => Some(value.to_string()),
            Value::Int(value) => Some(value.to_string()),
            Value::String(value) => Some(value.clone()),
            _ => None,
        });
    match (expected, found) {
        (Some(expected), Some(found)) if expected == found => Ok(()),
        (None, None) => Ok(()),
        (Some(_), _) => Err(place.path().error(
            "bootstrap.py, which knows no TOML, would read another value from this: leave it out where it is empty, and quotation marks and backslashes in any case",
        )),
        (None, Some(_)) => {
            // Another key of the same name, below: the first one in the text is taken.
            let taken =
                taken(settings, place).unwrap_or_else(|| AttrPath::default().attr("settings"));
            Err(taken.error(format!(
                    "bootstrap.py, which knows no sections here, would take this for `{place}`: give that one, too"
                )))
        }
    }
}

/// The setting that has a line with the key of `place`, elsewhere.
fn taken(settings: &Settings, place: &Place) -> Option<AttrPath> {
    settings.all.iter().find_map(|(other, setting)| {
        let has = |attrs: &std::collections::BTreeMap<String, Value>| attrs.contains_key(place.key);
        match &setting.value {
            Value::Attrs(attrs) if has(attrs) => Some(other.path().attr(place.key)),
            _ if other.key == place.key && other != place => Some(other.path()),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn lines_are_read_as_python_reads_them() {
        let text = "profile = \"user\"\n\n[build]\nrustc = '/a/rustc'\nverbose = 2\n vendor = true\nx.cargo = 1\n[rust] # no\n[ rust ]\nd = 'a\"b\"'\ne = \"\"\n";
        assert_eq!(find(text, "profile", None), Some("user"));
        assert_eq!(find(text, "rustc", None), Some("/a/rustc"));
        assert_eq!(find(text, "rustc", Some("rust")), None);
        assert_eq!(find(text, "verbose", Some("build")), Some("2"));
        assert_eq!(find(text, "vendor", None), None);
        assert_eq!(find(text, "cargo", None), None);
        assert_eq!(find(text, "d", Some(" rust ")), Some("b"));
        assert_eq!(find(text, "e", None), Some("\"\""));
    }
}
