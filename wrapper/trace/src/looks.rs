//! Notes what is looked at without being opened: `stat`, `access`, `statfs` and their like.

use core::ffi::{c_char, c_int, c_uint, c_void};
use core::mem::offset_of;

use linux_raw_sys::errno::EFAULT;
use linux_raw_sys::general::{__NR_statx, AT_SYMLINK_NOFOLLOW, stat, statx};

use crate::format::{Kind, NO_FOLLOW};
use crate::path::bytes;
use crate::sys::{self, AT_FDCWD};
use crate::trace::{self, file_type, type_at};

type Text = *const c_char;
type Buffer = *mut c_void;

/// Notes a look at a path, with flags as `fstatat` has them, and what `type_of` tells of it if it is there.
///
/// # Safety
///
/// `path` is a string, or what the kernel refuses.
pub unsafe fn look(
    dirfd: c_int,
    path: Text,
    flags: c_int,
    result: c_int,
    type_of: impl FnOnce() -> u32,
) -> c_int {
    let errno = if result < 0 { sys::errno() } else { 0 };
    if errno as c_uint == EFAULT || !trace::is_on() {
        return result;
    }
    // SAFETY: the kernel took it for a string.
    if let Some(name) = unsafe { bytes(path) } {
        looked(dirfd, name, flags, errno, type_of);
    }
    result
}

/// Notes a look at a path, of which the result is known.
pub fn looked(
    dirfd: c_int,
    name: &[u8],
    flags: c_int,
    errno: c_int,
    type_of: impl FnOnce() -> u32,
) {
    // Of a file that is open without a name: it was noted then.
    if !name.is_empty() || errno != 0 {
        let flag = if flags as c_uint & AT_SYMLINK_NOFOLLOW == 0 {
            0
        } else {
            NO_FOLLOW
        };
        trace::path(true, Kind::Look, flag, errno, dirfd, name, || {
            if errno == 0 { type_of() } else { 0 }
        });
    }
}

/// [`look`], with C's `struct stat`, which glibc and musl have as the kernel does.
///
/// # Safety
///
/// As there; where the result is 0 there is a structure.
pub unsafe fn look_stat(
    dirfd: c_int,
    path: Text,
    flags: c_int,
    result: c_int,
    buffer: Buffer,
) -> c_int {
    // SAFETY: it was filled.
    let mode = || unsafe {
        buffer
            .byte_add(offset_of!(stat, st_mode))
            .cast::<u32>()
            .read_unaligned()
    };
    // SAFETY: the caller's.
    unsafe { look(dirfd, path, flags, result, || file_type(mode())) }
}

/// [`look`], with C's `struct statx`.
///
/// # Safety
///
/// As there; where the result is 0 there is a structure.
pub unsafe fn look_statx(
    dirfd: c_int,
    path: Text,
    flags: c_int,
    result: c_int,
    buffer: Buffer,
) -> c_int {
    // SAFETY: it was filled.
    let mode = || unsafe {
        buffer
            .byte_add(offset_of!(statx, stx_mode))
            .cast::<u16>()
            .read_unaligned()
    };
    // SAFETY: the caller's.
    unsafe { look(dirfd, path, flags, result, || file_type(mode().into())) }
}

/// [`look`], where nothing but success is known.
///
/// # Safety
///
/// As there.
pub unsafe fn look_any(dirfd: c_int, path: Text, flags: c_int, result: c_int) -> c_int {
    // SAFETY: the caller's.
    unsafe {
        look(dirfd, path, flags, result, || {
            type_at(dirfd, path, flags as c_uint & AT_SYMLINK_NOFOLLOW)
        })
    }
}

const NO_LINKS: c_int = AT_SYMLINK_NOFOLLOW as c_int;

// SAFETY of all below: strings and structures are the caller's, as for libc.
wrap! {
    fn stat | stat64(path: Text, buffer: Buffer) -> c_int, real { unsafe { look_stat(AT_FDCWD, path, 0, real(), buffer) } }
    fn lstat | lstat64(path: Text, buffer: Buffer) -> c_int, real {
        unsafe { look_stat(AT_FDCWD, path, NO_LINKS, real(), buffer) }
    }
    fn fstatat | fstatat64(dirfd: c_int, path: Text, buffer: Buffer, flags: c_int) -> c_int, real {
        unsafe { look_stat(dirfd, path, flags, real(), buffer) }
    }
    // What programs call that were linked with glibc before 2.33.
    fn __xstat | __xstat64(version: c_int, path: Text, buffer: Buffer) -> c_int, real {
        unsafe { look_stat(AT_FDCWD, path, 0, real(), buffer) }
    }
    fn __lxstat | __lxstat64(version: c_int, path: Text, buffer: Buffer) -> c_int, real {
        unsafe { look_stat(AT_FDCWD, path, NO_LINKS, real(), buffer) }
    }
    fn __fxstatat | __fxstatat64(version: c_int, dirfd: c_int, path: Text, buffer: Buffer, flags: c_int) -> c_int, real {
        unsafe { look_stat(dirfd, path, flags, real(), buffer) }
    }
    fn statx(dirfd: c_int, path: Text, flags: c_int, mask: c_uint, buffer: Buffer) -> c_int, (real, next) {
        let result = match next {
            Some(_) => real(),
            // Programs ask whether there is one, and with this library there always is.
            None => sys::as_libc(unsafe {
                sys::call(__NR_statx, [dirfd as usize, path as usize, flags as usize, mask as usize, buffer as usize, 0])
            }) as c_int,
        };
        unsafe { look_statx(dirfd, path, flags, result, buffer) }
    }

    fn access | eaccess | euidaccess(path: Text, mode: c_int) -> c_int, real {
        unsafe { look_any(AT_FDCWD, path, 0, real()) }
    }
    fn faccessat(dirfd: c_int, path: Text, mode: c_int, flags: c_int) -> c_int, real {
        unsafe { look_any(dirfd, path, flags, real()) }
    }
    fn statfs | statfs64 | statvfs | statvfs64(path: Text, buffer: Buffer) -> c_int, real {
        unsafe { look_any(AT_FDCWD, path, 0, real()) }
    }
    fn chdir(path: Text) -> c_int, real {
        // A relative path is one from the directory before.
        if !trace::is_on() {
            return real();
        }
        let type_before = sys::stat_at(AT_FDCWD, path, 0);
        if type_before.is_ok() {
            unsafe { look_any(AT_FDCWD, path, 0, 0) };
            return real();
        }
        unsafe { look_any(AT_FDCWD, path, 0, real()) }
    }
}
