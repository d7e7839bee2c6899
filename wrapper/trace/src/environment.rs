//! Takes the variables of the trace out of the environment, and puts them back for the programs that are started.
//!
//! A program that prints, digests or passes on its environment does as it would without a trace.

use core::ffi::{CStr, c_char};
use core::ptr;
use core::slice;
use core::sync::atomic::{AtomicUsize, Ordering};

use crate::format::{LIBRARY, VARIABLE};
use crate::next::{Object, objects};
use crate::space;
use crate::sys::PATH_MAX;

const PRELOAD: &[u8] = b"LD_PRELOAD";

unsafe extern "C" {
    static mut environ: *mut *mut c_char;
}

/// A variable as it was found, `NAME=value` and a NUL; nothing while its length is 0.
struct Kept {
    bytes: [core::cell::UnsafeCell<u8>; 2 * PATH_MAX],
    length: AtomicUsize,
}

// SAFETY: it is written once, by the first call, before the length is.
unsafe impl Sync for Kept {}

impl Kept {
    const fn nothing() -> Self {
        Self {
            bytes: [const { core::cell::UnsafeCell::new(0) }; 2 * PATH_MAX],
            length: AtomicUsize::new(0),
        }
    }

    /// Keeps `name=value`, unless there is one already, or no room.
    fn keep(&self, name: &[u8], value: &[u8]) {
        if self.get().is_some() || name.len() + value.len() + 2 > self.bytes.len() {
            return;
        }
        for (into, byte) in self
            .bytes
            .iter()
            .zip(name.iter().chain(b"=").chain(value).chain(b"\0"))
        {
            // SAFETY: nobody reads it yet.
            unsafe { *into.get() = *byte }
        }
        self.length
            .store(name.len() + value.len() + 1, Ordering::Release);
    }

    /// It, without its NUL, which follows.
    fn get(&self) -> Option<&[u8]> {
        let length = self.length.load(Ordering::Acquire);
        // SAFETY: it is written no more.
        (length != 0).then(|| unsafe { slice::from_raw_parts(self.bytes.as_ptr().cast(), length) })
    }
}

/// `LD_PRELOAD`, with this library alone.
static PRELOADED: Kept = Kept::nothing();
/// [`VARIABLE`], with all files.
static FILES: Kept = Kept::nothing();

/// The value of a variable, of a string `name=value`.
fn value_of<'a>(entry: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    entry.strip_prefix(name)?.strip_prefix(b"=")
}

/// This library, at the front of the value of `LD_PRELOAD`, and what follows.
fn split_preload(value: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    let end = value.iter().position(|byte| matches!(byte, b':' | b' '));
    let (first, rest) = end.map_or((value, None), |end| {
        (&value[..end], Some(&value[end + 1..]))
    });
    first.ends_with(LIBRARY.as_bytes()).then_some((first, rest))
}

/// Takes the variables out, and keeps them. What libc takes for the environment may be another list than the one on the
/// stack if somebody changed it before.
pub fn take() {
    // SAFETY: this is the first call; nobody else changes it at the same time.
    unsafe {
        let list = environ;
        take_of(list);
        // glibc sets `environ` after the dynamic linker's work, in which there are calls already.
        let of_stack = on_stack();
        if of_stack != list {
            take_of(of_stack);
        }
    }
}

/// The list that the kernel made; null where it is not known.
fn on_stack() -> *mut *mut c_char {
    let mut end = None;
    objects(|object: &Object| {
        end = object.symbol(c"__libc_stack_end");
        end.is_none()
    });
    let Some(end) = end else {
        return ptr::null_mut();
    };
    // SAFETY: glibc has there the address of the count of arguments, which they follow, a null, and the environment.
    unsafe {
        let count: *mut usize = *ptr::with_exposed_provenance(end);
        if count.is_null() {
            ptr::null_mut()
        } else {
            count.add(*count + 2).cast()
        }
    }
}

/// Takes them out of a list that ends with null, or is null.
unsafe fn take_of(list: *mut *mut c_char) {
    if list.is_null() {
        return;
    }
    let (mut from, mut to) = (list, list);
    // SAFETY: the list is read up to its null and written up to there; a string is shortened in its place.
    unsafe {
        while !(*from).is_null() {
            let mut kept = true;
            let entry = CStr::from_ptr(*from).to_bytes();
            if let Some(files) = value_of(entry, VARIABLE.as_bytes()) {
                FILES.keep(VARIABLE.as_bytes(), files);
                kept = false;
            } else if let Some((library, rest)) = value_of(entry, PRELOAD).and_then(split_preload) {
                PRELOADED.keep(PRELOAD, library);
                kept = rest.is_some();
                if let Some(rest) = rest {
                    ptr::copy(
                        rest.as_ptr(),
                        (*from).add(PRELOAD.len() + 1).cast(),
                        rest.len() + 1,
                    );
                }
            }
            if kept {
                *to = *from;
                to = to.add(1);
            }
            from = from.add(1);
        }
        while to != from {
            *to = ptr::null_mut();
            to = to.add(1);
        }
    }
}

