//! Notes what is made, renamed, removed or changed by its path.

use core::ffi::{c_char, c_int, c_long, c_uint, c_void};

use linux_raw_sys::errno::{EEXIST, EFAULT};

use crate::format::{KEPT, Kind};
use crate::looks::look_any;
use crate::path::{bytes, with_absolute};
use crate::sys::{self, AT_FDCWD};
use crate::trace;

type Text = *const c_char;

/// Notes a change at a path.
///
/// # Safety
///
/// `path` is a string, or what the kernel refuses.
pub unsafe fn changed(kind: Kind, flags: u8, dirfd: c_int, path: Text, result: c_int) -> c_int {
    let errno = if result < 0 { sys::errno() } else { 0 };
    if errno as c_uint == EFAULT || !trace::is_on() {
        return result;
    }
    // SAFETY: the kernel took it for a string.
    if let Some(name) = unsafe { bytes(path) } {
        trace::path(false, kind, flags, errno, dirfd, name, || 0);
    }
    result
}

/// Notes that a directory is made; that it is there already is a look.
///
/// # Safety
///
/// As [`changed`].
pub unsafe fn directory_made(dirfd: c_int, path: Text, result: c_int) -> c_int {
    // SAFETY: the caller's.
    unsafe {
        if result < 0 && sys::errno() as c_uint == EEXIST {
            look_any(dirfd, path, 0, 0);
            return result;
        }
        changed(Kind::MakeDirectory, 0, dirfd, path, result)
    }
}

/// Notes that a path is renamed.
///
/// # Safety
///
/// As [`changed`].
pub unsafe fn renamed(from: (c_int, Text), to: (c_int, Text), result: c_int) -> c_int {
    let errno = if result < 0 { sys::errno() } else { 0 };
    if errno as c_uint == EFAULT || !trace::is_on() {
        return result;
    }
    // SAFETY: the kernel took them for strings.
    if let (Some(from_name), Some(to_name)) = unsafe { (bytes(from.1), bytes(to.1)) } {
        with_absolute(to.0, to_name, |parts| match parts {
            Ok(parts) => {
                trace::path_and(false, Kind::Rename, 0, errno, (from.0, from_name), &parts);
            }
            Err(path) => trace::add_unnamed(&[path]),
        });
    }
    result
}

/// Notes that a file gets another name: what it holds is then there as well.
///
/// # Safety
///
/// As [`changed`].
pub unsafe fn linked(from: (c_int, Text), to: (c_int, Text), result: c_int) -> c_int {
    // SAFETY: the caller's.
    unsafe {
        if let Some(name) = bytes(from.1)
            && trace::is_on()
            && !name.is_empty()
        {
            let errno = if result < 0 { sys::errno() } else { 0 };
            trace::path(true, Kind::Read, 0, errno, from.0, name, || {
                trace::type_at(from.0, from.1, 0)
            });
        }
        changed(Kind::Write, 0, to.0, to.1, result)
    }
}

/// Notes that a link is made. What is written by way of one that leads elsewhere is not seen where it is.
///
/// # Safety
///
/// As [`changed`].
pub unsafe fn link_made(target: Text, dirfd: c_int, path: Text, result: c_int) -> c_int {
    // SAFETY: the kernel took it for a string.
    let target = unsafe { bytes(target) }.unwrap_or_default();
    let mut parts = target.split(|byte| *byte == b'/');
    let leads_out = target.starts_with(b"/") || parts.any(|part| part == b"..");
    if result == 0 && leads_out && trace::is_on() {
        trace::add_unnamed(&[b"a link to ", target]);
    }
    // SAFETY: the caller's.
    unsafe { changed(Kind::Write, 0, dirfd, path, result) }
}

/// Flag of `renameat2`: both stay, and each has the other's name.
const RENAME_EXCHANGE: c_uint = 1 << 1;

