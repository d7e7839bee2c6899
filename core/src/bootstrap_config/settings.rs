//! Checks the settings that are given, key by key, against one release.

use std::collections::BTreeMap;

use super::kinds::{Check, attrs};
use super::place::{Place, is_triple};
use super::release::{Happened, Release, came, went};
use super::schema::{Instead, Key, Kind, SECTIONS, Section, TOP, all};
use crate::error::Error;
use crate::path::AttrPath;
use crate::value::Value;

/// One line of the config to be.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Setting {
    pub(super) value: Value,
    /// Whether it was given, and is no default.
    pub(super) given: bool,
    pub(super) why: String,
}

/// All of them, and what is to be said about them.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) release: Release,
    pub(super) all: BTreeMap<Place, Setting>,
    pub(super) warnings: Vec<String>,
}

impl Settings {
    /// Checks every key against the release.
    pub(super) fn read(release: Release, given: Value) -> Result<Self, Error> {
        let mut settings = Self {
            release,
            all: BTreeMap::new(),
            warnings: Vec::new(),
        };
        let root = AttrPath::default().attr("settings");
        for (name, value) in attrs(given, &root)? {
            let path = root.attr(&name);
            match (Section::named(&name), TOP.key(&name)) {
                (Some(section), _) => settings.read_section(section, value, &path)?,
                (None, Some(_)) => settings.read_key(Place::new("", ""), &name, value, &path)?,
                (None, None) => return Err(settings.unknown(&TOP, &name).at(&root)),
            }
        }
        Ok(settings)
    }

    /// The value of a key of a section that is not a target's.
    pub(super) fn get(&self, section: &str, key: &'static str) -> Option<&Value> {
        let setting = self.all.get(&Place::new(section, key));
        setting.map(|setting| &setting.value)
    }

    /// The value of a key of a target.
    pub(super) fn get_of_target(&self, triple: &str, key: &'static str) -> Option<&Value> {
        let setting = self.all.get(&Place::of_target(triple, key));
        setting.map(|setting| &setting.value)
    }

    /// The triples that have a section of their own.
    pub(super) fn targets(&self) -> Vec<&str> {
        let mut triples: Vec<_> = self
            .all
            .keys()
            .filter_map(|place| place.triple.as_deref())
            .collect();
        triples.dedup();
        triples
    }

    fn read_section(
        &mut self,
        section: &'static Section,
        value: Value,
        path: &AttrPath,
    ) -> Result<(), Error> {
        let release = &self.release;
        match section.is_known(release.minor) {
            Happened::Yes => {}
            Happened::Perhaps => self.warnings.push(format!(
                "{path}: whether Rust {release} knows this section is not known here{}",
                came(section.came)
            )),
            Happened::No => {
                let message = format!(
                    "Rust {release} does not know this section{}: {}",
                    came(section.came),
                    instead_of_all(section, &attrs(value, path)?, release.minor)
                );
                return Err(path.error(message));
            }
        }
        if !section.per_target {
            return self.read_keys(&Place::new(section.name, ""), value, path);
        }
        for (triple, value) in attrs(value, path)? {
            let path = path.attr(&triple);
            if !is_triple(&triple) {
                let message =
                    "this is no target triple: one is written like x86_64-unknown-linux-gnu";
                return Err(path.error(message));
            }
            self.read_keys(&Place::of_target(&triple, ""), value, &path)?;
        }
        Ok(())
    }

    fn read_keys(&mut self, place: &Place, value: Value, path: &AttrPath) -> Result<(), Error> {
        for (name, value) in attrs(value, path)? {
            if place.section().key(&name).is_none() {
                return Err(self.unknown(place.section(), &name).at(path));
            }
            self.read_key(place.clone(), &name, value, &path.attr(&name))?;
        }
        Ok(())
    }

    fn read_key(
        &mut self,
        mut place: Place,
        name: &str,
        value: Value,
        path: &AttrPath,
    ) -> Result<(), Error> {
        let section = place.section();
        let Some(key) = section.key(name) else {
            return Err(self.unknown(section, name));
        };
        let release = &self.release;
        match key.is_known(release.minor) {
            Happened::Yes => {}
            Happened::Perhaps => self.warnings.push(format!(
                "{path}: whether Rust {release} knows this key is not known here{}{}",
                came(key.came),
                went(key.went.map(|(change, _)| change)),
            )),
            Happened::No => return Err(path.error(self.not_there(section, key))),
        }
        if let Some((change, other)) = key.renamed
            && change.is_done(release.minor)
            && key.is_known(release.minor) == Happened::Yes
        {
            self.warnings.push(format!(
                "{path}: Rust {release} understands this still, and calls it `{other}`"
            ));
        }
        let mut check = Check {
            release: &self.release,
            warnings: &mut self.warnings,
        };
        check.value(key, &value, path)?;
        place.key = key.name;
        let setting = Setting {
            value,
            given: true,
            why: "given in `settings`".to_owned(),
        };
        self.all.insert(place, setting);
        Ok(())
    }

