//! Notes what is opened: files by `open` and `fopen`, directories by `opendir`, temporary files.

use core::ffi::{c_char, c_int, c_uint, c_void};

use linux_raw_sys::errno::EFAULT;
use linux_raw_sys::general::{
    __O_TMPFILE, O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_PATH, O_RDONLY, O_RDWR, O_TRUNC,
    O_WRONLY, S_IFMT, S_IFREG,
};

use crate::format::{KEPT, Kind, NO_FOLLOW};
use crate::libraries::after_dlopen;
use crate::machine;
use crate::path::{bytes, is_descriptor, is_environment, is_of_machine};
use crate::sys::{self, AT_FDCWD};
use crate::trace::{self, file_type, type_at};

/// libc's `FILE` and `DIR`.
type Stream = *mut c_void;
type Text = *const c_char;

/// Opens a file by `real`, with flags as `open` has them, and notes it. `type_of` tells of an open one what
/// [`crate::format::FileType`] it has.
///
/// # Safety
///
/// `path` is a string, or what the kernel refuses.
unsafe fn opened<T: Copy>(
    (dirfd, path): (c_int, Text),
    flags: c_uint,
    real: impl FnOnce() -> T,
    failed: impl FnOnce(T) -> bool,
    type_of: impl FnOnce(T) -> u32,
) -> T {
    if !trace::is_on() || flags & __O_TMPFILE != 0 {
        return real();
    }
    let only_path = flags & O_PATH != 0;
    let may_change = !only_path && flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC) != 0;
    let was_there = may_change && flags & O_EXCL == 0 && sys::stat_at(dirfd, path, 0).is_ok();
    let result = real();
    let errno = if failed(result) { sys::errno() } else { 0 };
    if errno as c_uint == EFAULT {
        return result;
    }
    // SAFETY: the kernel took it for a string.
    let Some(name) = (unsafe { bytes(path) }) else {
        return result;
    };

    let only_reads = flags & (O_WRONLY | O_RDWR | O_TRUNC) == O_RDONLY;
    if only_path {
        let flag = if flags & O_NOFOLLOW == 0 {
            0
        } else {
            NO_FOLLOW
        };
        trace::path(true, Kind::Look, flag, errno, dirfd, name, || {
            type_of(result)
        });
    } else if !may_change || only_reads && was_there {
        // What was opened before, perhaps by another program.
        if is_descriptor(name)
            && sys::stat_at(dirfd, path, 0).is_ok_and(|it| it.mode & S_IFMT == S_IFREG)
        {
            trace::add_unnamed(&[name]);
        }
        if is_environment(name) {
            trace::add_unnamed(&[name]);
        }
        if is_of_machine(name) && errno == 0 {
            machine::note(name, after_dlopen());
        }
        trace::path(true, Kind::Read, 0, errno, dirfd, name, || type_of(result));
    } else {
        // What is added to is another file where there is one.
        let kept = if flags & O_TRUNC == 0 && (was_there || flags & O_APPEND != 0) {
            KEPT
        } else {
            0
        };
        trace::path(false, Kind::Write, kept, errno, dirfd, name, || 0);
    }
    result
}

/// [`opened`], for what returns a descriptor.
///
/// # Safety
///
/// As there.
pub unsafe fn open_fd(
    dirfd: c_int,
    path: Text,
    flags: c_int,
    real: impl FnOnce() -> c_int,
) -> c_int {
    let type_of = |fd| sys::fstat(fd).map_or(0, |status| file_type(status.mode));
    // SAFETY: the caller's.
    unsafe { opened((dirfd, path), flags as c_uint, real, |fd| fd < 0, type_of) }
}

/// Notes what a child that is spawned will open.
///
/// # Safety
///
/// `path` is a string.
pub unsafe fn open_later(path: Text, flags: c_int) {
    // SAFETY: the caller's. Whether it can be opened the child will see.
    unsafe { open_fd(AT_FDCWD, path, flags & !(O_EXCL as c_int), || i32::MAX) };
}

/// The flags of `creat`.
pub const CREAT: c_int = (O_CREAT | O_WRONLY | O_TRUNC) as c_int;

/// [`opened`], for what returns a stream, of a mode as `fopen` has it.
unsafe fn open_stream(path: Text, mode: Text, real: impl FnOnce() -> Stream) -> Stream {
    // SAFETY: the caller's.
    let mode = unsafe { bytes(mode) }.unwrap_or_default();
    let mut flags = match mode.first() {
        Some(b'w') => O_WRONLY | O_CREAT | O_TRUNC,
        Some(b'a') => O_WRONLY | O_CREAT | O_APPEND,
        _ => O_RDONLY,
    };
    let options = mode.split(|byte| *byte == b',').next().unwrap_or_default();
    if options.contains(&b'+') {
        flags |= O_RDWR;
    }
    if options.contains(&b'x') {
        flags |= O_EXCL;
    }
    // SAFETY: the caller's.
    unsafe {
        opened((AT_FDCWD, path), flags, real, Stream::is_null, |_| {
            type_at(AT_FDCWD, path, 0)
        })
    }
}

