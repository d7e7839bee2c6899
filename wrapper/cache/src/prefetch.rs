//! Fetches what a plan lists, many keys at a time, before anybody asks for it.
//!
//! Each thread has a connection of its own, so that as many answers are on their way, however far the storage is. The
//! parts of a long entry are spread over them, and whoever has the last [unpacks](crate::unpacked) it. What fails, or is too
//! much, is left for the calls to fetch.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use nix_sccache_contract::wire::Key;
use rustix::fs::statvfs;

use crate::entry::StoredEntry;
use crate::local::{Coming, Filling};
use crate::plan::Plan;
use crate::storage::{Address, Limits, Storage, StorageError};

/// How many requests are under way at once; the gateway lets a user have 16, and calls want some of them.
const CONNECTIONS: usize = 12;

/// Longer entries, in stored bytes, are left to who needs them: all of one is held in memory.
const LONGEST: usize = 64 << 20;

/// Of the file system's free space one such part is used at most.
const SHARE_OF_SPACE: u64 = 4;

/// What is to be fetched from a storage, and how much.
#[derive(Debug)]
pub struct Prefetch<'a> {
    /// Where the storage is.
    pub address: &'a Address,
    /// How long to wait for it.
    pub limits: Limits,
    /// How many bytes to have of it at most.
    pub bytes: u64,
}

/// Fetches all that a plan lists and that there is room for.
pub fn prefetch(filling: &Filling, plan: &Plan, wanted: &Prefetch) {
    let Ok(disk) = statvfs(filling.directory()) else {
        return;
    };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let work = Work {
        filling,
        wanted,
        queue: Mutex::new(Queue {
            keys: plan.keys().iter().copied().collect(),
            parts: VecDeque::new(),
            busy: 0,
            bytes: wanted.bytes.min(free / SHARE_OF_SPACE),
        }),
        changed: Condvar::new(),
    };
    let threads = CONNECTIONS.min(plan.keys().len());
    thread::scope(|scope| {
        for _ in 0..threads {
            // Where there is no room for one more, those that there are do.
            thread::Builder::new()
                .spawn_scoped(scope, || work.run())
                .ok();
        }
    });
}

struct Work<'a> {
    filling: &'a Filling<'a>,
    wanted: &'a Prefetch<'a>,
    queue: Mutex<Queue>,
    changed: Condvar,
}

struct Queue {
    keys: VecDeque<Key>,
    /// Parts of entries whose beginnings have come.
    parts: VecDeque<(Arc<Long>, usize)>,
    /// How many threads have something that may become parts.
    busy: usize,
    /// How many bytes there is room for.
    bytes: u64,
}

enum Job {
    Whole(Coming),
    Part(Arc<Long>, usize),
}

/// An entry in parts.
struct Long {
    head: Vec<u8>,
    wanted: Vec<(Key, usize)>,
    come: Mutex<Come>,
}

/// What has come of it; nothing once it is unpacked or given up.
struct Come {
    coming: Option<Coming>,
    parts: Vec<Option<Vec<u8>>>,
}

impl Work<'_> {
    fn run(&self) {
        let mut storage = Storage::new(self.wanted.address, self.wanted.limits, None);
        while let Some(job) = self.next() {
            let fetched = self.fetch(job, &mut storage);
            let mut queue = self.lock();
            queue.busy -= 1;
            if matches!(fetched, Err(StorageError::TooLong(_))) {
                storage = Storage::new(self.wanted.address, self.wanted.limits, None);
            } else if fetched.is_err() || self.filling.is_over() {
                // What a storage does not do for one key it does for none.
                queue.keys.clear();
                queue.parts.clear();
            }
            drop(queue);
            self.changed.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What to fetch next; nothing when all is done.
    fn next(&self) -> Option<Job> {
        let mut queue = self.lock();
        loop {
            if let Some((long, number)) = queue.parts.pop_front() {
                queue.busy += 1;
                return Some(Job::Part(long, number));
            }
            while queue.bytes > 0
                && let Some(key) = queue.keys.pop_front()
            {
                if let Some(coming) = self.filling.claim(key) {
                    queue.busy += 1;
                    return Some(Job::Whole(coming));
                }
            }
            if queue.busy == 0 {
                return None;
            }
            queue = self
                .changed
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn fetch(&self, job: Job, storage: &mut Storage) -> Result<(), StorageError> {
        match job {
            Job::Whole(coming) => {
                let found = storage.get(coming.key)?;
                self.has_come(coming, found);
            }
            Job::Part(long, number) => {
                let Some((key, length)) = long.wanted.get(number) else {
                    return Ok(());
                };
                let part = storage.get(*key)?.filter(|part| part.len() == *length);
                long.has_come(number, part);
            }
        }
        Ok(())
    }

    fn has_come(&self, coming: Coming, found: Option<Vec<u8>>) {
        let Some(bytes) = found else {
            coming.whole(&[]).ok();
            return;
        };
        let (parts, contents) = StoredEntry::parts(&bytes, &coming.key);
        let length: usize = parts.iter().map(|(_, length)| length).sum();
        // An entry without a byte is none, and a file without one says that there is none.
        if bytes.is_empty() || length > LONGEST || !self.takes(bytes.len() + contents) {
            return;
        }
        if parts.is_empty() {
            coming.whole(&bytes).ok();
            return;
        }
        let long = Arc::new(Long {
            head: bytes,
            come: Mutex::new(Come {
                coming: Some(coming),
                parts: vec![None; parts.len()],
            }),
            wanted: parts,
        });
        let jobs = (0..long.wanted.len()).map(|number| (Arc::clone(&long), number));
        self.lock().parts.extend(jobs);
        self.changed.notify_all();
    }

    /// Whether there is room for so many bytes more.
    fn takes(&self, length: usize) -> bool {
        let mut queue = self.lock();
        let left = queue.bytes.checked_sub(length as u64);
        queue.bytes = left.unwrap_or(0);
        left.is_some()
    }
}

impl Long {
    /// A part has come, or is not there.
    fn has_come(&self, number: usize, part: Option<Vec<u8>>) {
        let mut come = self.come.lock().unwrap_or_else(PoisonError::into_inner);
        if part.is_none() {
            come.coming = None;
        }
        if let Some(place) = come.parts.get_mut(number) {
            *place = part;
        }
        if come.parts.iter().any(Option::is_none) {
            return;
        }
        let parts: Vec<_> = come.parts.drain(..).flatten().collect();
        let Some(coming) = come.coming.take() else {
            return;
        };
        let key = coming.key;
        coming
            .unpacked(&self.head, |to| {
                StoredEntry::unpack(&self.head, &key, &parts, to).ok()
            })
            .ok();
    }
}
