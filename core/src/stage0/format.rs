//! Reads the three formats that a stage0 file had in turn, each to the same keys and values, and those
//! to a [`Stage0`].
//!
//! | file | format | releases |
//! |---|---|---|
//! | `src/stage0.txt` | `key: value` | to 1.55 or 1.56 |
//! | `src/stage0.json` | JSON | to 1.79 or 1.80 |
//! | `src/stage0` | `key=value` | since |

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Place;

use super::artifact::Artifact;
use super::entry::Entry;
use super::file::{Format, Stage0};
use super::json;
use super::release::{Channel, Release};
use crate::error::Error;
use crate::hash::Sha256;
use crate::manifest::is_date;
use crate::server::{self, Server};
use crate::show::quoted;
use crate::source::Source;

/// What a key says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Field {
    Date,
    Version,
    Commit,
    ManifestHash,
    RustfmtDate,
    RustfmtVersion,
    RustfmtCommit,
    RustfmtManifestHash,
    Cargo,
    Development,
    DistServer,
    ArtifactsServer,
    /// What says nothing about the compiler.
    Unused,
}

/// The keys that each format has for a field.
const TXT: &[(&str, Field)] = &[
    ("date", Field::Date),
    ("rustc", Field::Version),
    ("cargo", Field::Cargo),
    ("rustfmt", Field::RustfmtVersion),
    ("dev", Field::Development),
];

const JSON: &[(&str, Field)] = &[
    ("compiler.date", Field::Date),
    ("compiler.version", Field::Version),
    ("rustfmt.date", Field::RustfmtDate),
    ("rustfmt.version", Field::RustfmtVersion),
    // At first the servers were not in a set of their own.
    ("config.dist_server", Field::DistServer),
    ("dist_server", Field::DistServer),
    ("config.artifacts_server", Field::ArtifactsServer),
    (
        "config.artifacts_with_llvm_assertions_server",
        Field::Unused,
    ),
    ("config.git_merge_commit_email", Field::Unused),
    ("config.git_repository", Field::Unused),
    ("config.nightly_branch", Field::Unused),
];

const KEY_VALUE: &[(&str, Field)] = &[
    ("compiler_date", Field::Date),
    ("compiler_version", Field::Version),
    ("compiler_git_commit_hash", Field::Commit),
    ("compiler_channel_manifest_hash", Field::ManifestHash),
    ("rustfmt_date", Field::RustfmtDate),
    ("rustfmt_version", Field::RustfmtVersion),
    ("rustfmt_git_commit_hash", Field::RustfmtCommit),
    ("rustfmt_channel_manifest_hash", Field::RustfmtManifestHash),
    ("dist_server", Field::DistServer),
    ("artifacts_server", Field::ArtifactsServer),
    ("artifacts_with_llvm_assertions_server", Field::Unused),
    ("git_merge_commit_email", Field::Unused),
    ("git_repository", Field::Unused),
    ("nightly_branch", Field::Unused),
];

impl Format {
    /// The format of a file: by its content, which a copy under another name keeps; by its name
    /// where the content does not tell.
    fn of(source: Source<'_>) -> Self {
        let is_named = |end: &str| source.name().ends_with(end);
        if source.text().trim_start().starts_with('{') || is_named(".json") {
            return Self::Json;
        }
        let first = lines(source.text()).next().unwrap_or_default();
        match first.find(['=', ':']).and_then(|at| first.get(at..)) {
            Some(rest) if rest.starts_with('=') => Self::KeyValue,
            Some(_) => Self::Txt,
            None if is_named(".txt") => Self::Txt,
            None => Self::KeyValue,
        }
    }

