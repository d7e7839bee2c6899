//! Checks the kinds of setting: what each may hold, so that no store has to check again.

use serde::Deserialize;
use serde::de::{Deserializer, Error, Unexpected};

use crate::show::quoted;

fn string<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    // Nothing past a NUL would reach the variable, and a line break hides in a log.
    if text.contains(['\0', '\n', '\r']) {
        return Err(D::Error::invalid_value(
            Unexpected::Str(&text),
            &"a string on one line",
        ));
    }
    Ok(text)
}

/// A string on one line that is not empty: sccache takes an empty variable for an unset one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(String);

impl Text {
    /// The string.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = string(deserializer)?;
        if text.is_empty() {
            return Err(D::Error::custom(
                "this is empty: leave it out, or null, for the default",
            ));
        }
        Ok(Self(text))
    }
}

/// An absolute path, which is not the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AbsolutePath(String);

impl AbsolutePath {
    /// The path, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path of `below` under this one.
    #[must_use]
    pub fn join(&self, below: &str) -> String {
        format!("{}/{below}", self.0)
    }
}

impl<'de> Deserialize<'de> for AbsolutePath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let path = string(deserializer)?;
        let trimmed = path.trim_end_matches('/');
        if !trimmed.starts_with('/') {
            return Err(D::Error::invalid_value(
                Unexpected::Str(&path),
                &"an absolute path below the root",
            ));
        }
        if trimmed.contains(':') {
            return Err(D::Error::custom(format!(
                "the path {} has a colon, which separates paths in a variable",
                quoted(&path)
            )));
        }
        Ok(Self(trimmed.to_owned()))
    }
}

/// The path of a socket, as it can stand in a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Socket(AbsolutePath);

impl Socket {
    /// The longest path on Linux: `sun_path` has 108 bytes, one of them the NUL.
    const MAX: usize = 107;

    /// The path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl<'de> Deserialize<'de> for Socket {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let path = AbsolutePath::deserialize(deserializer)?;
        let length = path.as_str().len();
        if length > Self::MAX {
            return Err(D::Error::custom(format!(
                "a socket's path has at most {} bytes, and this one has {length}",
                Self::MAX
            )));
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@=~".contains(c);
        if let Some(odd) = path.as_str().chars().find(|c| !plain(*c)) {
            return Err(D::Error::custom(format!(
                "the socket's path {} has {odd:?} in it, which would need escaping in a URL: give it a plain name",
                quoted(path.as_str())
            )));
        }
        Ok(Self(path))
    }
}

/// What comes before each key in a store; sccache drops slashes at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPrefix(String);

impl KeyPrefix {
    /// The prefix, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for KeyPrefix {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let prefix = Text::deserialize(deserializer)?;
        let trimmed = prefix.0.trim_end_matches('/');
        if trimmed.is_empty() {
            return Err(D::Error::custom(
                "a prefix of slashes alone is none: leave it out",
            ));
        }
        Ok(Self(trimmed.to_owned()))
    }
}

/// Where a store answers: a URL, or a host name with a port for those that take one.
///
/// A password in it is a secret like any other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint(String);

impl Endpoint {
    /// The URL as given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before `://`.
    #[must_use]
    pub fn scheme(&self) -> Option<&str> {
        self.0.split_once("://").map(|(scheme, _)| scheme)
    }

    /// Host, port and user: what stands between `://` and the next slash.
    #[must_use]
    pub fn authority(&self) -> &str {
        let rest = self
            .0
            .split_once("://")
            .map_or(self.0.as_str(), |(_, rest)| rest);
        rest.split(['/', '?', '#']).next().unwrap_or_default()
    }
}

impl<'de> Deserialize<'de> for Endpoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let endpoint = Self(Text::deserialize(deserializer)?.0);
        if endpoint.0.contains(char::is_whitespace) {
            return Err(D::Error::invalid_value(
                Unexpected::Str(&endpoint.0),
                &"a URL without white space",
            ));
        }
        if endpoint.0.contains(['?', '#']) {
            return Err(D::Error::custom(
                "this URL has more than a place in it: what comes behind `?` may be a secret, and sccache has settings for the rest",
            ));
        }
        if endpoint
            .authority()
            .rsplit_once('@')
            .is_some_and(|(user, _)| user.contains(':'))
        {
            return Err(D::Error::custom(
                "this URL has a password in it: a derivation can be read by everybody who can read the store; \
                 take it out and set sccache's variable for it where sccache runs",
            ));
        }
        Ok(endpoint)
    }
}
