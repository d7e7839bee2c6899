//! Names what a stage0 file has a checksum of.

use serde::Serialize;

use crate::hash::Sha256;
use crate::manifest::is_date;

/// What kind of file an artifact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Archive {
    /// A `.tar.gz`.
    Gz,
    /// An installer for Windows.
    Msi,
    /// An installer for macOS.
    Pkg,
    /// A `.tar.xz`.
    Xz,
}

impl Archive {
    /// By the end of the name.
    const ENDS: [(&str, Self); 4] = [
        (".tar.gz", Self::Gz),
        (".msi", Self::Msi),
        (".pkg", Self::Pkg),
        (".tar.xz", Self::Xz),
    ];
}

/// One file on Rust's server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Artifact {
    /// What it holds: `rustc`, `cargo`, `rust-std`, …
    pub component: String,
    /// The platform that it is for; none for sources.
    pub target: Option<String>,
    /// What kind of file it is.
    pub archive: Archive,
    /// The version in its name: `1.83.0`, `beta`, `nightly`.
    pub version: String,
    /// The day of its release.
    pub date: String,
    /// Its path on the server: `dist/2024-11-28/cargo-1.83.0-x86_64-unknown-linux-gnu.tar.xz`.
    #[serde(skip)]
    pub path: String,
    /// Of its content.
    pub hash: Sha256,
}

impl Artifact {
    /// Reads `dist/DATE/COMPONENT-VERSION-TARGET.tar.xz`. The versions are those that the file
    /// names: without them it cannot be told where the component ends. Fails with what does not
    /// fit.
    pub(super) fn of_path(
        path: &str,
        hash: Sha256,
        versions: &[&str],
    ) -> Result<Self, &'static str> {
        let rest = path
            .strip_prefix("dist/")
            .and_then(|rest| rest.split_once('/'));
        let Some((date, file)) = rest.filter(|(date, _)| is_date(date)) else {
            return Err("it does not begin with dist/ and a date");
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._+".contains(c);
        if !file.chars().all(plain) {
            return Err("it has characters that no artifact's name has");
        }
        let ends = Archive::ENDS.iter();
        let mut names = ends.filter_map(|(end, archive)| Some((file.strip_suffix(end)?, *archive)));
        let Some((name, archive)) = names.next() else {
            return Err("it is neither .tar.xz nor .tar.gz nor an installer");
        };
        let mut split = versions.iter().filter_map(|version| {
            let (component, target) = split(name, version)?;
            Some((component, *version, target))
        });
        let Some((component, version, target)) = split.next() else {
            return Err("it has none of the versions of this file in its name");
        };
        let (component, target) = match target {
            // The source of the whole release.
            Some("src") => (format!("{component}-src"), None),
            target => (component.to_owned(), target.map(str::to_owned)),
        };
        Ok(Self {
            component,
            target,
            archive,
            version: version.to_owned(),
            date: date.to_owned(),
            path: path.to_owned(),
            hash,
        })
    }

    /// What a list of them is sorted by.
    pub(super) fn order(&self) -> impl Ord + '_ {
        let target = self.target.as_deref();
        (&self.component, target, self.archive, &self.path)
    }

    /// Where to fetch it from.
    #[must_use]
    pub fn url(&self, server: &str) -> String {
        format!("{server}/{}", self.path)
    }
}

/// `COMPONENT-VERSION` or `COMPONENT-VERSION-TARGET`, without the version.
fn split<'a>(name: &'a str, version: &str) -> Option<(&'a str, Option<&'a str>)> {
    let (component, target) = if let Some(component) = name.strip_suffix(version) {
        (component.strip_suffix('-')?, None)
    } else {
        let (component, target) = name.split_once(&format!("-{version}-"))?;
        (component, Some(target))
    };
    let is_there = !component.is_empty() && target != Some("");
    is_there.then_some((component, target))
}
