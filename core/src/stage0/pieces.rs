//! Lists the compiler of a stage0 file as pieces to fetch and put together.

use std::collections::BTreeSet;

use serde::Serialize;

use super::artifact::{Archive, Artifact};
use super::file::Stage0;
use crate::error::Error;
use crate::hash::Sha256;
use crate::server::Server;
use crate::show::{escaped, quoted};
use crate::suggest::nearest;

/// A file to fetch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Download {
    /// Where it is.
    pub url: String,
    /// Of its content.
    pub hash: Sha256,
}

/// The same content, packed in one way or another; at least one of them is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Archives {
    /// As `.tar.xz`, the smaller one.
    pub xz: Option<Download>,
    /// As `.tar.gz`.
    pub gz: Option<Download>,
}

/// A component for a platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Piece {
    /// `rustc`, `cargo` or `rust-std`.
    pub component: &'static str,
    /// The platform that it is for.
    pub target: String,
    /// The version in its name.
    pub version: String,
    /// The day of its release.
    pub date: String,
    /// The files that hold it.
    pub archives: Archives,
}

/// What bootstrap itself downloads (`download_toolchain` in its `src/core/download.rs`).
const OF_HOST: [&str; 3] = ["rustc", "cargo", "rust-std"];

/// How many names an error tells.
const NAMES_TOLD: usize = 60;

impl Stage0 {
    /// The compiler that runs on `host`, with the standard library of the host and of each of the
    /// other `targets`: rustc, cargo, rust-std of the host, and rust-std of the others, each once.
    /// All is fetched from `root`, or from the file's own server without one.
    ///
    /// Fails where the file has no checksum of one of them, which then cannot be fetched.
    pub fn compiler_for(
        &self,
        host: &str,
        targets: &[&str],
        root: Option<&Server>,
    ) -> Result<Vec<Piece>, Error> {
        if self.artifacts.is_empty() {
            return Err(self.error(
                "this stage0 file has no checksums, so nothing that it names can be fetched: \
                 give that of a tree with a src/stage0.json or a src/stage0",
            ));
        }
        self.check_host(host)?;
        let others = targets.iter().filter(|target| **target != host);
        let mut seen = BTreeSet::new();
        let others = others.filter(|target| seen.insert(**target));
        OF_HOST
            .map(|component| (component, host))
            .into_iter()
            .chain(others.map(|target| ("rust-std", *target)))
            .map(|(component, target)| self.piece(component, target, root))
            .collect()
    }

    /// Fails where the file has artifacts with a platform, but none for this one.
    pub(super) fn check_host(&self, host: &str) -> Result<(), Error> {
        let mut targets = self.artifacts.iter().filter_map(|it| it.target.as_deref());
        let has_some = targets.clone().next().is_some();
        if has_some && !targets.any(|target| target == host) {
            return Err(self.without("rustc", host));
        }
        Ok(())
    }

    fn piece(
        &self,
        component: &'static str,
        target: &str,
        root: Option<&Server>,
    ) -> Result<Piece, Error> {
        let server = self.server(root);
        let download = |archive| {
            let mut packed = self.of_compiler(component).filter(|artifact| {
                artifact.target.as_deref() == Some(target) && artifact.archive == archive
            });
            packed.next().map(|artifact| Download {
                url: artifact.url(server),
                hash: artifact.hash,
            })
        };
        let archives = Archives {
            xz: download(Archive::Xz),
            gz: download(Archive::Gz),
        };
        if archives.xz.is_none() && archives.gz.is_none() {
            return Err(self.without(component, target));
        }
        Ok(Piece {
            component,
            target: target.to_owned(),
            version: self.compiler.version.clone(),
            date: self.compiler.date.clone(),
            archives,
        })
    }

    /// The artifacts of a component that are of the compiler's own release: rustfmt's has a rustc
    /// beside it in later files.
    fn of_compiler(&self, component: &str) -> impl Iterator<Item = &Artifact> {
        self.artifacts.iter().filter(move |artifact| {
            artifact.component == component
                && artifact.version == self.compiler.version
                && artifact.date == self.compiler.date
        })
    }

    /// That the file has no such component for this platform, and for which it has one.
    fn without(&self, component: &str, target: &str) -> Error {
        let known: BTreeSet<_> = self
            .of_compiler(component)
            .filter_map(|artifact| artifact.target.as_deref())
            .collect();
        let known: Vec<_> = known.into_iter().collect();
        let meant = nearest(target, &known)
            .map(|near| format!("; did you mean {}?", quoted(near)))
            .unwrap_or_default();
        let mut told: Vec<_> = known
            .iter()
            .take(NAMES_TOLD)
            .map(|name| escaped(name))
            .collect();
        if known.len() > NAMES_TOLD {
            told.push("…".to_owned());
        }
        let known = match told.as_slice() {
            [] => "it has none for any".to_owned(),
            told => format!("it has one for {}", told.join(", ")),
        };
        self.error(format!(
            "this stage0 file names no {component} {} for {}{meant} ({known})",
            self.compiler.version,
            quoted(target)
        ))
    }
}
