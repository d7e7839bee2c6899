//! Writes records into the traces' files, which are mapped shared with all other processes that are traced.
//!
//! There is more than one file where what is traced has a part of it traced as well.

use core::ffi::{CStr, c_int};
use core::ptr;
use core::slice;
use core::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering};

use crate::format::{Event, FileType, Kind, header};
use crate::path::{is_of_kernel, with_absolute};
use crate::sys;

/// A file, once it is mapped.
struct Trace {
    start: AtomicPtr<u8>,
    capacity: AtomicUsize,
}

/// More than these are not traced at all.
pub const MOST: usize = 4;
static TRACES: [Trace; MOST] = [const {
    Trace {
        start: AtomicPtr::new(ptr::null_mut()),
        capacity: AtomicUsize::new(0),
    }
}; MOST];

/// The digests of what this process noted already, so that it does not do so again.
static NOTED: [AtomicU64; 1 << 13] = [const { AtomicU64::new(0) }; 1 << 13];

/// Maps a trace's file; nothing is kept open.
pub fn open(path: &CStr) -> Option<()> {
    let trace = TRACES
        .iter()
        .find(|it| it.start.load(Ordering::Relaxed).is_null())?;
    let file = sys::open(path).ok()?;
    let mapped = map(file);
    sys::close(file);
    let (start, capacity) = mapped?;
    trace.capacity.store(capacity, Ordering::Relaxed);
    trace.start.store(start, Ordering::Release);
    Some(())
}

fn map(file: c_int) -> Option<(*mut u8, usize)> {
    let size = usize::try_from(sys::fstat(file).ok()?.size).ok()?;
    if size < header::LENGTH {
        return None;
    }
    let start = sys::map(size, Some(file)).ok()?;
    // SAFETY: it is mapped, as long, and nobody changes this part.
    let begins = unsafe { slice::from_raw_parts(start, header::FLAGS_AT) };
    let (magic, version) = begins.split_at(header::VERSION_AT);
    if magic != header::MAGIC || version != header::VERSION.to_le_bytes() {
        // SAFETY: nobody has it.
        unsafe { sys::unmap(start, size) };
        return None;
    }
    Some((start, size))
}

/// Whether this process is traced.
pub fn is_on() -> bool {
    crate::ready::ensure();
    !TRACES[0].start.load(Ordering::Relaxed).is_null()
}

/// Says in each file that something could not be noted.
pub fn lost() {
    set_flag(header::LOST);
}

fn set_flag(flag: u32) {
    for trace in &TRACES {
        let start = trace.start.load(Ordering::Acquire);
        if !start.is_null() {
            // SAFETY: the header is mapped and aligned.
            unsafe { AtomicU32::from_ptr(start.add(header::FLAGS_AT).cast()) }
                .fetch_or(flag, Ordering::Relaxed);
        }
    }
}

/// Adds a record; its payload comes in parts.
pub fn add(kind: Kind, flags: u8, errno: c_int, extra: u32, payload: &[&[u8]]) {
    let event = Event {
        kind,
        flags,
        errno: errno as u16,
        pid: sys::pid(),
        extra,
    };
    let length = payload.iter().map(|part| part.len()).sum();
    let Some(length) = Event::length(length) else {
        return lost();
    };
    for trace in &TRACES {
        let start = trace.start.load(Ordering::Acquire);
        if start.is_null() {
            break;
        }
        // SAFETY: the header is mapped and aligned.
        let end = unsafe { AtomicU64::from_ptr(start.add(header::END_AT).cast()) };
        let at = end.fetch_add(length.into(), Ordering::Relaxed);
        if at.saturating_add(length.into()) > trace.capacity.load(Ordering::Relaxed) as u64 {
            // Not further and further: a number that overflows would be a place again.
            end.store(u64::from(u32::MAX) << 16, Ordering::Relaxed);
            set_flag(header::OVERFLOW);
            continue;
        }
        // SAFETY: these bytes are in the file, and nobody else's since the end was moved behind them. The length stays what
        // it is, 0, until all else is there.
        unsafe {
            let record = start.add(at as usize);
            let whole = slice::from_raw_parts_mut(record, length as usize);
            if event.encode(payload, whole).is_none() {
                return lost();
            }
            AtomicU32::from_ptr(record.cast()).store(length.to_le(), Ordering::Release);
        }
    }
}

