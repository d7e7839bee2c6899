//! Finds, for `rust.toolchain`, by a toolchain file and a channel manifest what the toolchain is made
//! of, and where each piece of it is.
//!
//! The rules are those of rustup 1.29 (its `src/config.rs`, `src/dist/mod.rs` and
//! `src/dist/manifest.rs`). It differs where a build in Nix does: the host is given and not
//! found out, nothing is installed already, and the manifest is given, too.

mod answer;
mod choose;
mod file;
mod name;
mod of_stage0;
mod select;
mod spec;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};

use crate::error::Error;
use crate::manifest::Manifest;
use crate::path::AttrPath;
use crate::server::Server;
use crate::show::quoted;
use crate::source::{Source, TextRef};
use crate::stage0::Stage0;
use crate::suggest::nearest;
use crate::target;

pub use answer::{Archive, Component, Toolchain, Unavailable};
pub use name::{Channel, Name};

use select::Selection;
use spec::{At, Given, NameGiven, Origin, Spec};

/// What `rust.toolchain` is asked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// A toolchain file.
    file: Option<TextRef>,
    /// The same as attributes, or the name alone.
    toolchain: Option<Asked>,
    /// The stage0 file of a rustc source tree, which names the compiler to build it with.
    stage0: Option<TextRef>,
    /// Channel manifests, of which one has to fit.
    #[serde(default)]
    manifest: Vec<TextRef>,
    /// On what the toolchain runs: a system of Nix's, or a triple.
    host: Option<String>,
    /// The toolchain of files that name none, as rustup's default toolchain is.
    default: Option<String>,
    /// The server to fetch from.
    root: Option<Server>,
    /// Whether to leave out what is not available, as rustup's `--force` does.
    #[serde(default)]
    force: bool,
}

/// A toolchain by its attributes, or by its name.
#[derive(Debug)]
enum Asked {
    Name(String),
    Attributes(Attributes),
}

/// With the names of a toolchain file's `[toolchain]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Attributes {
    channel: Option<String>,
    path: Option<String>,
    components: Option<Vec<String>>,
    targets: Option<Vec<String>>,
    profile: Option<String>,
}

/// The toolchain that is `wanted`; the files are in `texts`.
pub fn toolchain(wanted: &Wanted, texts: &[u8]) -> Result<Toolchain, Error> {
    let given = [
        ("file", wanted.file.is_some()),
        ("toolchain", wanted.toolchain.is_some()),
        ("stage0", wanted.stage0.is_some()),
    ];
    let mut given = given.iter().filter(|(_, is_given)| *is_given);
    if let (Some((one, _)), Some((other, _))) = (given.next(), given.next()) {
        return Err(Error::new(format!(
            "both `{one}` and `{other}` say which toolchain: drop one of the two"
        )));
    }
    match (&wanted.file, &wanted.toolchain, &wanted.stage0) {
        (Some(file), ..) => {
            let source = file.find(texts)?;
            let spec = file::parse(&source)?;
            wanted.of_spec(&spec, &Origin::File(source), texts)
        }
        (_, Some(asked), _) => wanted.of_spec(&asked.spec(), &Origin::Argument, texts),
        (.., Some(stage0)) => wanted.of_stage0(stage0.find(texts)?, texts),
        (None, None, None) => Err(Error::new(
            "nothing says which toolchain: give `file`, a toolchain file, `toolchain`, its attributes or its name, or `stage0`, a rustc source tree",
        )),
    }
}

impl Wanted {
    /// What a toolchain file asks for, or an attribute set.
    fn of_spec(
        &self,
        spec: &Spec<'_>,
        origin: &Origin<'_>,
        texts: &[u8],
    ) -> Result<Toolchain, Error> {
        if let Some(path) = spec.path(origin)? {
            return Ok(Toolchain {
                path: Some(path),
                warnings: spec.warnings.clone(),
                ..Toolchain::default()
            });
        }
        let profile = spec.profile(origin)?;
        let asked = self.name(spec, origin)?;
        let host = self.host(asked.name.host.as_deref())?;
        self.out_of_manifests(&asked, &host, profile, spec, origin, texts)
    }

