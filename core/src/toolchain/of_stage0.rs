//! Finds the toolchain that a rustc source tree is built with: rustc, cargo and the standard library,
//! as its stage0 file names them.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::server::Server;
use crate::stage0::{Channel, Download, Piece, Stage0};

use super::answer::{Archive, Component, Toolchain};
use super::name::Name;
use super::spec::Spec;

/// The toolchain out of the file's own checksums.
pub(super) fn from_checksums(
    stage0: &Stage0,
    host: &str,
    server: Option<&Server>,
) -> Result<Toolchain, Error> {
    let pieces = stage0.compiler_for(host, &[], server)?;
    let compiler = stage0.compiler();
    let mut components: Vec<_> = pieces.into_iter().filter_map(component).collect();
    components.sort_by(|a, b| (&a.package, &a.target).cmp(&(&b.package, &b.target)));
    Ok(Toolchain {
        channel: Some(channel(compiler.channel).to_owned()),
        version: Some(compiler.version.clone()),
        date: Some(compiler.date.clone()),
        commit: compiler.git_commit.clone(),
        host: Some(host.to_owned()),
        targets: vec![host.to_owned()],
        profile: Some("minimal".to_owned()),
        components,
        warnings: stage0.warnings().to_vec(),
        ..Toolchain::default()
    })
}

/// The same as a toolchain to look for in manifests, for the text format, which has no
/// checksums.
pub(super) fn name(stage0: &Stage0) -> Option<Name> {
    let compiler = stage0.compiler();
    Name::parse(&format!("{}-{}", compiler.version, compiler.date))
}

/// What of it is looked for there.
pub(super) fn spec(stage0: &Stage0) -> Spec<'static> {
    Spec {
        warnings: stage0.warnings().to_vec(),
        ..Spec::default()
    }
}

fn channel(channel: Channel) -> &'static str {
    match channel {
        Channel::Stable => "stable",
        Channel::Beta => "beta",
        Channel::Nightly => "nightly",
    }
}

fn component(piece: Piece) -> Option<Component> {
    let archive = |Download { url, hash }| Archive { url, hash };
    let found = [("xz", piece.archives.xz), ("gz", piece.archives.gz)];
    let archives: BTreeMap<_, _> = found
        .into_iter()
        .filter_map(|(compression, download)| Some((compression, archive(download?))))
        .collect();
    let first = archives.get("xz").or_else(|| archives.get("gz"))?.clone();
    Some(Component {
        name: piece.component.to_owned(),
        package: piece.component.to_owned(),
        target: Some(piece.target),
        version: piece.version,
        url: first.url,
        hash: first.hash,
        archives,
    })
}
