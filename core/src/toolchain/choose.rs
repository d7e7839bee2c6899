//! Chooses which of the manifests is that of the toolchain.

use crate::error::Error;
use crate::manifest::{Manifest, Release};
use crate::path::AttrPath;
use crate::server::Server;
use crate::show::file_name;

use super::answer::Toolchain;
use super::name::Channel;
use super::select::{Selected, Selection, no_host};
use super::spec::NameGiven;

/// How many manifests an error tells of.
const SHOWN: usize = 5;

/// A manifest that fits.
struct Candidate<'a> {
    manifest: &'a Manifest<'a>,
    release: Release,
}

/// The toolchain out of the newest manifest that fits. As with rustup, a nightly without a date is
/// the newest one that has all that is asked for.
pub(super) fn choose(
    manifests: &[Manifest<'_>],
    asked: &NameGiven<'_>,
    selection: &Selection<'_>,
) -> Result<Toolchain, Error> {
    let mut candidates = Vec::new();
    let mut others = Vec::new();
    for manifest in manifests {
        let release = manifest.release()?;
        if asked.name.fits(manifest.date(), &release) {
            candidates.push(Candidate { manifest, release });
        } else {
            others.push(format!(
                "{} is of {release} ({})",
                file_name(manifest.source().name()),
                manifest.date()
            ));
        }
    }
    candidates.sort_by(|a, b| {
        let key = |one: &Candidate<'_>| (one.manifest.date().to_owned(), one.release.clone());
        key(b).cmp(&key(a))
    });
    let looks_back = asked.name.channel == Channel::Nightly && asked.name.date.is_none();
    let mut warnings = Vec::new();
    let mut first = None;
    for Candidate { manifest, release } in candidates {
        if !manifest.has_host(selection.host) {
            let message = no_host(manifest, &release, selection.host);
            return Err(match asked.name.host {
                Some(_) => asked.error(&message),
                None => AttrPath::default().attr("host").error(message),
            });
        }
        match selection.select(manifest, &release)? {
            Selected::All(mut toolchain) => {
                toolchain.channel = Some(asked.name.channel.to_string());
                toolchain.warnings.extend(warnings);
                return Ok(*toolchain);
            }
            Selected::Missing(error) => {
                warnings.push(format!(
                    "the nightly of {} was passed over: {error}",
                    manifest.date()
                ));
                let first = first.get_or_insert(error);
                if !looks_back {
                    return Err(first.clone());
                }
            }
        }
    }
    Err(first.unwrap_or_else(|| none_fits(&others, asked, selection.server)))
}

/// What would have fitted, and where it is.
fn none_fits(others: &[String], asked: &NameGiven<'_>, server: Option<&Server>) -> Error {
    let name = &asked.name;
    let given = match others {
        [] => "no `manifest` is given".to_owned(),
        others => {
            let more = match others.len() {
                count if count > SHOWN => format!(", and {} more", count - SHOWN),
                _ => String::new(),
            };
            let shown: Vec<_> = others.iter().take(SHOWN).map(String::as_str).collect();
            format!("no `manifest` fits: {}{more}", shown.join(", "))
        }
    };
    let url = Server::dist(server, &name.manifest());
    let wanted = match (&name.channel, &name.date) {
        (
            Channel::Version {
                major: 1,
                minor: ..=7,
                ..
            },
            _,
        ) => "Releases before 1.8 have none of version 2, and cannot be had this way".to_owned(),
        (_, Some(date)) => format!("Give that of {date}: {url}"),
        (
            Channel::Version {
                patch: Some(_),
                beta: None | Some(Some(_)),
                ..
            },
            None,
        ) => {
            format!("Give {url}")
        }
        (channel, None) => {
            let file = format!("YYYY-MM-DD/channel-rust-{channel}.toml");
            let dated = Server::dist(server, &file);
            format!("Give {url}, or one that stays the same, that of a day: {dated}")
        }
    };
    let name = name.to_string();
    asked.error(&format!("for the toolchain \"{name}\", {given}. {wanted}"))
}
