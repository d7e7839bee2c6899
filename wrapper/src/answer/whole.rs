//! Stores what a call has linked as the linker made it, where another derivation's linker would make the same of the same.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{self, ExitStatus};
use std::time::Duration;

use nix_sccache_cache::digest::{Digest, Memo};
use nix_sccache_cache::engine::Hit;
use nix_sccache_cache::inputs::{Inputs, NameKind};
use nix_sccache_cache::trace::{Observation, Output};

use crate::connection::Connection;
use crate::observed::Ran;
use crate::own_outputs;
use crate::relink::Relinked;
use crate::replay::{Said, entry};
use crate::request::Request;
use crate::run_paths::LINKER_FLAGS;
use crate::storable::{may_be_stored, tells_of_target};

use super::{Asked, Question, Stored};

/// A run of rustc's with its linkers, or of these alone.
pub(super) struct Linking<'a> {
    /// What was noted of it.
    pub(super) trace: io::Result<Vec<u8>>,
    /// What was run, and as what process.
    pub(super) program: (&'a Path, u32),
    /// How it ended.
    pub(super) ran: &'a Ran,
    /// Whether no linker had anything to say: what they say has names of temporary files in it.
    pub(super) is_silent: bool,
    /// The files that the linkers made.
    pub(super) linked: Vec<PathBuf>,
    /// What else there is.
    pub(super) others: Vec<Output>,
    /// What rustc itself has looked at.
    pub(super) inputs: &'a Inputs,
    /// What the key of that is made of.
    pub(super) record: Vec<u8>,
}

impl Question<'_> {
    /// Stores it, if it may be; says what came of that where it was to be seen whether an entry holds.
    pub(super) fn store_whole(
        &self,
        asked: &Asked,
        linking: Linking,
        memo: &mut Memo,
        connection: &mut Connection,
    ) -> Option<Stored> {
        let Linking { ran, inputs, .. } = linking;
        let request = &asked.request;
        let code = may_be_stored(request, ran).filter(|_| !connection.is_read_only)?;
        let seen = self.observation(request, linking.trace, linking.program, None);
        let mut seen = seen.ok()?;
        seen.outputs.extend(linking.others);
        let names = seen.inputs.iter().chain(inputs).cloned();
        seen.inputs = Inputs::new(names.collect());
        let mut said = [&ran.stdout, &ran.stderr].into_iter();
        let is_of_this_build = !linking.is_silent
            || knows_flags(inputs)
            || compiles_anew(&seen)
            || tells_of_target(request, &seen)
            || said.any(|said| own_outputs::are_in(said))
            || !may_stand_in(&seen, &linking.linked);
        if is_of_this_build {
            return None;
        }
        let digest = &asked.digest;
        let began = Some(ran.began);
        let look = self.look(request, digest, &seen.inputs, memo, began).ok()?;
        let entry = entry(
            request,
            digest,
            ran,
            code,
            &seen.outputs,
            linking.record,
            &look,
        );
        self.put(asked, &seen.inputs, &entry.ok()?, connection)
    }

    /// The same for what was linked anew by this recipe.
    pub(super) fn store_relinked(
        &self,
        asked: &Asked,
        (hit, request, digest): (&Hit, &Request, &Digest),
        (said, relinked): (&Said, Relinked),
        memo: &mut Memo,
        connection: &mut Connection,
    ) -> Option<Stored> {
        // What rustc has looked at is still what it was when this hit was found.
        let look = self.look(request, digest, &hit.inputs, memo, None).ok()?;
        if look.result != hit.look.result {
            return None;
        }
        let ran = Ran {
            status: ExitStatus::default(),
            process: process::id(),
            began: relinked.began,
            took: Duration::from_micros(hit.entry.took),
            stdout: said.stdout.clone(),
            stderr: said.stderr.clone(),
        };
        let files = hit.entry.files().iter().filter_map(|file| {
            let directory = request.writable.get(usize::from(file.directory))?;
            Some(Output {
                directory: file.directory,
                name: file.name.clone(),
                path: directory.join(OsStr::from_bytes(&file.name)),
            })
        });
        let linking = Linking {
            trace: Ok(relinked.trace),
            program: (&env::current_exe().ok()?, ran.process),
            ran: &ran,
            is_silent: relinked.is_silent,
            linked: relinked.made,
            others: files.collect(),
            inputs: &hit.inputs,
            record: hit.entry.record().ok()?.into_owned(),
        };
        self.store_whole(asked, linking, memo, connection)
    }
}

/// Whether rustc itself, or a macro, has made something of what is said to linkers.
fn knows_flags(inputs: &Inputs) -> bool {
    inputs.iter().any(|it| match it.kind {
        NameKind::Variable => it.name.starts_with(LINKER_FLAGS),
        NameKind::Family => it.name.starts_with(LINKER_FLAGS) || LINKER_FLAGS.starts_with(&it.name),
        _ => false,
    })
}

/// Whether a linker has compiled something, by a random seed perhaps.
fn compiles_anew(seen: &Observation) -> bool {
    seen.programs
        .iter()
        .any(|program| program.ends_with(b"/lto1"))
}

/// Whether what was made may stand in another derivation.
fn may_stand_in(seen: &Observation, linked: &[PathBuf]) -> bool {
    seen.outputs.iter().all(|output| {
        fs::read(&output.path).is_ok_and(|file| {
            if linked.contains(&output.path) || file.starts_with(b"\x7fELF") {
                own_outputs::are_of_no_matter_to(&file)
            } else {
                !own_outputs::are_in(&file)
            }
        })
    })
}