/// A digest of an event; never 0.
fn digest(kind: Kind, flags: u8, errno: c_int, payload: &[&[u8]]) -> u64 {
    let start = u64::from(kind as u8) | u64::from(flags) << 8 | u64::from(errno as u16) << 16;
    let mut digest = start ^ 0xcbf2_9ce4_8422_2325;
    for byte in payload.iter().copied().flatten() {
        digest = (digest ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    // The last bytes reach only the upper half by themselves.
    digest ^= digest >> 32;
    digest = digest.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (digest ^ digest >> 29).max(1)
}

/// Where a digest is, or the first free place for it; nothing where that part of the table is full.
fn place(digest: u64) -> Option<&'static AtomicU64> {
    (0..32)
        .map(|step| &NOTED[(digest as usize).wrapping_add(step) % NOTED.len()])
        .find(|place| {
            matches!(place.load(Ordering::Relaxed), 0) || place.load(Ordering::Relaxed) == digest
        })
}

/// Adds a record, unless this process added the same already. What `extra` is, is asked for only then.
pub fn add_once(
    kind: Kind,
    flags: u8,
    errno: c_int,
    payload: &[&[u8]],
    extra: impl FnOnce() -> u32,
) {
    // A library that is there already stays the same, whoever loads it once more.
    let counted = if kind == Kind::Load { 0 } else { flags };
    let digest = digest(kind, counted, errno, payload);
    let place = place(digest);
    if place.is_some_and(|place| place.load(Ordering::Relaxed) == digest) {
        return;
    }
    add(kind, flags, errno, extra(), payload);
    // Afterwards: twice is harmless, and never is not.
    if let Some(place) = place {
        place.store(digest, Ordering::Relaxed);
    }
}

/// Something that has no name, by what it was called.
pub fn add_unnamed(name: &[&[u8]]) {
    add_once(Kind::Unnamed, 0, 0, name, || 0);
}

/// Notes what was done with a path from the directory `dirfd`, each time or once; nothing of the kernel's file systems.
pub fn path(
    once: bool,
    kind: Kind,
    flags: u8,
    errno: c_int,
    dirfd: c_int,
    path: &[u8],
    extra: impl FnOnce() -> u32,
) {
    with_absolute(dirfd, path, |parts| match parts {
        Ok(parts) if is_of_kernel(&parts) => {}
        Ok(parts) if once => add_once(kind, flags, errno, &parts, extra),
        Ok(parts) => add(kind, flags, errno, extra(), &parts),
        Err(path) => add_unnamed(&[path]),
    });
}

/// The same of a path and a second one, or an answer.
pub fn path_and(
    once: bool,
    kind: Kind,
    flags: u8,
    errno: c_int,
    first: (c_int, &[u8]),
    second: &[&[u8]; 3],
) {
    with_absolute(first.0, first.1, |parts| match parts {
        Ok([a, b, c]) if !is_of_kernel(&[a, b, c]) => {
            let payload = [a, b, c, b"\0", second[0], second[1], second[2]];
            if once {
                add_once(kind, flags, errno, &payload, || 0);
            } else {
                add(kind, flags, errno, 0, &payload);
            }
        }
        Ok(_) => {}
        Err(path) => add_unnamed(&[path]),
    });
}

/// What kind of file it is, by its `st_mode`.
pub fn file_type(mode: u32) -> u32 {
    use linux_raw_sys::general::{S_IFDIR, S_IFLNK, S_IFMT, S_IFREG};
    let found = match mode & S_IFMT {
        S_IFREG => FileType::File,
        S_IFDIR => FileType::Directory,
        S_IFLNK => FileType::Symlink,
        _ => FileType::Other,
    };
    found as u32
}

/// What kind of file a path leads to; 0 where it leads nowhere.
pub fn type_at(dirfd: c_int, path: *const core::ffi::c_char, flags: u32) -> u32 {
    sys::stat_at(dirfd, path, flags).map_or(0, |status| file_type(status.mode))
}
