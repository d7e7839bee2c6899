//! Answers a request from what was observed: looks an entry up, and stores what a run made.

use nix_sccache_contract::wire::Key;

use crate::digest::Digest;
use crate::entry::{Entry, EntryError, StoredEntry};
use crate::inputs::{Look, World, look};
use crate::manifest::{Inputs, Manifest};
use crate::request::key_of;
use crate::storage::{Storage, StorageError, Stored};

/// What was found.
#[derive(Debug)]
pub enum Found {
    /// An entry, and what its key is made of.
    Hit(Box<Hit>),
    /// None; with the names under which the next run's are to stand.
    Miss(Manifest),
}

/// An entry that holds.
#[derive(Debug)]
pub struct Hit {
    /// What the run made.
    pub entry: StoredEntry,
    /// What it looked at.
    pub inputs: Inputs,
    /// What that holds now.
    pub look: Look,
    /// All that was ever looked at.
    pub manifest: Manifest,
}

/// Looks an entry up, under each set of names of the request's manifest. What is damaged is none; `damaged` is told how.
pub fn look_up(
    storage: &mut Storage,
    request: &Digest,
    world: &mut World,
    directories: usize,
    mut damaged: impl FnMut(String),
) -> Result<Found, StorageError> {
    let request_key = key_of(request);
    let mut asked = vec![request_key];
    let parse = |stored: Stored| Manifest::parse(&stored.bytes, &request_key);
    let manifest = match fetch(storage, request_key, |stored, _| Ok(parse(stored)))? {
        Some(Ok(manifest)) => manifest,
        none => {
            if let Some(Err(error)) = none {
                damaged(error.to_string());
            }
            storage.note(&asked);
            return Ok(Found::Miss(Manifest::default()));
        }
    };
    let is_directory = |number: u8| usize::from(number) < directories;
    let sets: Vec<_> = manifest.sets().collect();
    for inputs in sets {
        // What cannot be looked at is not as it was.
        let Ok(look) = look(request, &inputs, world, None) else {
            continue;
        };
        let key = key_of(&look.result);
        if asked.contains(&key) {
            continue;
        }
        asked.push(key);
        let entry = fetch(storage, key, |stored, storage| {
            let Stored {
                bytes, unpacked, ..
            } = stored;
            if let Some(unpacked) = unpacked {
                return Ok(StoredEntry::parse_unpacked(
                    &bytes,
                    unpacked,
                    &key,
                    &request_key,
                    is_directory,
                ));
            }
            let mut failed = None;
            let entry = StoredEntry::parse(bytes, &key, &request_key, is_directory, |parts| {
                storage.get_all(parts).unwrap_or_else(|error| {
                    failed = Some(error);
                    None
                })
            });
            failed.map_or(Ok(entry), Err)
        });
        match entry? {
            Some(Ok(entry)) => {
                storage.note(&asked);
                return Ok(Found::Hit(Box::new(Hit {
                    entry,
                    inputs,
                    look,
                    manifest,
                })));
            }
            // A part that was evicted is no damage.
            None | Some(Err(EntryError::PartMissing)) => {}
            Some(Err(error)) => damaged(error.to_string()),
        }
    }
    storage.note(&asked);
    Ok(Found::Miss(manifest))
}

/// What is stored under a key, as `read` reads it; if what the session has of it is of no use, what the storage has.
fn fetch<T, E>(
    storage: &mut Storage,
    key: Key,
    mut read: impl FnMut(Stored, &mut Storage) -> Result<Result<T, E>, StorageError>,
) -> Result<Option<Result<T, E>>, StorageError> {
    let Some(stored) = storage.stored(key)? else {
        return Ok(None);
    };
    let is_local = stored.is_local;
    match read(stored, storage)? {
        Err(_) if is_local => storage.forget(&key),
        read => return Ok(Some(read)),
    }
    let stored = storage.get(key)?.map(Stored::fetched);
    stored.map(|stored| read(stored, storage)).transpose()
}

/// Why an entry was not stored.
#[derive(Debug)]
pub enum StoreError {
    /// The storage did not take it.
    Storage(StorageError),
    /// It cannot be stored: it is too long, or has names that cannot be.
    Unfit(String),
}

impl From<StorageError> for StoreError {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

/// A longer entry is stored in parts, which are fetched at once, in bytes.
const PART: usize = 1 << 18;

/// Stores what a run made, and then where to look for it. `longest` is how long what is stored may be, in bytes.
pub fn store(
    storage: &mut Storage,
    request: &Digest,
    mut manifest: Manifest,
    inputs: &Inputs,
    entry: &Entry,
    longest: usize,
) -> Result<(), StoreError> {
    let unfit = |error: &dyn std::fmt::Display| StoreError::Unfit(error.to_string());
    let request_key = key_of(request);
    manifest.merge(inputs).map_err(|error| unfit(&error))?;
    let encoded = entry
        .encode(longest.min(PART))
        .map_err(|error| unfit(&error))?;
    for (key, part) in &encoded.parts {
        storage.put(*key, part)?;
    }
    storage.put(entry.result_key, &encoded.head)?;
    storage.put(request_key, &manifest.encode(&request_key))?;
    storage.note(&[request_key, entry.result_key]);
    Ok(())
}
