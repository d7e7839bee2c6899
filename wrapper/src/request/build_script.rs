//! Makes the request of a build script's run.

use std::borrow::Cow;
use std::env;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use memchr::memmem;
use nix_sccache_cache::places::Places;
use nix_sccache_contract::part::Kind;

use super::fields::{Request, replaced};
use crate::invocation::{Arguments, Compiler};
use crate::out_dir;
use crate::store;

/// The variable by which cargo tells a script where its files go.
const OUT_DIR: &str = "OUT_DIR";

/// Where the script is to leave its files.
pub fn out_dir() -> Option<PathBuf> {
    let directory = PathBuf::from(env::var_os(OUT_DIR)?);
    directory.is_absolute().then_some(directory)
}

/// The directory of cargo's in which those of all scripts are: `build/PACKAGE-HASH/out`, or `build/PACKAGE/HASH/out`.
pub fn directory_of_all() -> Option<PathBuf> {
    let own = out_dir()?;
    let mut above = own.ancestors().skip(2).take(2);
    above
        .find(|directory| directory.ends_with("build"))
        .map(Path::to_owned)
}

/// Adds the script. That it was compiled in another directory, and linked with a run path to the derivation's own outputs, in which
/// there is nothing yet, is of as little matter as the roots are.
pub(super) fn add_program(request: &mut Request, script: &Compiler) -> io::Result<()> {
    let contents = fs::read(&script.path)?;
    let mut program = request.without_roots(&contents);
    if !request.roots.is_empty() {
        for output in store::outputs() {
            if memmem::find(&program, output.as_bytes()).is_some() {
                program = Cow::Owned(replaced(&program, output.as_bytes(), b"<output>"));
            }
        }
    }
    let digest = blake3::hash(&program);
    let name = script.called_as().file_name().unwrap_or_default();
    request.add(Kind::Compiler, "name", name.as_bytes());
    request.add(Kind::Compiler, "program", digest.as_bytes());
    Ok(())
}

pub(super) fn add(request: &mut Request, arguments: &Arguments, script: &Compiler) {
    let own = out_dir();
    for directory in own.iter().map(PathBuf::as_path).chain([script.called_as()]) {
        let path = directory.as_os_str().as_bytes();
        request.add(Kind::Directory, "out", &request.without_roots(path));
    }
    // Their lengths may be told by what a script makes, though they themselves are not.
    let lengths = request.roots.iter().map(|root| root.as_os_str().len());
    let lengths: Vec<_> = lengths.map(|length| length.to_string()).collect();
    request.add(Kind::Directory, "lengths", lengths.join(" ").as_bytes());
    // It may decide of permissions, and look at what they are.
    let mask = format!("{:o}", out_dir::usual_mask());
    request.add(Kind::Argument, "umask", mask.as_bytes());
    for argument in arguments.iter() {
        let value = argument.value.as_deref().unwrap_or_default();
        let value = request.without_roots(value.as_bytes());
        request.add(Kind::Argument, argument.option.as_str(), &value);
    }
    request.places = Places::new(request.roots.clone());
    // The script is in the key, and has been put in its place just now.
    request.scratch = vec![script.path.clone()];
    // What it has compilers make for a question it may leave among the temporary files.
    let temporary = env::temp_dir();
    request.writable = own.iter().cloned().chain([temporary]).collect();
    request.makes_directory = true;
    request.out_dir = own;
}
