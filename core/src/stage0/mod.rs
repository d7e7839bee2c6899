//! Names, for `rust.stage0`, the compiler that a rustc source tree is built with, as the tree's stage0 file
//! names it.
//!
//! What reads these files is rustc's own `src/bootstrap/bootstrap.py` and, since the last format,
//! `src/build_helper/src/stage0_parser.rs`. What they pass over with a note, an unknown key say,
//! is a warning here; what would fail in the middle of a build is an error.

mod accepts;
mod artifact;
mod entry;
mod file;
mod format;
mod json;
mod pieces;
mod release;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::path::AttrPath;
use crate::server::Server;
use crate::source::TextRef;
use crate::target;

pub use accepts::Accepts;
pub use artifact::{Archive, Artifact};
pub use file::{Format, Stage0};
pub use pieces::{Archives, Download, Piece};
pub use release::{Channel, Release};

/// What `rust.stage0` is asked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Wanted {
    /// The stage0 file that was found in the rustc source tree which was given.
    pub source: Option<TextRef>,
    /// The stage0 file that was given itself.
    pub file: Option<TextRef>,
    /// The release of the source tree, as its `src/version` has it.
    pub version: Option<TextRef>,
    /// The system or target triple of the artifacts that are asked for; all of them by default.
    pub host: Option<String>,
    /// The server to fetch from instead of the file's own.
    pub root: Option<Server>,
}

/// What `rust.stage0` answers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The format of the file.
    pub format: Format,
    /// The compiler that the tree is built with.
    #[serde(flatten)]
    pub compiler: Release,
    /// The rustfmt that the tree is formatted with.
    pub rustfmt: Option<Release>,
    /// The version of cargo, where the file names it apart.
    pub cargo: Option<String>,
    /// The server that the file names.
    pub dist_server: Option<Server>,
    /// The server of what rustc's own CI builds.
    pub artifacts_server: Option<String>,
    /// What the file has checksums of.
    pub artifacts: Vec<AnsweredArtifact>,
    /// Which compilers the tree's bootstrap takes.
    pub accepts: Option<Accepts>,
    /// What was passed over, each with its place.
    pub warnings: Vec<String>,
}

/// An artifact with the place to fetch it from.
#[derive(Debug, Serialize)]
pub struct AnsweredArtifact {
    /// What it is.
    #[serde(flatten)]
    pub artifact: Artifact,
    /// Where it is.
    pub url: String,
}

/// What the stage0 file names that `wanted` finds in `texts`.
pub fn stage0(wanted: &Wanted, texts: &[u8]) -> Result<Answer, Error> {
    let at = |name: &str| AttrPath::default().attr(name);
    let (attribute, file) = match (&wanted.source, &wanted.file) {
        (Some(file), None) => ("source", file),
        (None, Some(file)) => ("file", file),
        (None, None) => {
            return Err(Error::new(
                "give a rustc source tree as `source`, or its stage0 file as `file`",
            ));
        }
        (Some(_), Some(_)) => {
            let message = "this and `source` exclude each other: drop one of the two";
            return Err(at("file").error(message));
        }
    };
    let read = || Stage0::parse(file.find(texts)?);
    let stage0 = read().map_err(|error| error.at(&at(attribute)))?;
    let accepts = match &wanted.version {
        Some(version) => {
            let read = || Accepts::of(version.find(texts)?);
            Some(read().map_err(|error| error.at(&at("version")))?)
        }
        None => None,
    };
    let host = wanted
        .host
        .as_deref()
        .map(target::triple)
        .transpose()
        .map_err(|error| error.at(&at("host")))?;
    if let Some(host) = &host {
        stage0.check_host(host).map_err(|e| e.at(&at("host")))?;
    }
    Ok(stage0.answer(host.as_deref(), wanted.root.as_ref(), accepts))
}

impl Stage0 {
    fn answer(self, host: Option<&str>, root: Option<&Server>, accepts: Option<Accepts>) -> Answer {
        let server = self.server(root).to_owned();
        let is_wanted = |artifact: &Artifact| match (host, &artifact.target) {
            (Some(host), Some(target)) => host == target,
            _ => true,
        };
        let artifacts = self.artifacts.into_iter().filter(is_wanted);
        let artifacts = artifacts.map(|artifact| AnsweredArtifact {
            url: artifact.url(&server),
            artifact,
        });
        Answer {
            format: self.format,
            compiler: self.compiler,
            rustfmt: self.rustfmt,
            cargo: self.cargo,
            dist_server: self.dist_server,
            artifacts_server: self.artifacts_server,
            artifacts: artifacts.collect(),
            accepts,
            warnings: self.warnings,
        }
    }
}

#[cfg(test)]
mod tests;
