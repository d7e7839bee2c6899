//! Holds a stage0 file that was read.

use serde::Serialize;

use super::artifact::Artifact;
use super::release::Release;
use crate::error::Error;
use crate::server::{self, Server};
use crate::show::file_name;

/// A format of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// `key: value` lines.
    Txt,
    /// JSON.
    Json,
    /// `key=value` lines.
    KeyValue,
}

/// A stage0 file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage0 {
    /// What the file is called.
    pub(super) name: String,
    pub(super) format: Format,
    pub(super) compiler: Release,
    pub(super) rustfmt: Option<Release>,
    pub(super) cargo: Option<String>,
    pub(super) dist_server: Option<Server>,
    pub(super) artifacts_server: Option<String>,
    pub(super) artifacts: Vec<Artifact>,
    pub(super) warnings: Vec<String>,
}

impl Stage0 {
    /// The format of the file.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// The compiler that the tree is built with.
    #[must_use]
    pub fn compiler(&self) -> &Release {
        &self.compiler
    }

    /// The rustfmt that the tree is formatted with; trees of a release have none.
    #[must_use]
    pub fn rustfmt(&self) -> Option<&Release> {
        self.rustfmt.as_ref()
    }

    /// All that the file has a checksum of, by component, target and archive.
    #[must_use]
    pub fn artifacts(&self) -> &[Artifact] {
        &self.artifacts
    }

    /// What the file has that nobody knows, each with its place.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The server that everything is fetched from: `root`, or the file's own, or Rust's.
    pub(super) fn server<'a>(&'a self, root: Option<&'a Server>) -> &'a str {
        root.or(self.dist_server.as_ref())
            .map_or(server::RUST, Server::as_str)
    }

    /// An error about the file as a whole, at its start.
    pub(super) fn error(&self, message: impl AsRef<str>) -> Error {
        let (name, message) = (file_name(&self.name), message.as_ref());
        Error::new(format!("{name}:1:1: {message}"))
    }
}