    fn fields(self) -> &'static [(&'static str, Field)] {
        match self {
            Self::Txt => TXT,
            Self::Json => JSON,
            Self::KeyValue => KEY_VALUE,
        }
    }

    /// What stands between a key and its value in a line.
    fn separator(self) -> char {
        match self {
            Self::Txt => ':',
            Self::Json | Self::KeyValue => '=',
        }
    }

    /// How the format writes a value under a key.
    fn example(self, key: &str, value: &str) -> String {
        match (self, key.split_once('.')) {
            (Self::Txt, _) => format!("{key}: {value}"),
            (Self::Json, Some((set, key))) => format!(r#""{set}": {{ "{key}": "{value}" }}"#),
            (Self::Json, None) => format!(r#""{key}": "{value}""#),
            (Self::KeyValue, _) => format!("{key}={value}"),
        }
    }
}

/// The lines that say something, without the space around them. Both parsers of bootstrap trim
/// lines, and have comments in lines of their own.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

impl Stage0 {
    /// Reads the file, whichever format it has.
    pub fn parse(source: Source<'_>) -> Result<Self, Error> {
        let format = Format::of(source);
        let entries = match format {
            Format::Json => json::entries(source)?,
            Format::Txt | Format::KeyValue => lines(source.text())
                .map(|line| entry(source, format, line))
                .collect::<Result<_, _>>()?,
        };
        let mut reader = Reader {
            source,
            format,
            fields: BTreeMap::new(),
            warnings: Vec::new(),
        };
        let artifacts = reader.sort(&entries)?;
        reader.stage0(&artifacts)
    }
}

/// Reads a line. It is split where the first separator is: a value may have more of them.
fn entry<'a>(source: Source<'_>, format: Format, line: &'a str) -> Result<Entry<'a>, Error> {
    let separator = format.separator();
    let Some((key, value)) = line.split_once(separator) else {
        let example = format.example("KEY", "VALUE");
        let message = format!(
            "{} is no line of a stage0 file: they are {example}, or begin with #",
            quoted(line)
        );
        return Err(source.error_at(line, message));
    };
    // Python's `data[key.strip()] = value.strip()` in the one, nothing of the kind in the other.
    let value = if format == Format::Txt {
        value.trim()
    } else {
        value
    };
    let key = if format == Format::Txt {
        key.trim()
    } else {
        key
    };
    Ok(Entry {
        name: key.to_owned(),
        key: Cow::Borrowed(key),
        value: Cow::Borrowed(value),
    })
}

/// From keys and values to what they say.
struct Reader<'a> {
    source: Source<'a>,
    format: Format,
    fields: BTreeMap<Field, &'a Entry<'a>>,
    /// What was passed over: the key that it is about and why.
    warnings: Vec<(&'a Entry<'a>, String)>,
}

/// How many warnings are told: a file with more of them is no stage0 file.
const WARNINGS_TOLD: usize = 50;