    /// A name that no release has in this section.
    fn unknown(&self, section: &Section, name: &str) -> Error {
        let minor = self.release.minor;
        let elsewhere: Vec<_> = all()
            .filter(|(other, key)| {
                key.name == name && other.name != section.name && is_there(other, key, minor)
            })
            .map(|(other, _)| format!("`{}`", other.full_name(name)))
            .collect();
        if !elsewhere.is_empty() {
            let release = &self.release;
            return Error::new(format!(
                "unknown key `{name}`: in Rust {release} it is {}",
                elsewhere.join(" or ")
            ));
        }
        let mut known = section.known_names(minor);
        if section.name.is_empty() {
            let sections = SECTIONS.iter();
            let there = sections.filter(|section| section.is_known(minor) != Happened::No);
            known.extend(there.map(|section| section.name));
            return Error::unknown("section or key", name, &known);
        }
        Error::unknown("key", name, &known)
    }

    /// A key of another release.
    fn not_there(&self, section: &Section, key: &Key) -> String {
        let (release, minor) = (&self.release, self.release.minor);
        if let Some((change, instead)) = key.went
            && change.is_done(minor)
        {
            let instead = match instead {
                Instead::Key(other) => format!("write `{other}` instead"),
                Instead::Words(words) => words.to_owned(),
            };
            return format!("Rust {release} knows this key no more, it went {change}: {instead}");
        }
        let instead = match instead_of(section, key, &section.full_name(key.name), minor) {
            Some(other) => format!("write `{other}` instead"),
            None => LEAVE_OUT.to_owned(),
        };
        format!(
            "Rust {release} does not know this key yet{}: {instead}",
            came(key.came)
        )
    }
}

const LEAVE_OUT: &str = "leave it out";

/// What a release that does not know a key yet calls it. `name` is the key's, or that of a field
/// of its own, with its section.
fn instead_of(section: &Section, key: &Key, name: &str, minor: u32) -> Option<String> {
    let earlier = all().find(|(section, earlier)| {
        let went = matches!(earlier.went, Some((_, Instead::Key(to))) if to == name);
        let renamed = matches!(earlier.renamed, Some((_, to)) if to == name);
        (went || renamed) && is_there(section, earlier, minor)
    });
    // What is said of one target now, was said of all.
    let of_all = || {
        all().find(|(other, of_all)| {
            section.per_target
                && other.name != section.name
                && of_all.name == key.name
                && is_there(other, of_all, minor)
        })
    };
    let found = earlier.or_else(of_all);
    let found = found.map(|(section, key)| section.full_name(key.name));
    found.or_else(|| key.was.map(str::to_owned))
}

/// What to do in a release that does not know a section yet, of which `given` is given.
fn instead_of_all(section: &Section, given: &BTreeMap<String, Value>, minor: u32) -> String {
    let mut others = Vec::new();
    let mut is_all = true;
    for (name, value) in given {
        let Some(key) = section.key(name) else {
            is_all = false;
            continue;
        };
        let name = section.full_name(name);
        let names = match (key.kind, value) {
            (Kind::Profile, Value::Attrs(fields)) => {
                let fields = fields.keys();
                fields.map(|field| format!("{name}.{field}")).collect()
            }
            _ => vec![name],
        };
        for name in names {
            match instead_of(section, key, &name, minor) {
                Some(other) => others.push(format!("`{other}`")),
                None => is_all = false,
            }
        }
    }
    match (others.is_empty(), is_all) {
        (true, _) => LEAVE_OUT.to_owned(),
        (false, true) => format!("write {} instead", others.join(" and ")),
        (false, false) => format!("write {}, and leave the rest out", others.join(" and ")),
    }
}

fn is_there(section: &Section, key: &Key, minor: u32) -> bool {
    section.is_known(minor) != Happened::No && key.is_known(minor) == Happened::Yes
}