// SAFETY of all below: strings are the caller's, as for libc.
wrap! {
    fn rename(from: Text, to: Text) -> c_int, real { unsafe { renamed((AT_FDCWD, from), (AT_FDCWD, to), real()) } }
    fn renameat(from_fd: c_int, from: Text, to_fd: c_int, to: Text) -> c_int, real {
        unsafe { renamed((from_fd, from), (to_fd, to), real()) }
    }
    fn renameat2(from_fd: c_int, from: Text, to_fd: c_int, to: Text, flags: c_uint) -> c_int, real {
        if flags & RENAME_EXCHANGE != 0 && trace::is_on() {
            trace::add_unnamed(&[b"renameat2 ", unsafe { bytes(from) }.unwrap_or_default()]);
        }
        unsafe { renamed((from_fd, from), (to_fd, to), real()) }
    }

    fn unlink | rmdir | remove(path: Text) -> c_int, real { unsafe { changed(Kind::Remove, 0, AT_FDCWD, path, real()) } }
    fn unlinkat(dirfd: c_int, path: Text, flags: c_int) -> c_int, real {
        unsafe { changed(Kind::Remove, 0, dirfd, path, real()) }
    }

    fn mkdir(path: Text, mode: c_uint) -> c_int, real { unsafe { directory_made(AT_FDCWD, path, real()) } }
    fn mkdirat(dirfd: c_int, path: Text, mode: c_uint) -> c_int, real { unsafe { directory_made(dirfd, path, real()) } }
    fn mkfifo(path: Text, mode: c_uint) -> c_int, real { unsafe { changed(Kind::Write, 0, AT_FDCWD, path, real()) } }
    fn mkfifoat(dirfd: c_int, path: Text, mode: c_uint) -> c_int, real {
        unsafe { changed(Kind::Write, 0, dirfd, path, real()) }
    }
    fn mknod(path: Text, mode: c_uint, device: u64) -> c_int, real {
        unsafe { changed(Kind::Write, 0, AT_FDCWD, path, real()) }
    }
    fn mknodat(dirfd: c_int, path: Text, mode: c_uint, device: u64) -> c_int, real {
        unsafe { changed(Kind::Write, 0, dirfd, path, real()) }
    }

    fn link(from: Text, to: Text) -> c_int, real { unsafe { linked((AT_FDCWD, from), (AT_FDCWD, to), real()) } }
    fn linkat(from_fd: c_int, from: Text, to_fd: c_int, to: Text, flags: c_int) -> c_int, real {
        unsafe { linked((from_fd, from), (to_fd, to), real()) }
    }
    fn symlink(target: Text, path: Text) -> c_int, real { unsafe { link_made(target, AT_FDCWD, path, real()) } }
    fn symlinkat(target: Text, dirfd: c_int, path: Text) -> c_int, real {
        unsafe { link_made(target, dirfd, path, real()) }
    }

    fn truncate | truncate64(path: Text, length: c_long) -> c_int, real {
        unsafe { changed(Kind::Write, KEPT, AT_FDCWD, path, real()) }
    }
    fn chmod(path: Text, mode: c_uint) -> c_int, real { unsafe { changed(Kind::Write, KEPT, AT_FDCWD, path, real()) } }
    fn fchmodat(dirfd: c_int, path: Text, mode: c_uint, flags: c_int) -> c_int, real {
        unsafe { changed(Kind::Write, KEPT, dirfd, path, real()) }
    }
    fn chown | lchown(path: Text, user: c_uint, group: c_uint) -> c_int, real {
        unsafe { changed(Kind::Write, KEPT, AT_FDCWD, path, real()) }
    }
    fn fchownat(dirfd: c_int, path: Text, user: c_uint, group: c_uint, flags: c_int) -> c_int, real {
        unsafe { changed(Kind::Write, KEPT, dirfd, path, real()) }
    }
    fn utime | utimes | lutimes(path: Text, times: *const c_void) -> c_int, real {
        unsafe { changed(Kind::Write, KEPT, AT_FDCWD, path, real()) }
    }
    fn utimensat(dirfd: c_int, path: Text, times: *const c_void, flags: c_int) -> c_int, real {
        unsafe { changed(Kind::Write, KEPT, dirfd, path, real()) }
    }
}
