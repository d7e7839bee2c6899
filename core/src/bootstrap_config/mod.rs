//! Makes, for `rust.bootstrapConfig`, of a rustc source's release and typed settings the text of its
//! bootstrap config.
//!
//! The settings bear bootstrap's own names. What a release does not know, a value of the wrong
//! type and a contradiction are errors here, before anything is built; what a sandboxed build
//! needs is set, and explained.
//!
//! Two programs read the config, and the text is what both understand: the Rust half of bootstrap
//! reads TOML, `bootstrap.py` reads lines (`line_reader`).

mod defaults;
mod kinds;
mod line_reader;
mod place;
mod raw;
mod release;
mod rules;
mod schema;
mod settings;
#[cfg(test)]
mod tests;
mod text;
mod wanted;

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::error::Error;
use crate::path::AttrPath;
use crate::source::TextRef;
use crate::value::Value;
use place::Place;
use release::{NEWEST, Release};
use settings::Settings;

pub use defaults::{ccache_section, serves_rust};
pub use raw::Raw;
pub use release::{Change, Happened};
pub use schema::{Instead, Key, Kind, One, SECTIONS, Section, TOP, Text, Word};
pub use wanted::Wanted;

/// What `rust.bootstrapConfig` answers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The config.
    pub text: String,
    /// What to call it, in the source's directory.
    pub file_name: &'static str,
    /// The release that it is for.
    pub release: String,
    /// Every setting of the text, in its order, with the reason for it.
    pub explain: Vec<Explained>,
    /// What may not be as it was meant.
    pub warnings: Vec<String>,
    /// What the derivation has to do for sccache; null where it is not wanted.
    pub sccache: Option<Sccache>,
}

/// One setting.
#[derive(Debug, Serialize)]
pub struct Explained {
    /// Its name, with its section.
    pub key: String,
    /// What it is set to.
    #[serde(serialize_with = "plain")]
    pub value: Value,
    /// Why.
    pub why: String,
    /// Whether it was given, and is no default.
    pub given: bool,
}

/// How sccache comes into the build of this release.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sccache {
    /// The key that has bootstrap call it.
    pub key: String,
}

/// The file has this name from 1.87 on, and the old one is still looked for: so long as it is not
/// certain, the old one is right.
const NEW_NAME_BY: u32 = 90;

/// The config that is `wanted`; `texts` is what came beside the request.
pub fn bootstrap_config(wanted: &Wanted, texts: &[u8]) -> Result<Answer, Error> {
    let release = find_release(wanted, texts)?;
    let given = match &wanted.settings {
        Some(Raw(value)) => value.clone(),
        None => Value::Attrs(BTreeMap::new()),
    };
    let mut settings = Settings::read(release, given)?;
    leave_out(&mut settings);
    defaults::add(wanted, &mut settings)?;
    rules::check(wanted, &settings)?;
    rules::warn(wanted, &mut settings);

    let text = text::write(&settings)?;
    line_reader::check(&text, &settings)?;
    let minor = settings.release.minor;
    if settings.release.is_beyond() {
        let (release, path) = (&settings.release, AttrPath::default().attr("release"));
        settings.warnings.push(format!(
            "{path}: Rust {release} is later than 1.{NEWEST}, whose keys are taken for its own"
        ));
    }
    Ok(Answer {
        text,
        file_name: if minor >= NEW_NAME_BY {
            "bootstrap.toml"
        } else {
            "config.toml"
        },
        release: settings.release.to_string(),
        sccache: wanted.sccache.then(|| Sccache {
            key: Place::new(defaults::ccache_section(minor), "ccache").to_string(),
        }),
        warnings: settings.warnings,
        explain: settings
            .all
            .into_iter()
            .map(|(place, setting)| Explained {
                key: place.to_string(),
                value: setting.value,
                why: setting.why,
                given: setting.given,
            })
            .collect(),
    })
}

fn find_release(wanted: &Wanted, texts: &[u8]) -> Result<Release, Error> {
    let at = AttrPath::default().attr("release");
    let of_source = |text: &TextRef| {
        let source = text.find(texts)?;
        Release::parse(source.text()).map_err(|error| source.error(0, error.to_string()))
    };
    match (&wanted.release, &wanted.source) {
        (Some(release), None) => Release::parse(release).map_err(|error| error.at(&at)),
        (None, Some(source)) => of_source(source),
        (Some(_), Some(_)) => Err(at.error(
            "the source has its own: give one of `release` and `source`",
        )),
        (None, None) => Err(at.error(
            "this is missing: give the source's release, such as \"1.85.0\", or the `source` itself",
        )),
    }
}

/// `bootstrap.py` takes any value of `build.metrics` for a yes.
fn leave_out(settings: &mut Settings) {
    if settings.get("build", "metrics") == Some(&Value::Bool(false)) {
        settings.all.remove(&Place::new("build", "metrics"));
    }
}

/// A value as JSON has it; what a setting holds is no float, null, path or function.
fn plain<S: Serializer>(value: &Value, serializer: S) -> Result<S::Ok, S::Error> {
    struct Plain<'a>(&'a Value);
    impl Serialize for Plain<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            plain(self.0, serializer)
        }
    }
    match value {
        Value::Bool(value) => serializer.serialize_bool(*value),
        Value::Int(value) => serializer.serialize_i64(*value),
        Value::String(text) | Value::Path(text) => serializer.serialize_str(text),
        Value::List(list) => serializer.collect_seq(list.iter().map(Plain)),
        Value::Attrs(attrs) => {
            serializer.collect_map(attrs.iter().map(|(name, value)| (name, Plain(value))))
        }
        Value::Float(value) => serializer.serialize_f64(*value),
        Value::Null | Value::Function => serializer.serialize_unit(),
    }
}
