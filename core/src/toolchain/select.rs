//! Selects the components of a toolchain as rustup does, out of one manifest.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Error;
use crate::manifest::{Component, Manifest, Release};
use crate::server::Server;
use crate::show::{escaped, quoted};
use crate::suggest::nearest;
use crate::target;

use super::answer::{Archive, Toolchain, Unavailable};
use super::spec::{Given, Origin, Spec};

/// The package of the standard library, the only one that `targets` adds.
const LIBRARY: &str = "rust-std";

/// How many targets an error tells of.
const SHOWN: usize = 12;

/// What is to be selected.
pub(super) struct Selection<'a> {
    pub(super) spec: &'a Spec<'a>,
    pub(super) origin: &'a Origin<'a>,
    pub(super) profile: &'static str,
    pub(super) host: &'a str,
    pub(super) server: Option<&'a Server>,
    pub(super) force: bool,
}

/// A toolchain, or what this manifest has not got of it.
pub(super) enum Selected {
    All(Box<Toolchain>),
    Missing(Error),
}

/// Who asked for a component.
#[derive(Clone, Copy)]
enum Asker<'a> {
    Profile,
    Component(&'a Given<'a>),
    Target(&'a Given<'a>),
}

impl Selection<'_> {
    /// Selects out of a manifest, which is of this release.
    pub(super) fn select(
        &self,
        manifest: &Manifest<'_>,
        release: &Release,
    ) -> Result<Selected, Error> {
        let (components, extensions) = manifest.components_of_rust(self.host)?;
        let listed: Vec<_> = components.iter().chain(&extensions).collect();
        let mut unavailable = BTreeSet::new();
        let mut asked = BTreeMap::new();
        for component in self.of_profile(manifest, &components, &listed, &mut unavailable)? {
            asked.insert(component, Asker::Profile);
        }
        let mut renamed = BTreeMap::new();
        for given in self.spec.components.iter().flatten() {
            let package = match manifest.renamed(&given.text) {
                Some(to) => {
                    renamed.insert(given.text.clone().into_owned(), to.clone().into_owned());
                    to.clone()
                }
                None => given.text.clone(),
            };
            // What is for every target has no host.
            let first = listed.iter().find(|component| component.package == package);
            let is_for_all = first.is_some_and(|component| component.target.is_none());
            let target = (!is_for_all).then(|| self.host.into());
            asked.insert(Component { package, target }, Asker::Component(given));
        }
        for given in self.spec.targets.iter().flatten() {
            let component = Component {
                package: LIBRARY.into(),
                target: Some(given.text.clone()),
            };
            asked.entry(component).or_insert(Asker::Target(given));
        }

        let mut found = Vec::new();
        for (component, asker) in &asked {
            let archives = manifest.archives(component)?;
            let Some(first) = archives.values().next() else {
                if self.force {
                    unavailable.insert(unavailable_in(manifest, component));
                    continue;
                }
                return Ok(Selected::Missing(
                    self.missing(manifest, release, &listed, component, *asker),
                ));
            };
            let fetch = |url: &str| match self.server {
                Some(server) => server.replace(url),
                None => url.to_owned(),
            };
            found.push(super::answer::Component {
                name: manifest.short_name(&component.package).to_owned(),
                package: component.package.clone().into_owned(),
                target: component.target.clone().map(Into::into),
                version: manifest.package_version(&component.package)?.to_owned(),
                url: fetch(&first.url),
                hash: first.hash,
                archives: archives
                    .iter()
                    .map(|(compression, archive)| {
                        let url = fetch(&archive.url);
                        let hash = archive.hash;
                        (compression.name(), Archive { url, hash })
                    })
                    .collect(),
            });
        }
        let mut targets: Vec<String> = found
            .iter()
            .filter(|component| component.package == LIBRARY)
            .filter_map(|component| component.target.clone())
            .collect();
        targets.sort_by_key(|target| target != self.host);
        let commit = manifest.commit().map(str::to_owned);
        Ok(Selected::All(Box::new(Toolchain {
            path: None,
            channel: None,
            version: Some(release.to_string()),
            date: Some(manifest.date().to_owned()),
            commit: commit.or_else(|| release.short_commit.clone()),
            host: Some(self.host.to_owned()),
            targets,
            profile: Some(self.profile.to_owned()),
            components: found,
            renamed,
            unavailable: unavailable.into_iter().collect(),
            warnings: self.spec.warnings.clone(),
        })))
    }

    /// The components of the profile. Those that `rust` has not got on this host are left out; a
    /// manifest without profiles, from before 1.34, has one alone.
    fn of_profile<'m>(
        &self,
        manifest: &Manifest<'m>,
        components: &[Component<'m>],
        listed: &[&Component<'m>],
        unavailable: &mut BTreeSet<Unavailable>,
    ) -> Result<Vec<Component<'m>>, Error> {
        let is_ours = |component: &Component<'_>| {
            component
                .target
                .as_deref()
                .is_none_or(|target| target == self.host)
        };
        let profiles: Vec<_> = manifest.profiles().collect();
        if profiles.is_empty() {
            return Ok(components
                .iter()
                .filter(|one| is_ours(one))
                .cloned()
                .collect());
        }
        let Some(packages) = manifest.profile(self.profile) else {
            let unknown = Error::unknown("profile", self.profile, &profiles).to_string();
            return Err(manifest.source().error(0, unknown));
        };
        let mut found = Vec::new();
        for package in packages {
            let listed = listed
                .iter()
                .find(|one| one.package == *package && is_ours(one));
            if let Some(component) = listed {
                found.push((*component).clone());
            } else {
                let component = Component {
                    package: package.clone(),
                    target: Some(self.host.to_owned().into()),
                };
                unavailable.insert(unavailable_in(manifest, &component));
            }
        }
        Ok(found)
    }

    /// What is not there, who asked for it, and what is.
    fn missing(
        &self,
        manifest: &Manifest<'_>,
        release: &Release,
        listed: &[&Component<'_>],
        component: &Component<'_>,
        asker: Asker<'_>,
    ) -> Error {
        let release = format!("Rust {release} ({})", manifest.date());
        let name = escaped(manifest.short_name(&component.package)).clone();
        let target = component.target.as_deref().unwrap_or(self.host);
        match asker {
            Asker::Target(given) => self
                .origin
                .error(&given.at, no_target(manifest, &release, &given.text)),
            Asker::Component(given) if !manifest.has_package(&component.package) => {
                self.origin.error(
                    &given.at,
                    no_component(manifest, &release, listed, &given.text),
                )
            }
            Asker::Component(given) => {
                let there = manifest.available_targets(&component.package);
                let message = if there.is_empty() {
                    format!("{release} has no `{name}` for any target")
                } else {
                    let there = among(target, &there, "it has it for ");
                    format!("{release} has no `{name}` for {target}{there}")
                };
                self.origin.error(&given.at, message)
            }
            Asker::Profile => {
                let message = format!(
                    "{release} has no `{name}` for {target}, which is of the profile `{}`: choose another profile, or leave it out with `force = true`",
                    self.profile
                );
                match self.spec.profile.as_ref().or(self.spec.channel.as_ref()) {
                    Some(given) => self.origin.error(&given.at, message),
                    None => manifest.source().error(0, message),
                }
            }
        }
    }
}

