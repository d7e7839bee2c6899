//! Reads the settings of the cache: variables of the derivation, or, where a machine mounts the shim into every build
//! unchanged, lines of a file beside the shim. What a derivation says itself counts.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::sync::OnceLock;

use nix_sccache_contract as contract;
use nix_sccache_contract::record::derivation_name;
use serde_json::Value;

use crate::process;

/// The file beside the shim: a line `NAME=VALUE` for each setting.
const FILE: &str = "settings";

/// The value of a setting, by the name of its variable.
pub fn value(name: &str) -> Option<OsString> {
    env::var_os(name).or_else(|| line(mounted()?, name))
}

/// The same, where it is text.
pub fn text(name: &str) -> Option<String> {
    value(name)?.into_string().ok()
}

/// Whether the machine mounts the shim: then no hook begins a session, or ends it.
pub fn are_mounted() -> bool {
    mounted().is_some()
}

/// Whether the machine has this derivation built without the cache.
pub fn exclude_this() -> bool {
    let named = || {
        let excluded = line(mounted()?, contract::EXCLUDE)?;
        let own = package()?;
        let mut names = excluded.as_bytes().split(|byte| *byte == b',');
        Some(names.any(|name| OsStr::from_bytes(name) == own))
    };
    named().unwrap_or(false)
}

/// An attribute of the derivation, or an output's path: Nix has them in variables, or, where they are structured, in a file.
pub fn attribute(name: &str) -> Option<OsString> {
    let structured = || {
        let file = fs::read(env::var_os("NIX_ATTRS_JSON_FILE")?).ok()?;
        let attributes: Value = serde_json::from_slice(&file).ok()?;
        let output = || attributes.get("outputs")?.get(name);
        Some(attributes.get(name).or_else(output)?.as_str()?.into())
    };
    env::var_os(name)
        .or_else(structured)
        .filter(|value| !value.is_empty())
}

/// The package that is built: `pname`, or else the derivation's name.
pub fn package() -> Option<OsString> {
    let of_output = || Some(derivation_name(attribute("out")?.to_str()?)?.into());
    attribute("pname")
        .or_else(of_output)
        .or_else(|| attribute("name"))
}

fn line(text: &[u8], name: &str) -> Option<OsString> {
    let mut lines = text.split(|byte| *byte == b'\n');
    let value = lines.find_map(|line| line.strip_prefix(name.as_bytes())?.strip_prefix(b"="))?;
    Some(OsString::from_vec(value.to_vec()))
}

fn mounted() -> Option<&'static [u8]> {
    static MOUNTED: OnceLock<Option<Vec<u8>>> = OnceLock::new();
    let read = || fs::read(process::shim().ok()?.with_file_name(FILE)).ok();
    MOUNTED.get_or_init(read).as_deref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_by_their_whole_name() {
        let text = b"A_B=1\nA=2=3\n";
        let found = ["A", "A_B", "B", "A_"].map(|name| line(text, name));
        assert_eq!(found, [Some("2=3".into()), Some("1".into()), None, None]);
    }
}
