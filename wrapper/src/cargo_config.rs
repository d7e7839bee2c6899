//! Reads cargo's configuration files, in cargo's order.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// The files that cargo reads in a directory, the one first that counts most: from there upwards, and in
/// `CARGO_HOME`. Each with the directory that paths in it are relative to.
pub fn files(directory: &Path) -> impl Iterator<Item = (String, PathBuf)> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cargo")));
    files_of(directory, home)
}

fn files_of(directory: &Path, home: Option<PathBuf>) -> impl Iterator<Item = (String, PathBuf)> {
    let above = directory
        .ancestors()
        .map(|directory| directory.join(".cargo"));
    above.chain(home).filter_map(|directory| {
        // Of two cargo takes the one with the older name, and says so.
        let mut names = ["config", "config.toml"].iter();
        let text = names.find_map(|name| fs::read_to_string(directory.join(name)).ok())?;
        Some((text, directory.parent()?.to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_file_is_first_and_the_older_name_counts() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        for name in [
            "a/.cargo/config.toml",
            ".cargo/config.toml",
            ".cargo/config",
            "home/config",
        ] {
            fs::create_dir_all(at(name).parent().unwrap()).unwrap();
            fs::write(at(name), name).unwrap();
        }
        let found: Vec<_> = files_of(&at("a/b"), Some(at("home"))).take(3).collect();
        let expected = [
            ("a/.cargo/config.toml", at("a")),
            (".cargo/config", directory.path().to_owned()),
            ("home/config", directory.path().to_owned()),
        ];
        assert_eq!(found, expected.map(|(text, base)| (text.to_owned(), base)));
    }
}