    /// The compiler that a stage0 file names. Without checksums there it is one of a manifest's.
    fn of_stage0(&self, source: Source<'_>, texts: &[u8]) -> Result<Toolchain, Error> {
        let stage0 = Stage0::parse(source)?;
        let host = self.host(None)?;
        let by_name = of_stage0::name(&stage0).filter(|_| stage0.artifacts().is_empty());
        let Some(name) = by_name else {
            return of_stage0::from_checksums(&stage0, &host, self.root.as_ref());
        };
        let at = At::Byte(0);
        let origin = Origin::File(source);
        let asked = NameGiven {
            name,
            at: Some((&at, &origin)),
        };
        let spec = of_stage0::spec(&stage0);
        self.out_of_manifests(&asked, &host, "minimal", &spec, &origin, texts)
    }

    fn out_of_manifests(
        &self,
        asked: &NameGiven<'_>,
        host: &str,
        profile: &'static str,
        spec: &Spec<'_>,
        origin: &Origin<'_>,
        texts: &[u8],
    ) -> Result<Toolchain, Error> {
        let targets = spec.targets.iter().flatten();
        let mut read: Vec<_> = targets.map(|target| target.text.as_ref()).collect();
        read.push(host);
        let manifests = self
            .manifest
            .iter()
            .map(|manifest| Manifest::read(manifest.find(texts)?, &read))
            .collect::<Result<Vec<_>, _>>()?;
        let selection = Selection {
            spec,
            origin,
            profile,
            host,
            server: self.root.as_ref(),
            force: self.force,
        };
        choose::choose(&manifests, asked, &selection)
    }
}

impl Wanted {
    /// The toolchain's name: the channel that the project gives, or that of `default`.
    fn name<'a>(&self, spec: &'a Spec<'_>, origin: &'a Origin<'a>) -> Result<NameGiven<'a>, Error> {
        if let Some(channel) = &spec.channel {
            let name =
                official(&channel.text).map_err(|message| origin.error(&channel.at, message))?;
            let at = Some((&channel.at, origin));
            return Ok(NameGiven { name, at });
        }
        let Some(default) = &self.default else {
            let message = "no channel is given, and rustup would take the default toolchain of a machine: name it as `default`, \"stable\" say";
            return Err(match origin {
                Origin::File(file) => file.error(0, message),
                Origin::Argument => AttrPath::default().attr("toolchain").error(message),
            });
        };
        let name = official(default)
            .map_err(|message| AttrPath::default().attr("default").error(message))?;
        Ok(NameGiven { name, at: None })
    }

    /// The triple on which the toolchain runs: that of its name, with what it leaves out from
    /// that of the argument.
    fn host(&self, partial: Option<&str>) -> Result<String, Error> {
        let at = AttrPath::default().attr("host");
        let Some(host) = &self.host else {
            return Err(Error::new(
                "the attribute `host` is missing: on what is the toolchain to run? A system such as \"x86_64-linux\", or a triple",
            ));
        };
        let host = target::triple(host).map_err(|error| error.at(&at))?;
        match partial {
            None => Ok(host),
            Some(partial) => target::complete(partial, &host).ok_or_else(|| {
                let message = format!(
                    "{} cannot be completed to a triple by {}",
                    quoted(partial),
                    quoted(&host)
                );
                at.error(message)
            }),
        }
    }
}

/// A name that a server has a toolchain for. As in rustup, slashes at its end are not seen.
fn official(text: &str) -> Result<Name, String> {
    let name = text.trim_end_matches('/');
    if let Some(without) = name.strip_prefix('+') {
        return Err(format!(
            "the name of a toolchain does not begin with a plus: write {}",
            quoted(without)
        ));
    }
    Name::parse(name).ok_or_else(|| {
        let meant = nearest(name, &["stable", "beta", "nightly"])
            .map_or(".".to_owned(), |near| format!("; did you mean \"{near}\"?"));
        let shown = quoted(text);
        format!(
            "{shown} is no toolchain of Rust's{meant} Those are stable, beta, nightly, or a version, 1.84 or 1.84.1, with a date behind it, nightly-2025-01-30, or a host; a custom toolchain's name means something on one machine alone"
        )
    })
}

