//! Notes what links are asked for, and the answers.

use core::ffi::{c_char, c_int, c_uint};

use linux_raw_sys::errno::{EFAULT, EINVAL};
use linux_raw_sys::general::AT_SYMLINK_NOFOLLOW;

use crate::format::{Kind, RESOLVED};
use crate::looks::{look, look_any};
use crate::path::bytes;
use crate::sys::{self, AT_FDCWD, PATH_MAX};
use crate::trace::{self, type_at};

type Text = *const c_char;

/// Notes that a link's target was read.
///
/// # Safety
///
/// `path` is a string, or what the kernel refuses.
pub unsafe fn read(dirfd: c_int, path: Text, result: isize) -> isize {
    if !trace::is_on() {
        return result;
    }
    let errno = if result < 0 {
        sys::errno() as c_uint
    } else {
        0
    };
    // SAFETY: the caller's.
    unsafe {
        match errno {
            0 => note_target(dirfd, path),
            EFAULT => {}
            // It is there, and no link.
            EINVAL => {
                look_any(dirfd, path, AT_SYMLINK_NOFOLLOW as c_int, 0);
            }
            _ => {
                look(dirfd, path, AT_SYMLINK_NOFOLLOW as c_int, -1, || 0);
            }
        }
    }
    result
}

/// The whole target: the program may have had less room than it takes.
#[inline(never)]
unsafe fn note_target(dirfd: c_int, path: Text) {
    let mut buffer = [0; PATH_MAX];
    // SAFETY: the kernel took it for a string.
    if let (Some(name), Ok(target)) = (
        unsafe { bytes(path) },
        sys::read_link(dirfd, path, &mut buffer),
    ) && !name.is_empty()
    {
        trace::path_and(true, Kind::Link, 0, 0, (dirfd, name), &[target, b"", b""]);
    }
}

/// Notes that a path was resolved: to `answer`, null where it failed.
unsafe fn resolve(path: Text, answer: *mut c_char) -> *mut c_char {
    if !trace::is_on() {
        return answer;
    }
    // SAFETY: the caller's.
    unsafe {
        match (bytes(path), bytes(answer)) {
            (Some(name), Some(answer)) => {
                trace::path_and(
                    true,
                    Kind::Link,
                    RESOLVED,
                    0,
                    (AT_FDCWD, name),
                    &[answer, b"", b""],
                );
            }
            (Some(_), None) => {
                look(AT_FDCWD, path, 0, -1, || type_at(AT_FDCWD, path, 0));
            }
            _ => {}
        }
    }
    answer
}

// SAFETY of all below: strings are the caller's, as for libc.
wrap! {
    fn readlink(path: Text, target: *mut c_char, size: usize) -> isize, real { unsafe { read(AT_FDCWD, path, real()) } }
    fn readlinkat(dirfd: c_int, path: Text, target: *mut c_char, size: usize) -> isize, real {
        unsafe { read(dirfd, path, real()) }
    }
    fn __readlink_chk(path: Text, target: *mut c_char, size: usize, room: usize) -> isize, real {
        unsafe { read(AT_FDCWD, path, real()) }
    }
    fn __readlinkat_chk(dirfd: c_int, path: Text, target: *mut c_char, size: usize, room: usize) -> isize, real {
        unsafe { read(dirfd, path, real()) }
    }
    fn realpath(path: Text, answer: *mut c_char) -> *mut c_char, real { unsafe { resolve(path, real()) } }
    fn __realpath_chk(path: Text, answer: *mut c_char, room: usize) -> *mut c_char, real {
        unsafe { resolve(path, real()) }
    }
    fn canonicalize_file_name(path: Text) -> *mut c_char, real { unsafe { resolve(path, real()) } }
}