/// A host that this release does not run on.
pub(super) fn no_host(manifest: &Manifest<'_>, release: &Release, host: &str) -> String {
    let there = manifest.available_targets("rust");
    let there = among(host, &there, "it runs on ");
    format!("Rust {release} does not run on {}{there}", quoted(host))
}

fn unavailable_in(manifest: &Manifest<'_>, component: &Component<'_>) -> Unavailable {
    Unavailable {
        package: component.package.clone().into_owned(),
        name: manifest.short_name(&component.package).to_owned(),
        target: component.target.clone().map(Into::into),
    }
}

/// A target without a standard library.
fn no_target(manifest: &Manifest<'_>, release: &str, asked: &str) -> String {
    let shown = quoted(asked);
    if let Ok(triple) = target::triple(asked)
        && triple != asked
    {
        return format!(
            "{shown} is a system of Nix's, and this is for target triples: write \"{triple}\""
        );
    }
    let there = manifest.available_targets(LIBRARY);
    if target::is_known(asked) {
        let near = among(asked, &there, "it has those of ");
        return format!("{release} has no standard library for {shown}{near}");
    }
    let names: Vec<_> = there.iter().map(String::as_str).collect();
    let meant = nearest(asked, &names)
        .map(|near| format!("; did you mean \"{near}\"?"))
        .unwrap_or_default();
    format!("{release} has no target {shown}{meant}")
}

/// A component that no manifest of this release has.
fn no_component(
    manifest: &Manifest<'_>,
    release: &str,
    listed: &[&Component<'_>],
    asked: &str,
) -> String {
    let mut known: Vec<&str> = listed
        .iter()
        .map(|one| manifest.short_name(&one.package))
        .collect();
    known.sort_unstable();
    known.dedup();
    // `rust-std-wasm32-unknown-unknown` is a name that rustup prints, and takes on its command line.
    let with_target = known.iter().find_map(|name| {
        let target = asked.strip_prefix(name)?.strip_prefix('-')?;
        target::is_known(target).then_some((*name, target))
    });
    if let Some((name, target)) = with_target {
        let shown = quoted(asked);
        return if name == LIBRARY {
            format!(
                "{shown} is the standard library for a target: write it as targets = [ \"{target}\" ]"
            )
        } else {
            format!("{shown} names its target, which a toolchain file does not: write \"{name}\"")
        };
    }
    format!("{release}: {}", Error::unknown("component", asked, &known))
}

/// What there is instead, the likest first; nothing, where there is none.
fn among(asked: &str, there: &[String], begins: &str) -> String {
    if there.is_empty() {
        return String::new();
    }
    let arch = |triple: &str| triple.split('-').next().unwrap_or_default().to_owned();
    let mut there: Vec<&str> = there.iter().map(String::as_str).collect();
    there.sort_by_cached_key(|triple| {
        (
            arch(triple) != arch(asked),
            strsim::levenshtein(triple, asked),
        )
    });
    let more = match there.len() {
        count if count > SHOWN => format!(" and {} more", count - SHOWN),
        _ => String::new(),
    };
    there.truncate(SHOWN);
    format!("; {begins}{}{more}", there.join(", "))
}
