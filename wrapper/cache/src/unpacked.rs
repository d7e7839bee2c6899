//! Keeps the contents of an entry in files of a directory, each called by its digest: decompressed and checked once, so
//! that a hit copies them.
//!
//! What has been checked is told by its identity, as [`Memo`](crate::digest::Memo) does it: a file that was changed since
//! is none of the entry's.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use nix_sccache_contract::hex;

use crate::digest::{Digest, Identity};
use crate::section::Damaged;

const HEAD: &str = "head";
const IDENTITIES: &str = "identities";

/// The files of an entry's contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unpacked {
    directory: PathBuf,
    identities: HashMap<Digest, [u8; Identity::LENGTH]>,
}

impl Unpacked {
    /// Those in a directory, with what is in front of the entry's sections.
    pub(crate) fn open(directory: &Path) -> io::Result<(Vec<u8>, Self)> {
        let bytes = fs::read(directory.join(IDENTITIES))?;
        let (rows, _) = bytes.as_chunks::<{ size_of::<Digest>() + Identity::LENGTH }>();
        let identities = rows.iter().filter_map(|row| {
            let (digest, identity) = row.split_first_chunk()?;
            Some((*digest, identity.try_into().ok()?))
        });
        let unpacked = Self {
            directory: directory.to_owned(),
            identities: identities.collect(),
        };
        Ok((fs::read(directory.join(HEAD))?, unpacked))
    }

    /// Whether the file of this digest is what was checked, and as long as this.
    pub(crate) fn has(&self, digest: &Digest, length: usize) -> bool {
        let Ok(found) = fs::symlink_metadata(self.path(digest)) else {
            return false;
        };
        let identity = Identity::of(&found).bytes();
        found.len() == length as u64 && self.identities.get(digest) == Some(&identity)
    }

    /// The path of the file of this digest.
    pub(crate) fn path(&self, digest: &Digest) -> PathBuf {
        self.directory.join(hex(digest))
    }

    pub(crate) fn read(&self, digest: &Digest) -> io::Result<Vec<u8>> {
        fs::read(self.path(digest))
    }
}

/// Such a directory in the making.
pub(crate) struct Unpacking {
    directory: PathBuf,
    identities: HashMap<Digest, [u8; Identity::LENGTH]>,
}

impl Unpacking {
    pub(crate) fn begin(directory: &Path) -> io::Result<Self> {
        fs::create_dir(directory)?;
        Ok(Self {
            directory: directory.to_owned(),
            identities: HashMap::new(),
        })
    }

    /// Adds the contents of this digest, which `write` hands on piece by piece, and checks.
    pub(crate) fn add(
        &mut self,
        digest: &Digest,
        write: impl FnOnce(&mut dyn FnMut(&[u8]) -> io::Result<()>) -> Result<(), Damaged>,
    ) -> Result<(), Damaged> {
        if self.identities.contains_key(digest) {
            return Ok(());
        }
        let mut file = File::create_new(self.directory.join(hex(digest))).map_err(|_| Damaged)?;
        write(&mut |piece| file.write_all(piece))?;
        let written = file.metadata().map_err(|_| Damaged)?;
        self.identities
            .insert(*digest, Identity::of(&written).bytes());
        Ok(())
    }

    /// Adds what is in front of the entry's sections: all is there.
    pub(crate) fn end(self, head: &[u8]) -> io::Result<()> {
        let rows = self.identities.iter();
        let rows: Vec<u8> = rows
            .flat_map(|(digest, identity)| [&digest[..], identity].concat())
            .collect();
        fs::write(self.directory.join(HEAD), head)?;
        fs::write(self.directory.join(IDENTITIES), rows)
    }
}