/// The traces' files; nothing where this process is not to be traced.
pub fn files() -> Option<&'static [u8]> {
    PRELOADED.get()?;
    value_of(FILES.get()?, VARIABLE.as_bytes())
}

/// The process' environment, as libc has it.
pub fn own() -> *const *const c_char {
    // SAFETY: libc has it, and programs that change it while another thread reads it are broken without us.
    unsafe { environ }.cast::<*const c_char>().cast_const()
}

/// A variable's value, of the process' environment.
pub fn get(name: &[u8]) -> Option<&'static [u8]> {
    // SAFETY: it is a list of strings.
    unsafe { list(own()) }.find_map(|entry| value_of(entry, name))
}

/// The strings of a list that ends with null, or is null.
unsafe fn list<'a>(list: *const *const c_char) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = list;
    core::iter::from_fn(move || {
        // SAFETY: the caller's.
        unsafe {
            if rest.is_null() || (*rest).is_null() {
                return None;
            }
            let entry = CStr::from_ptr(*rest).to_bytes();
            rest = rest.add(1);
            Some(entry)
        }
    })
}

/// Calls `with` with a list as `given`, and our variables in it. What the program itself has of these stays behind ours.
///
/// # Safety
///
/// `given` is a list of strings that ends with null, or is null.
pub unsafe fn with_ours<T>(
    given: *const *const c_char,
    with: impl FnOnce(*const *const c_char) -> T,
) -> Option<T> {
    let (Some(preloaded), Some(files)) = (PRELOADED.get(), FILES.get()) else {
        return Some(with(given));
    };
    // SAFETY: the caller's.
    let entries = || unsafe { list(given) };
    let has = |name: &[u8]| entries().find(|entry| value_of(entry, name).is_some());
    let (has_preload, has_files) = (has(PRELOAD), has(VARIABLE.as_bytes()));
    joined(
        preloaded,
        has_preload.and_then(|it| value_of(it, PRELOAD)),
        |preload| {
            joined(
                files,
                has_files.and_then(|it| value_of(it, VARIABLE.as_bytes())),
                |files| {
                    space::words(entries().count() + 3, |list| {
                        let mut places = list.iter_mut();
                        let mut add = |entry: &[u8]| {
                            if let Some(place) = places.next() {
                                *place = entry.as_ptr().expose_provenance();
                            }
                        };
                        for entry in entries() {
                            if value_of(entry, PRELOAD).is_some() {
                                add(preload);
                            } else if value_of(entry, VARIABLE.as_bytes()).is_some() {
                                add(files);
                            } else {
                                add(entry);
                            }
                        }
                        if has_preload.is_none() {
                            add(preload);
                        }
                        if has_files.is_none() {
                            add(files);
                        }
                        with(list.as_ptr().cast())
                    })
                },
            )
        },
    )
    .flatten()
    .flatten()
}

/// Calls `with` with `ours`, a NUL behind it, and with the value that the program has for the same variable behind a colon.
fn joined<T>(ours: &[u8], theirs: Option<&[u8]>, with: impl FnOnce(&[u8]) -> T) -> Option<T> {
    let Some(theirs) = theirs else {
        return Some(with(ours));
    };
    // A program that traces others is traced itself, and names this library already.
    if split_preload(theirs).is_some() && value_of(ours, PRELOAD).is_some() {
        return space::bytes(PRELOAD.len() + theirs.len() + 2, |whole| {
            with(concat(&[PRELOAD, b"=", theirs], whole))
        });
    }
    space::bytes(ours.len() + theirs.len() + 2, |whole| {
        with(concat(&[ours, b":", theirs], whole))
    })
}

/// Writes the parts one after another, and the NUL that is there already.
fn concat<'a>(parts: &[&[u8]], whole: &'a mut [u8]) -> &'a [u8] {
    for (into, byte) in whole.iter_mut().zip(parts.iter().copied().flatten()) {
        *into = *byte;
    }
    whole
}
