//! Notes what linkers do that are run in rustc's stead: it counts for what is stored as they made it.

use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::observed::Trace;
use crate::outer_trace::Told;
use crate::stable_paths::LinkerRun;

/// The trace of a linker that is about to run.
pub struct LinkerTrace {
    trace: Trace,
    linker: PathBuf,
}

impl LinkerTrace {
    /// That of a linker, with its file in a directory; none where it cannot be traced.
    pub fn new(linker: &Path, directory: &Path) -> Option<Self> {
        let trace = Trace::new(linker, directory).ok()?;
        let linker = env::current_dir().ok()?.join(linker);
        Some(Self { trace, linker })
    }

    /// Has the linker traced.
    pub fn prepare(&self, command: &mut Command) {
        self.trace.prepare(command);
    }

    /// Tells what it did, when it has run. It was given copies of some files, which are of no matter.
    pub fn tell(&self, run: &LinkerRun, told: &mut Told) -> io::Result<()> {
        let here = env::current_dir()?;
        told.program(&self.linker);
        if let Some(copies) = &run.copies {
            told.directory(copies);
        }
        let originals: Vec<_> = run.originals.iter().map(|it| here.join(it)).collect();
        told.files(
            originals
                .iter()
                .map(PathBuf::as_path)
                .filter(|it| it.is_file()),
        );
        told.traced(&self.linker, run.process, &self.trace.read(None)?);
        Ok(())
    }
}