impl Spec<'_> {
    /// The path of a toolchain that is there, if it is one. Rustup takes nothing beside it.
    fn path(&self, origin: &Origin<'_>) -> Result<Option<String>, Error> {
        let Some(path) = &self.path else {
            return Ok(None);
        };
        if self.channel.is_some() {
            return Err(origin.error(
                &path.at,
                "both `path` and `channel` say which toolchain: drop one of the two",
            ));
        }
        let others = [
            ("components", self.components.is_some()),
            ("targets", self.targets.is_some()),
            ("profile", self.profile.is_some()),
        ];
        if let Some((name, _)) = others.iter().find(|(_, is_given)| *is_given) {
            return Err(origin.error(
                &path.at,
                format!("a toolchain given by its `path` is as it is: drop `{name}`"),
            ));
        }
        if !path.text.starts_with('/') || path.text.trim_end_matches('/').is_empty() {
            let message = format!(
                "{} is no absolute path of a toolchain's directory, and rustup takes no other",
                quoted(&path.text)
            );
            return Err(origin.error(&path.at, message));
        }
        Ok(Some(path.text.clone().into_owned()))
    }

    /// The name of the profile; rustup knows them by their first letters, too.
    fn profile(&self, origin: &Origin<'_>) -> Result<&'static str, Error> {
        let Some(profile) = &self.profile else {
            return Ok("default");
        };
        match profile.text.as_ref() {
            "minimal" | "m" => Ok("minimal"),
            "default" | "d" | "" => Ok("default"),
            "complete" | "c" => Ok("complete"),
            other => {
                let known = ["minimal", "default", "complete"];
                Err(origin.error(
                    &profile.at,
                    Error::unknown("profile", other, &known).to_string(),
                ))
            }
        }
    }
}

impl Asked {
    fn spec(&self) -> Spec<'_> {
        match self {
            Self::Name(name) => Spec {
                channel: Some(Given {
                    text: name.into(),
                    at: At::Attr(AttrPath::default().attr("toolchain")),
                }),
                ..Spec::default()
            },
            Self::Attributes(attributes) => attributes.spec(),
        }
    }
}

impl Attributes {
    fn spec(&self) -> Spec<'_> {
        Spec {
            channel: self.channel.as_deref().map(|text| given("channel", text)),
            path: self.path.as_deref().map(|text| given("path", text)),
            components: self
                .components
                .as_deref()
                .map(|list| all_given("components", list)),
            targets: self
                .targets
                .as_deref()
                .map(|list| all_given("targets", list)),
            profile: self.profile.as_deref().map(|text| given("profile", text)),
            warnings: Vec::new(),
        }
    }
}

/// A string at `toolchain.NAME`.
fn given<'a>(name: &str, text: &'a str) -> Given<'a> {
    Given {
        text: text.into(),
        at: At::Attr(AttrPath::default().attr("toolchain").attr(name)),
    }
}

/// Strings at `toolchain.NAME[0]` and so on.
fn all_given<'a>(name: &str, list: &'a [String]) -> Vec<Given<'a>> {
    let path = AttrPath::default().attr("toolchain").attr(name);
    list.iter()
        .enumerate()
        .map(|(index, text)| Given {
            text: text.into(),
            at: At::Attr(path.index(index)),
        })
        .collect()
}

impl<'de> Deserialize<'de> for Asked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameOrAttributes;

        impl<'de> Visitor<'de> for NameOrAttributes {
            type Value = Asked;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the name of a toolchain, or an attribute set")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Asked, E> {
                Ok(Asked::Name(name.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Asked, A::Error> {
                Attributes::deserialize(MapAccessDeserializer::new(map)).map(Asked::Attributes)
            }
        }

        deserializer.deserialize_any(NameOrAttributes)
    }
}

#[cfg(test)]
mod tests;
