//! Tells where the tool may write: nowhere that a build's output is made of.

use std::env;
use std::io;
use std::path::{Path, PathBuf};

use nix_sccache_contract::outputs;

/// Fails where a file would be in an output of the derivation that is being built, or in the
/// Nix store at all.
pub fn outside_outputs(file: &Path) -> io::Result<()> {
    let outputs = outputs::outputs(|name| env::var_os(name));
    refuse_inside(file, &outputs)
}

fn refuse_inside(file: &Path, outputs: &[PathBuf]) -> io::Result<()> {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let file = std::path::absolute(file)?;
    outputs::refuse_inside(&file, outputs, real).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn no_output_gets_a_page() {
        let directory = tempfile::tempdir().unwrap();
        let out = directory.path().join("out");
        let outputs = [out.clone()];
        let refused = |file: &Path| refuse_inside(file, &outputs).is_err();
        // Not there yet.
        assert!(refused(&out));
        assert!(refused(&out.join("page.html")));
        assert!(!refused(&directory.path().join("page.html")));
        assert!(!refused(&directory.path().join("output.html")));
        fs::create_dir(&out).unwrap();
        symlink(&out, directory.path().join("link")).unwrap();
        assert!(refused(&directory.path().join("link/page.html")));
        assert!(outside_outputs(Path::new("/nix/store/page.html")).is_err());
        assert!(outside_outputs(Path::new("page.html")).is_ok());
    }
}