/// Notes that a directory's entries are read.
///
/// # Safety
///
/// `path` is a string, or what the kernel refuses.
unsafe fn list(dirfd: c_int, path: Text, failed: bool) {
    let errno = if failed { sys::errno() } else { 0 };
    if errno as c_uint == EFAULT || !trace::is_on() {
        return;
    }
    // SAFETY: the kernel took it for a string.
    if let Some(name) = unsafe { bytes(path) } {
        trace::path(true, Kind::List, after_dlopen(), errno, dirfd, name, || 0);
    }
}

/// Notes that the entries of an open directory are read.
pub fn list_open(fd: c_int) {
    if trace::is_on() {
        // The directory itself: its path, and nothing behind it.
        trace::path(true, Kind::List, after_dlopen(), 0, fd, b"", || 0);
    }
}

/// [`list`], of as many entries as libc has read; -1 where that failed.
unsafe fn scanned(dirfd: c_int, path: Text, count: c_int) -> c_int {
    // SAFETY: the caller's.
    unsafe { list(dirfd, path, count < 0) };
    count
}

/// Notes that a temporary file or directory was made, whose name is known only now.
unsafe fn made(kind: Kind, path: Text) {
    // SAFETY: the caller's.
    if let Some(name) = unsafe { bytes(path) }
        && trace::is_on()
    {
        trace::path(false, kind, 0, 0, AT_FDCWD, name, || 0);
    }
}

/// [`made`], of a file that is open, unless that failed.
unsafe fn made_file(path: Text, fd: c_int) -> c_int {
    if fd >= 0 {
        // SAFETY: the caller's.
        unsafe { made(Kind::Write, path) };
    }
    fd
}

/// Notes that libc looks for files where that cannot be seen.
unsafe fn unseen(function: &[u8], of: Text) {
    if trace::is_on() {
        // SAFETY: the caller's.
        trace::add_unnamed(&[function, b" ", unsafe { bytes(of) }.unwrap_or_default()]);
    }
}

/// Flag of `glob`, of GNU: it is to use the program's functions, which are seen.
const GLOB_ALTDIRFUNC: c_int = 1 << 6;

// SAFETY of all below: strings are the caller's, as for libc.
wrap! {
    fn open | open64(path: Text, flags: c_int, mode: c_uint) -> c_int, real { unsafe { open_fd(AT_FDCWD, path, flags, real) } }
    fn openat | openat64(dirfd: c_int, path: Text, flags: c_int, mode: c_uint) -> c_int, real {
        unsafe { open_fd(dirfd, path, flags, real) }
    }
    fn __open_2 | __open64_2(path: Text, flags: c_int) -> c_int, real { unsafe { open_fd(AT_FDCWD, path, flags, real) } }
    fn __openat_2 | __openat64_2(dirfd: c_int, path: Text, flags: c_int) -> c_int, real {
        unsafe { open_fd(dirfd, path, flags, real) }
    }
    fn creat | creat64(path: Text, mode: c_uint) -> c_int, real { unsafe { open_fd(AT_FDCWD, path, CREAT, real) } }

    fn fopen | fopen64(path: Text, mode: Text) -> Stream, real { unsafe { open_stream(path, mode, real) } }
    fn freopen | freopen64(path: Text, mode: Text, stream: Stream) -> Stream, real { unsafe { open_stream(path, mode, real) } }

    fn opendir(path: Text) -> Stream, real {
        let stream = real();
        unsafe { list(AT_FDCWD, path, stream.is_null()) };
        stream
    }
    fn fdopendir(fd: c_int) -> Stream, real {
        let stream = real();
        if !stream.is_null() {
            list_open(fd);
        }
        stream
    }
    fn scandir | scandir64(path: Text, names: Stream, filter: Stream, order: Stream) -> c_int, real {
        unsafe { scanned(AT_FDCWD, path, real()) }
    }
    fn scandirat | scandirat64(dirfd: c_int, path: Text, names: Stream, filter: Stream, order: Stream) -> c_int, real {
        unsafe { scanned(dirfd, path, real()) }
    }
    fn glob | glob64(pattern: Text, flags: c_int, error: Stream, found: Stream) -> c_int, real {
        if flags & GLOB_ALTDIRFUNC == 0 { unsafe { unseen(b"glob", pattern) } }
        real()
    }
    fn ftw | ftw64(path: Text, each: Stream, most: c_int) -> c_int, real { unsafe { unseen(b"ftw", path) }; real() }
    fn nftw | nftw64(path: Text, each: Stream, most: c_int, flags: c_int) -> c_int, real {
        unsafe { unseen(b"nftw", path) };
        real()
    }
    fn fts_open | fts64_open(paths: *const Text, options: c_int, order: Stream) -> Stream, real {
        unsafe { unseen(b"fts_open", if paths.is_null() { core::ptr::null() } else { *paths }) };
        real()
    }

    fn mkstemp | mkstemp64(path: Text) -> c_int, real { unsafe { made_file(path, real()) } }
    fn mkostemp | mkostemp64(path: Text, flags: c_int) -> c_int, real { unsafe { made_file(path, real()) } }
    fn mkstemps | mkstemps64(path: Text, length: c_int) -> c_int, real { unsafe { made_file(path, real()) } }
    fn mkostemps | mkostemps64(path: Text, length: c_int, flags: c_int) -> c_int, real { unsafe { made_file(path, real()) } }
    fn mkdtemp(path: Text) -> *mut c_char, real {
        let result = real();
        if !result.is_null() {
            unsafe { made(Kind::MakeDirectory, path) };
        }
        result
    }
}
