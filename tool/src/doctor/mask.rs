//! Keeping secrets out of what is shown: people paste it into bug reports.

use super::variables::Variables;

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
pub fn is_secret(name: &str) -> bool {
    let name = name.to_uppercase().replace('-', "_");
    let is_switch = name.ends_with("NO_CREDENTIALS");
    !is_switch
        && (ANYWHERE.iter().any(|part| name.contains(part))
            || AT_THE_END.iter().any(|end| name.ends_with(end)))
}

/// A variable's value as it may be shown.
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
    pub fn of(variables: &Variables) -> Self {
        let mut secrets: Vec<_> = variables
            .iter()
            .filter(|(name, value)| is_secret(name) && value.len() >= LEAST_LENGTH)
            .map(|(_, value)| value.to_string_lossy().into_owned())
            .collect();
        // One may begin with another.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self(secrets)
    }

    /// The text without them, and without what URLs have of the kind.
    pub fn clean(&self, text: &str) -> String {
        self.0
            .iter()
            .fold(urls(text), |text, secret| text.replace(secret, HIDDEN))
    }

    /// The same in every string of a JSON value.
    pub fn clean_json(&self, value: &mut serde_json::Value) {
        match value {
            serde_json::Value::String(text) => *text = self.clean(text),
            serde_json::Value::Array(values) => {
                for value in values {
                    self.clean_json(value);
                }
            }
            serde_json::Value::Object(members) => {
                for value in members.values_mut() {
                    self.clean_json(value);
                }
            }
            _ => {}
        }
    }
}

/// Hides the user and the password of each URL, and its query, which may hold a signature.
/// Rather too much than too little: a password may have a slash in it.
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

/// A TOML file without the values of keys whose names say that they are secret. It goes by
/// lines and not by TOML: a file that does not parse is shown, too.
pub fn file(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    // What ends a value that began on an earlier line.
    let mut until: Option<&str> = None;
    for line in text.lines() {
        if let Some(end) = until {
            if line.contains(end) {
                until = None;
            }
            continue;
        }
        if let Some((before, value)) = split_at_secret(line) {
            shown += before;
            shown.push(' ');
            shown += HIDDEN;
            until = goes_on_until(value.trim_start());
        } else {
            shown += &urls(line);
        }
        shown.push('\n');
    }
    shown
}

/// The line up to the `=` behind the first name of a secret, and what comes behind that.
fn split_at_secret(line: &str) -> Option<(&str, &str)> {
    line.match_indices('=').find_map(|(at, _)| {
        let (before, value) = (line.get(..=at)?, line.get(at + 1..)?);
        let name = before.trim_end_matches(['=', ' ', '\t', '"', '\'']);
        let mut names = name.rsplit(|c: char| !(c.is_alphanumeric() || "_-".contains(c)));
        names
            .next()
            .is_some_and(is_secret)
            .then_some((before, value))
    })
}

/// What ends this value, if it does not end on its line.
fn goes_on_until(value: &str) -> Option<&'static str> {
    let open = [("\"\"\"", "\"\"\""), ("'''", "'''"), ("[", "]"), ("{", "}")];
    let (start, end) = open
        .into_iter()
        .find(|(start, _)| value.starts_with(start))?;
    let rest = value.get(start.len()..).unwrap_or_default();
    (!rest.contains(end)).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_is_secret() {
        for name in [
            "SCCACHE_REDIS_PASSWORD",
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "SCCACHE_AZURE_CONNECTION_STRING",
            "CARGO_REGISTRIES_MY_TOKEN",
            "secret-key",
            "TENCENTCLOUD_SECRET_ID",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "SCCACHE_S3_KEY_PREFIX",
            "SCCACHE_DIR",
            "SCCACHE_S3_NO_CREDENTIALS",
            "SCCACHE_GCS_KEY_PATH",
            "RUSTC_WRAPPER",
        ] {
            assert!(!is_secret(name), "{name}");
        }
        assert_eq!(value("SCCACHE_REDIS_PASSWORD", "hunter2"), "(hidden)");
        assert_eq!(value("SCCACHE_REDIS_PASSWORD", ""), "");
    }

    #[test]
    fn urls_keep_their_place_alone() {
        for (url, shown) in [
            ("redis://me:hunter2@host:1/0", "redis://(hidden)@host:1/0"),
            ("redis://:hun/ter2@host", "redis://(hidden)@host"),
            ("https://t0ken@host/a", "https://(hidden)@host/a"),
            ("https://host/a?sig=abc", "https://host/a?(hidden)"),
            ("https://host/a", "https://host/a"),
            (
                "a \"b://c:d@e\" f://g@h i",
                "a \"b://(hidden)@e\" f://(hidden)@h i",
            ),
            ("://", "://"),
            ("é://ü@ö?ä", "é://(hidden)@ö?(hidden)"),
        ] {
            assert_eq!(urls(url), shown, "{url}");
            assert_eq!(urls(shown), shown, "{url}");
        }
    }

    #[test]
    fn secrets_are_found_wherever_they_turn_up() {
        let secrets = Secrets::of(&Variables::from([
            ("A_TOKEN", "hunter2"),
            ("B_PASSWORD", "hunter2hunter3"),
            ("C_PASSWORD", "on"),
        ]));
        assert_eq!(
            secrets.clean("on hunter2hunter3, hunter2"),
            "on (hidden), (hidden)"
        );
        let mut json = serde_json::json!({ "a": ["hunter2", 1] });
        secrets.clean_json(&mut json);
        assert_eq!(json, serde_json::json!({ "a": ["(hidden)", 1] }));
    }

    #[test]
    fn files_lose_their_secrets_and_nothing_else() {
        let text = "\
[cache.redis]
endpoint = \"redis://me:hunter2@host\"
password = \"hunter2\"
key_prefix = \"a\"
\"access-key\" = 'hunter2'
cache.webdav.token='hunter2' # hunter2
web = { url = \"x\", token = \"hunter2\" }
# password = hunter2
token = \"\"\"
hunter2
\"\"\"
secrets = [
  \"hunter2\",
]
size = 1
";
        let shown = file(text);
        assert!(!shown.contains("hunter2"), "{shown}");
        for kept in [
            "[cache.redis]\n",
            "endpoint = \"redis://(hidden)@host\"\n",
            "password = (hidden)\n",
            "key_prefix = \"a\"\n",
            "web = { url = \"x\", token = (hidden)\n",
            "size = 1\n",
        ] {
            assert!(shown.contains(kept), "{kept}: {shown}");
        }
    }
}
