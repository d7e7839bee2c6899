//! Tells which compilers a source tree's bootstrap takes as its stage0.

use serde::Serialize;

use crate::error::Error;
use crate::show::quoted;
use crate::source::Source;

/// What bootstrap's check of the versions of `build.rustc` and `build.cargo` takes: the minor
/// release of the source or the one before, whatever the patch and the channel
/// (`check_stage0_version` in 1.84 to 1.91). That a compiler is taken does not mean that it
/// compiles the source: the file's own one does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Accepts {
    /// The release of the source: `1.84.1`.
    source: String,
    /// The releases that are taken, the older first: `1.83`, `1.84`.
    minors: Vec<String>,
    /// Whether this source's bootstrap makes the check, and ends on another release.
    enforced: bool,
}

/// The first release that makes the check for certain: rust-lang/rust pull request 117043. It
/// came with 112231 in the summer of 2023, and 115103 took it away for a while.
const ENFORCED_FROM: (u64, u64) = (1, 75);

impl Accepts {
    /// What the source tree with this `src/version` takes.
    pub fn of(version: Source<'_>) -> Result<Self, Error> {
        let text = version.text().trim();
        let Some((major, minor)) = major_and_minor(text) else {
            let start = version.text().len() - version.text().trim_start().len();
            let message = format!(
                "{} is no release of Rust: a source tree's `src/version` has one such as 1.84.1",
                quoted(text)
            );
            return Err(version.error(start, message));
        };
        let before = minor.checked_sub(1);
        Ok(Self {
            source: text.to_owned(),
            minors: before
                .into_iter()
                .chain([minor])
                .map(|minor| format!("{major}.{minor}"))
                .collect(),
            enforced: (major, minor) >= ENFORCED_FROM,
        })
    }

    /// The releases that are taken, the older first: `1.83`, `1.84`.
    #[must_use]
    pub fn minors(&self) -> &[String] {
        &self.minors
    }
}

/// The first two of a release's two or three numbers.
fn major_and_minor(release: &str) -> Option<(u64, u64)> {
    let number = |part: &str| {
        let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| part.parse().ok())?
    };
    let mut parts = release.split('.').map(number);
    let (major, minor) = (parts.next()??, parts.next()??);
    match (parts.next(), parts.next()) {
        (None | Some(Some(_)), None) => Some((major, minor)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(version: &str) -> Result<Accepts, String> {
        let source = Source::new("src/version", version.as_bytes()).unwrap();
        Accepts::of(source).map_err(|error| error.to_string())
    }

    #[test]
    fn a_release_takes_itself_and_the_one_before() {
        let accepts = |source: &str, minors: &[&str], enforced| Accepts {
            source: source.to_owned(),
            minors: minors.iter().map(ToString::to_string).collect(),
            enforced,
        };
        for (version, expected) in [
            ("1.84.1\n", accepts("1.84.1", &["1.83", "1.84"], true)),
            ("1.75.0\r\n", accepts("1.75.0", &["1.74", "1.75"], true)),
            ("1.74.1", accepts("1.74.1", &["1.73", "1.74"], false)),
            ("1.63.0\n", accepts("1.63.0", &["1.62", "1.63"], false)),
            ("1.90", accepts("1.90", &["1.89", "1.90"], true)),
            // The majors have to be the same.
            ("2.0.0", accepts("2.0.0", &["2.0"], true)),
        ] {
            assert_eq!(of(version), Ok(expected));
        }
    }

    #[test]
    fn what_is_no_release_is_told() {
        for wrong in [
            "",
            "1",
            "1.",
            "1.84.1.2",
            "1.84.1-dev",
            "1.x.0",
            "+1.84.0",
            "nightly",
        ] {
            let message = format!(
                "src/version:2:2: \"{wrong}\" is no release of Rust: a source tree's `src/version` has one such as 1.84.1"
            );
            let text = format!("\n {wrong}x\n").replace("x\n", "");
            match wrong {
                "" => assert!(of(&text).is_err()),
                _ => assert_eq!(of(&text), Err(message)),
            }
        }
        assert!(of("1.99999999999999999999999.0").is_err());
    }
}
