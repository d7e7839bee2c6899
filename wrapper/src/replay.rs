//! Makes an entry of what a run made, and puts one in place.

use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::observed::Ran;
use crate::out_dir::{self, Tree};
use crate::own_outputs;
use crate::relocated::{self, Text};
use crate::request::Request;
use nix_sccache_cache::digest::Digest;
use nix_sccache_cache::engine::Hit;
use nix_sccache_cache::entry::{Entry, EntryError, OutputFile, StoredFile};
use nix_sccache_cache::inputs::Look;
use nix_sccache_cache::request::key_of;
use nix_sccache_cache::restore::{Directory, RestoreError, restore};
use nix_sccache_cache::trace::Output;
/// What is stored of the run.
pub fn entry(
    request: &Request,
    digest: &Digest,
    ran: &Ran,
    code: u8,
    outputs: &[Output],
    record: Vec<u8>,
    look: &Look,
) -> io::Result<Entry> {
    let target = request.target();
    let read = |output: &Output| {
        let contents = fs::read(&output.path)?;
        let contents = match target {
            Some(target) if is_list_of_sources(&output.name) => {
                relocated::hidden(&contents, Text::Sources, target).into_owned()
            }
            _ => contents,
        };
        let has_marks = request.whole.is_some() && own_outputs::are_in(&contents);
        let (directory, contents) = if has_marks {
            let number = request.writable.len() + usize::from(output.directory);
            let number = u8::try_from(number).map_err(|_| io::ErrorKind::InvalidData)?;
            (number, own_outputs::hidden(&contents))
        } else {
            (output.directory, contents)
        };
        let mode = File::open(&output.path)?.metadata()?.permissions().mode();
        Ok(OutputFile {
            directory,
            name: output.name.clone(),
            executable: mode & 0o100 != 0,
            contents,
        })
    };
    let messages = |said: &[u8]| match target {
        Some(target) => relocated::hidden(said, Text::Messages, target).into_owned(),
        None => relocated::without_roots(said, request),
    };
    let mut stdout = messages(&ran.stdout);
    if let Some(directory) = &request.out_dir {
        let tree = Tree::list(directory).map_err(|_| io::ErrorKind::InvalidData)?;
        stdout = tree.with_printed(&stdout);
    }
    let mut files = outputs.iter().map(read).collect::<io::Result<Vec<_>>>()?;
    files.sort_by(|a, b| (a.directory, &a.name).cmp(&(b.directory, &b.name)));
    Ok(Entry {
        files,
        stdout,
        stderr: messages(&ran.stderr),
        code,
        took: u64::try_from(ran.took.as_micros()).unwrap_or(u64::MAX),
        record,
        result_key: key_of(&look.result),
        request_key: key_of(digest),
    })
}

/// What a compiler said, and wrote.
pub struct Said {
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    /// The files that it wrote.
    pub paths: Vec<PathBuf>,
}

/// Puts the files of an entry in place, and says what else is in it: all of it, or nothing. What is to be linked goes to
/// a directory of its own.
pub fn put_in_place(
    hit: &Hit,
    request: &Request,
    kept: Option<&Path>,
) -> Result<Said, RestoreError> {
    let shown = |text: &[u8]| match request.target() {
        Some(target) => relocated::shown(text, target).into_owned(),
        None => relocated::with_roots(text, request),
    };
    let stdout = hit.entry.stdout()?;
    let (tree, stdout) = match &request.out_dir {
        Some(_) => out_dir::split_printed(&stdout).ok_or(EntryError::Malformed)?,
        None => (Vec::new(), &*stdout),
    };
    let (stdout, stderr) = (shown(stdout), shown(&hit.entry.stderr()?));
    let directory = |number: u8| {
        let own = || request.writable.iter().map(PathBuf::as_path);
        let again = request.whole.iter().flat_map(|_| own());
        let mut all = own().chain(again).chain(kept);
        let path = all.nth(usize::from(number))?.to_owned();
        Some(Directory {
            path,
            may_be_made: request.makes_directory,
        })
    };
    let others = |file: &StoredFile| {
        let is_in_place = usize::from(file.directory) < request.writable.len();
        let is_other = is_in_place && request.target().is_some() && is_list_of_sources(&file.name);
        Ok(if is_other {
            Some(shown(&hit.entry.contents(file)?))
        } else if !is_in_place && request.whole.is_some() {
            Some(own_outputs::shown(&hit.entry.contents(file)?))
        } else {
            None
        })
    };
    let restored = restore(&hit.entry, directory, others)?;
    if let Some(directory) = &request.out_dir {
        out_dir::restore(directory, &tree).map_err(|error| {
            // It was empty before.
            out_dir::clear(directory).ok();
            let path = directory.clone();
            RestoreError::Failed { path, error }
        })?;
    }
    Ok(Said {
        stdout,
        stderr,
        paths: restored.into_iter().map(|file| file.path).collect(),
    })
}

/// Whether a file is rustc's list of sources, by its name.
pub fn is_list_of_sources(name: &[u8]) -> bool {
    Path::new(std::ffi::OsStr::from_bytes(name))
        .extension()
        .is_some_and(|extension| extension == "d")
}
