//! Hides secrets in what is recorded and shown: people paste it into bug reports.

use std::ffi::OsStr;

/// What stands where a secret was.
const HIDDEN: &str = "(hidden)";

/// Parts of a name whose value is a secret, wherever they stand in it.
const ANYWHERE: [&str; 6] = [
    "TOKEN",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "SECRET",
    "CREDENTIAL",
];

/// And those that count at its end alone: a `KEY_PREFIX` is none.
const AT_THE_END: [&str; 5] = ["KEY", "KEY_ID", "AUTH", "CONNECTION_STRING", "SIGNATURE"];

/// A shorter value cannot be told from a word that means something else.
const LEAST_LENGTH: usize = 6;

/// Whether what goes by this name, in the environment or in a file, is a secret.
#[must_use]
pub fn is_secret(name: &str) -> bool {
    let name = name.to_uppercase().replace('-', "_");
    let is_switch = name.ends_with("NO_CREDENTIALS");
    !is_switch
        && (ANYWHERE.iter().any(|part| name.contains(part))
            || AT_THE_END.iter().any(|end| name.ends_with(end)))
}

/// A variable's value as it may be shown.
#[must_use]
pub fn value(name: &str, value: &str) -> String {
    if is_secret(name) && !value.is_empty() {
        HIDDEN.to_owned()
    } else {
        urls(value)
    }
}

/// The values of secret variables, which must not turn up anywhere else either, in what a
/// program says, say.
#[derive(Debug, Default)]
pub struct Secrets(Vec<String>);

impl Secrets {
    /// Those of an environment.
    pub fn of<'a>(variables: impl IntoIterator<Item = (&'a str, &'a OsStr)>) -> Self {
        let mut secrets: Vec<_> = variables
            .into_iter()
            .filter(|(name, value)| is_secret(name) && value.len() >= LEAST_LENGTH)
            .map(|(_, value)| value.to_string_lossy().into_owned())
            .collect();
        // One may begin with another.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self(secrets)
    }

    /// The text without them, and without what URLs have of the kind.
    #[must_use]
    pub fn clean(&self, text: &str) -> String {
        self.0
            .iter()
            .fold(urls(text), |text, secret| text.replace(secret, HIDDEN))
    }
}

/// Hides the user and the password of each URL, and its query, which may hold a signature.
/// Rather too much than too little: a password may have a slash in it.
#[must_use]
pub fn urls(text: &str) -> String {
    const SCHEME: &str = "://";
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(SCHEME) {
        let (before, url) = rest.split_at(at + SCHEME.len());
        shown += before;
        let end = url
            .find(|c: char| c.is_whitespace() || "\"'`<>".contains(c))
            .unwrap_or(url.len());
        let (url, behind) = url.split_at(end);
        let (user, url) = url
            .rsplit_once('@')
            .map_or((false, url), |(_, place)| (true, place));
        if user {
            shown += HIDDEN;
            shown.push('@');
        }
        match url.split_once('?') {
            Some((place, query)) if !query.is_empty() && !is_hidden(query) => {
                shown += place;
                shown.push('?');
                shown += HIDDEN;
            }
            _ => shown += url,
        }
        rest = behind;
    }
    shown + rest
}

/// What was hidden before stays as it is.
fn is_hidden(text: &str) -> bool {
    text.starts_with(HIDDEN)
}
