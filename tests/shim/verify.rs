//! `verify`: hits that are compiled again, and compared.

use std::fs;

use nix_sccache_tests::{Daemon, Library, Reported, Shim, library, reported};

use crate::shim;

/// A macro that makes something else each time, of what is no input.
const DRAW: &str = r#"
#[proc_macro]
pub fn draw(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
    use std::hash::{BuildHasher, RandomState};
    let drawn = RandomState::new().hash_one(0);
    format!("/// Drawn.\npub const DRAWN: u64 = {drawn};").parse().unwrap()
}
"#;

struct Project {
    shim: Shim,
    daemon: Daemon,
    library: Library,
}

impl Project {
    fn new() -> Self {
        let library = library("hello");
        library.write("draw/src/lib.rs", DRAW);
        library.write(
            "draw/Cargo.toml",
            "[package]\nname = \"draw\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[lib]\nproc-macro = true\n",
        );
        library.write(
            "base/Cargo.toml",
            "[package]\nname = \"base\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\ndraw = { path = \"../draw\" }\n",
        );
        Self {
            shim: shim(),
            daemon: Daemon::start(),
            library,
        }
    }

    /// Builds the crate from scratch, and takes what comes of it.
    fn build(&self, verify: Option<&str>) -> (Reported, Vec<u8>) {
        self.library.clean();
        let mut run = self.shim.run(&self.daemon);
        run.current_dir(self.library.path());
        run.envs(verify.map(|every| ("NIX_SCCACHE_VERIFY", every)));
        let command = ["cargo", "build", "--release", "--offline", "-p", "base"];
        let built = reported(run, command);
        assert_eq!(built.code, Some(0), "{built:#?}");
        let library = self.library.path().join("target/release/libbase.rlib");
        (built, fs::read(library).unwrap())
    }
}

fn faults(built: &Reported) -> Vec<(&str, &str)> {
    let faults = built.report["faults"].as_array().unwrap();
    faults
        .iter()
        .map(|fault| {
            let name = fault["names"][0].as_str().unwrap_or_default();
            (fault["fault"].as_str().unwrap(), name)
        })
        .collect()
}

#[test]
fn what_is_not_made_again_is_told_and_replaced() {
    let project = Project::new();
    project
        .library
        .write("base/src/lib.rs", "//! Base.\ndraw::draw!();\n");
    let (first, stored) = project.build(None);
    assert_eq!(first.hits_and_misses(), (0, 2), "{first:#?}");
    let (hit, same) = project.build(Some("0"));
    assert_eq!(hit.hits_and_misses(), (2, 0), "{hit:#?}");
    assert!(same == stored);

    let (verified, made) = project.build(Some("1"));
    assert_eq!(verified.hits_and_misses(), (1, 1), "{verified:#?}");
    assert_eq!(
        faults(&verified),
        [("verify-differs", "base")],
        "{verified:#?}"
    );
    assert!(made != stored);

    let (hit, replaced) = project.build(None);
    assert_eq!(hit.hits_and_misses(), (2, 0), "{hit:#?}");
    assert!(replaced == made);
    assert_eq!(faults(&hit), []);
}

#[test]
fn what_is_made_again_stays_a_hit() {
    let project = Project::new();
    let (first, stored) = project.build(Some("1"));
    assert_eq!(first.hits_and_misses(), (0, 2), "{first:#?}");
    let (verified, made) = project.build(Some("1"));
    assert_eq!(verified.hits_and_misses(), (2, 0), "{verified:#?}");
    assert_eq!(faults(&verified), [], "{verified:#?}");
    assert!(made == stored);
}
