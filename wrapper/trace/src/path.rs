//! Makes paths absolute, and tells those that are no inputs.

use core::ffi::{CStr, c_char, c_int};

use crate::sys::{self, AT_FDCWD, PATH_MAX};

/// The bytes of a string that a program passed on; nothing for a null pointer.
///
/// # Safety
///
/// It is a string, or null.
pub unsafe fn bytes<'a>(string: *const c_char) -> Option<&'a [u8]> {
    // SAFETY: the caller's.
    (!string.is_null()).then(|| unsafe { CStr::from_ptr(string) }.to_bytes())
}

/// Calls `with` with the parts of the absolute path: of `path` from the directory `dirfd`. `Err` has as much of it as
/// is known where the directory has no name.
pub fn with_absolute<T>(
    dirfd: c_int,
    path: &[u8],
    with: impl FnOnce(Result<[&[u8]; 3], &[u8]>) -> T,
) -> T {
    if path.starts_with(b"/") {
        with(Ok([path, b"", b""]))
    } else {
        from_directory(dirfd, path, with)
    }
}

#[inline(never)]
fn from_directory<T>(
    dirfd: c_int,
    path: &[u8],
    with: impl FnOnce(Result<[&[u8]; 3], &[u8]>) -> T,
) -> T {
    let mut buffer = [0; PATH_MAX];
    let directory = if dirfd == AT_FDCWD {
        sys::directory(&mut buffer).ok()
    } else {
        of_descriptor(dirfd, &mut buffer)
    };
    match directory {
        Some(b"/") => with(Ok([b"/", path, b""])),
        Some(directory) if directory.starts_with(b"/") => {
            let slash: &[u8] = if path.is_empty() { b"" } else { b"/" };
            with(Ok([directory, slash, path]))
        }
        _ => with(Err(path)),
    }
}

/// What an open file is called: its path, or something that does not begin with a slash, as `pipe:[1]`.
pub fn of_descriptor(fd: c_int, buffer: &mut [u8; PATH_MAX]) -> Option<&[u8]> {
    let mut name = *b"/proc/self/fd/\0\0\0\0\0\0\0\0\0\0\0\0";
    let mut digits = [0; 10];
    let mut count = 0;
    let mut rest = u32::try_from(fd).ok()?;
    for digit in &mut digits {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
        count += 1;
        if rest == 0 {
            break;
        }
    }
    for (into, digit) in name[14..].iter_mut().zip(digits[..count].iter().rev()) {
        *into = *digit;
    }
    sys::read_link(AT_FDCWD, name.as_ptr().cast(), buffer).ok()
}

/// Whether a path, in parts, is one of the kernel's own file systems, whose files are no inputs.
pub fn is_of_kernel(parts: &[&[u8]]) -> bool {
    let mut start = [0; 9];
    for (into, byte) in start.iter_mut().zip(parts.iter().copied().flatten()) {
        *into = *byte;
    }
    let below = |directory: &[u8]| {
        start
            .strip_prefix(directory)
            .is_some_and(|rest| matches!(rest.first(), None | Some(b'/' | 0)))
    };
    (below(b"/proc") || below(b"/sys") || below(b"/dev")) && !below(b"/dev/shm")
}

/// Whether a path, in parts, is another name of an open file: `/dev/stdin`, `/proc/self/fd/3`.
pub fn is_descriptor(path: &[u8]) -> bool {
    [b"/dev/fd/" as &[u8], b"/dev/std", b"/proc/self/fd/"]
        .iter()
        .any(|start| path.starts_with(start))
}

/// Whether a path is that of a file in which the kernel tells what the machine is, or what it does just now.
pub fn is_of_machine(path: &[u8]) -> bool {
    const FILES: [&[u8]; 6] = [
        b"/proc/cpuinfo",
        b"/proc/loadavg",
        b"/proc/meminfo",
        b"/proc/stat",
        b"/proc/uptime",
        b"/proc/version",
    ];
    const DIRECTORIES: [&[u8]; 3] = [b"/proc/sys/kernel/", b"/sys/class/", b"/sys/devices/"];
    FILES.contains(&path) || DIRECTORIES.iter().any(|start| path.starts_with(start))
}

/// Whether a path is that of a process' arguments or of its environment, as it was when the process began and as the trace has
/// it.
pub fn is_environment(path: &[u8]) -> bool {
    path.starts_with(b"/proc/") && (path.ends_with(b"/environ") || path.ends_with(b"/cmdline"))
}
