//! Names the server that Rust's releases are fetched from.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::show::quoted;

/// Rust's own server.
pub(crate) const RUST: &str = "https://static.rust-lang.org";

/// The one on which a release is tried before it is published.
pub(crate) const RUST_DEV: &str = "https://dev-static.rust-lang.org";

/// A server, such as `https://static.rust-lang.org`: what stands before `/dist` in a URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Server(String);

impl Server {
    /// Reads the URL of a server, with or without `/dist` and a slash at its end, or of a directory. Fails with what
    /// is wrong with it: a URL that has a scheme and a host, and no secret, is wanted.
    pub fn parse(url: &str) -> Result<Self, String> {
        let trimmed = url.trim_end_matches('/');
        // A directory is the one that is named, whatever its name.
        let server = match trimmed
            .strip_suffix("/dist")
            .map(|it| it.trim_end_matches('/'))
        {
            Some(server) if !server.ends_with(':') && !url.starts_with("file:") => server,
            _ => trimmed,
        };
        let example = "write a server such as \"https://static.rust-lang.org\"";
        let Some((scheme, rest)) = server.split_once("://") else {
            return Err(format!("{} is no URL: {example}", quoted(url)));
        };
        if !matches!(scheme, "http" | "https" | "file") {
            return Err(format!(
                "{} is neither http, https nor file: {example}",
                quoted(url)
            ));
        }
        let authority = rest.split('/').next().unwrap_or_default();
        if authority.contains('@') {
            // Not shown: it may be the secret.
            return Err(
                "this URL names a user or a password, which everybody could read in the derivation: \
                 leave it out, and give it to Nix's downloads in its `netrc-file`"
                    .to_owned(),
            );
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/[]%+".contains(c);
        if let Some(odd) = rest.chars().find(|c| !plain(*c)) {
            return Err(format!("{} has {odd:?} in it: {example}", quoted(url)));
        }
        if rest.is_empty() || (authority.is_empty() && scheme != "file") {
            return Err(format!("{} names no host: {example}", quoted(url)));
        }
        Ok(Self(server.to_owned()))
    }

    /// One of Rust's own.
    pub(crate) fn of_rust(url: &'static str) -> Self {
        Self(url.to_owned())
    }

    /// The same file on this server: what is behind `/dist/` stays, or behind the host where
    /// there is no such directory.
    #[must_use]
    pub fn replace(&self, url: &str) -> String {
        let path = match url.find("/dist/") {
            Some(dist) => &url[dist..],
            None => match url.split_once("://") {
                Some((_, rest)) => rest.find('/').map_or("", |slash| &rest[slash..]),
                None => url,
            },
        };
        format!("{}{path}", self.0)
    }

    /// The URL of a file below `dist/`, on this server or on Rust's own.
    #[must_use]
    pub fn dist(server: Option<&Self>, file: &str) -> String {
        let server = server.map_or(RUST, Self::as_str);
        format!("{server}/dist/{file}")
    }

    /// The URL, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Server {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let url = String::deserialize(deserializer)?;
        Self::parse(&url).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_the_url_does_not_matter() {
        for url in [
            "https://mirror.example",
            "https://mirror.example/",
            "https://mirror.example/dist",
            "https://mirror.example//dist//",
        ] {
            assert_eq!(
                Server::parse(url).unwrap().as_str(),
                "https://mirror.example",
                "{url}"
            );
        }
        for url in [
            "http://[::1]:8080/rust",
            "file:///srv/rust",
            "file:///dist",
            "file:///srv/dist",
        ] {
            assert_eq!(Server::parse(url).unwrap().as_str(), url);
        }
    }

    #[test]
    fn the_server_is_replaced_and_the_path_stays() {
        let replace = |root, url| Server::parse(root).unwrap().replace(url);
        let url = "https://static.rust-lang.org/dist/2025-01-30/rustc-1.84.1-x.tar.xz";
        assert_eq!(
            replace("https://mirror.example/rustup/", url),
            "https://mirror.example/rustup/dist/2025-01-30/rustc-1.84.1-x.tar.xz"
        );
        assert_eq!(
            replace("file:///srv", "https://a.example/b/c.tar.gz"),
            "file:///srv/b/c.tar.gz"
        );
        assert_eq!(
            Server::dist(None, "channel-rust-1.84.toml"),
            "https://static.rust-lang.org/dist/channel-rust-1.84.toml"
        );
    }

    #[test]
    fn what_is_no_server_is_told() {
        let example = "write a server such as \"https://static.rust-lang.org\"";
        for (url, message) in [
            ("", "\"\" is no URL"),
            ("mirror.example", "\"mirror.example\" is no URL"),
            (
                "ftp://a.example",
                "\"ftp://a.example\" is neither http, https nor file",
            ),
            ("https:///dist", "\"https:///dist\" names no host"),
            ("https:///a", "\"https:///a\" names no host"),
            ("https://a b", "\"https://a b\" has ' ' in it"),
            ("https://a/?b", "\"https://a/?b\" has '?' in it"),
        ] {
            assert_eq!(Server::parse(url), Err(format!("{message}: {example}")));
        }
        let error = Server::parse("https://me:hunter2@mirror.example").unwrap_err();
        assert!(error.starts_with("this URL names a user or a password"));
        assert!(!error.contains("hunter2"));
    }
}