impl<'a> Reader<'a> {
    /// Puts every entry where it belongs, and gives the artifacts.
    fn sort(&mut self, entries: &'a [Entry<'a>]) -> Result<Vec<&'a Entry<'a>>, Error> {
        let mut seen = BTreeMap::new();
        let mut artifacts = Vec::new();
        for entry in entries {
            match seen.entry(entry.name.as_str()) {
                Place::Vacant(place) => drop(place.insert(entry)),
                Place::Occupied(first) if first.get().value == entry.value => continue,
                Place::Occupied(first) => return Err(self.second(first.get(), entry)),
            }
            let known = self.format.fields().iter();
            let mut field = known.filter(|(name, _)| *name == entry.name);
            if let Some((_, field)) = field.next() {
                self.fields.entry(*field).or_insert(entry);
            } else if entry.name.starts_with("dist/") {
                artifacts.push(entry);
            } else {
                let message = format!(
                    "{} is passed over: bootstrap has no such key",
                    quoted(&entry.name)
                );
                self.warnings.push((entry, message));
            }
        }
        Ok(artifacts)
    }

    fn second(&self, first: &Entry<'a>, second: &Entry<'a>) -> Error {
        let place = self.source.offset_of(&first.key).map(|at| {
            let (line, column) = self.source.place(at);
            format!(", at {line}:{column}")
        });
        let message = format!(
            "{} is here a second time, with another value than before{}: drop one of the two",
            quoted(&second.name),
            place.unwrap_or_default()
        );
        self.source.error_at(&second.key, message)
    }

    fn stage0(self, artifacts: &[&'a Entry<'a>]) -> Result<Stage0, Error> {
        let compiler = self.compiler()?;
        let rustfmt = self.rustfmt(&compiler)?;
        let cargo = match self.fields.get(&Field::Cargo) {
            Some(entry) => Some(self.version(entry)?.0),
            None => None,
        };
        let mut stage0 = Stage0 {
            name: self.source.name().to_owned(),
            format: self.format,
            dist_server: self.dist_server()?,
            artifacts_server: self.text(Field::ArtifactsServer),
            compiler,
            rustfmt,
            cargo,
            artifacts: Vec::with_capacity(artifacts.len()),
            warnings: Vec::new(),
        };
        let rustfmt = stage0.rustfmt.as_ref();
        let mut versions = vec![stage0.compiler.version.as_str()];
        versions.extend(rustfmt.map(|rustfmt| rustfmt.version.as_str()));
        // `1.85.0-beta.1` has `1.85.0` in it.
        versions.sort_unstable_by_key(|version| Reverse(version.len()));
        let mut warnings = self.warnings;
        for entry in artifacts {
            let hash = hash(self.source, entry)?;
            match Artifact::of_path(&entry.name, hash, &versions) {
                Ok(artifact) => stage0.artifacts.push(artifact),
                Err(why) => {
                    let message = format!("{} is passed over: {why}", quoted(&entry.name));
                    warnings.push((entry, message));
                }
            }
        }
        stage0
            .artifacts
            .sort_by(|one, other| one.order().cmp(&other.order()));
        let more = warnings.len().saturating_sub(WARNINGS_TOLD);
        stage0.warnings = warnings
            .into_iter()
            .take(WARNINGS_TOLD)
            .map(|(entry, message)| self.source.error_at(&entry.key, message).to_string())
            .collect();
        if more > 0 {
            let message = format!("{more} more keys are passed over");
            stage0
                .warnings
                .push(self.source.error(0, message).to_string());
        }
        Ok(stage0)
    }

    fn compiler(&self) -> Result<Release, Error> {
        let (version, channel) = self.version(self.need(Field::Version, "1.83.0")?)?;
        Ok(Release {
            version,
            channel,
            date: self.date(self.need(Field::Date, "2024-11-28")?)?,
            git_commit: self.text(Field::Commit),
            channel_manifest_hash: self.hash(Field::ManifestHash)?,
        })
    }

    fn rustfmt(&self, compiler: &Release) -> Result<Option<Release>, Error> {
        let named = |field| self.fields.contains_key(&field);
        if !named(Field::RustfmtDate) && !named(Field::RustfmtVersion) {
            return Ok(None);
        }
        let entry = self.need(Field::RustfmtVersion, "nightly")?;
        if self.format == Format::Txt {
            return self.rustfmt_of_txt(entry, compiler).map(Some);
        }
        let (version, channel) = self.version(entry)?;
        Ok(Some(Release {
            version,
            channel,
            date: self.date(self.need(Field::RustfmtDate, "2024-11-28")?)?,
            git_commit: self.text(Field::RustfmtCommit),
            channel_manifest_hash: self.hash(Field::RustfmtManifestHash)?,
        }))
    }

    /// The text format has the date behind the version, `nightly-2021-03-25`.
    fn rustfmt_of_txt(&self, entry: &Entry<'a>, compiler: &Release) -> Result<Release, Error> {
        let (version, date) = match entry.value.split_once('-') {
            Some((version, date)) if is_date(date) => (version, date.to_owned()),
            _ => (entry.value.as_ref(), compiler.date.clone()),
        };
        let channel = Channel::of(version).ok_or_else(|| self.no_version(entry))?;
        Ok(Release {
            version: version.to_owned(),
            date,
            channel,
            git_commit: None,
            channel_manifest_hash: None,
        })
    }

    fn dist_server(&self) -> Result<Option<Server>, Error> {
        if let Some(entry) = self.fields.get(&Field::DistServer) {
            return Server::parse(&entry.value)
                .map(Some)
                .map_err(|message| self.source.error_at(&entry.value, message));
        }
        // Whatever its value is.
        let development = self.fields.contains_key(&Field::Development);
        Ok(development.then(|| Server::of_rust(server::RUST_DEV)))
    }

    /// The entry of a field that every file has.
    fn need(&self, field: Field, example: &str) -> Result<&'a Entry<'a>, Error> {
        if let Some(entry) = self.fields.get(&field) {
            return Ok(entry);
        }
        let mut names = self.format.fields().iter().filter(|(_, its)| *its == field);
        let name = names.next().map_or("", |(name, _)| name);
        let example = self.format.example(name, example);
        Err(self.source.error(
            0,
            format!("`{name}` is missing: a stage0 file has one, such as {example}"),
        ))
    }

    fn text(&self, field: Field) -> Option<String> {
        let entry = self.fields.get(&field)?;
        Some(entry.value.clone().into_owned())
    }

    fn version(&self, entry: &Entry<'a>) -> Result<(String, Channel), Error> {
        match Channel::of(&entry.value) {
            Some(channel) => Ok((entry.value.clone().into_owned(), channel)),
            None => Err(self.no_version(entry)),
        }
    }

    fn no_version(&self, entry: &Entry<'a>) -> Error {
        let message = format!(
            "{} is no version of a release: write one such as 1.83.0, beta or nightly",
            quoted(&entry.value)
        );
        self.source.error_at(&entry.value, message)
    }

    fn date(&self, entry: &Entry<'a>) -> Result<String, Error> {
        if is_date(&entry.value) {
            return Ok(entry.value.clone().into_owned());
        }
        let message = format!(
            "{} is no date: write one such as 2024-11-28",
            quoted(&entry.value)
        );
        Err(self.source.error_at(&entry.value, message))
    }

    fn hash(&self, field: Field) -> Result<Option<Sha256>, Error> {
        let entry = self.fields.get(&field);
        entry.map(|entry| hash(self.source, entry)).transpose()
    }
}

fn hash(source: Source<'_>, entry: &Entry<'_>) -> Result<Sha256, Error> {
    Sha256::from_hex(&entry.value).ok_or_else(|| {
        let message = format!(
            "{} is no SHA-256: those are 64 hexadecimal digits, and this is for {}",
            quoted(&entry.value),
            quoted(&entry.name)
        );
        source.error_at(&entry.value, message)
    })
}
