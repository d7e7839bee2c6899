//! Calls the kernel, without libc: nothing here touches errno.

use core::arch::asm;
use core::ffi::{CStr, c_char, c_int};
use core::mem::MaybeUninit;
use core::ptr;

use linux_raw_sys::errno::EFAULT;
use linux_raw_sys::general as kernel;
pub use linux_raw_sys::general::AT_FDCWD;

/// The longest path that the kernel takes, with its NUL.
pub const PATH_MAX: usize = kernel::PATH_MAX as usize;

unsafe extern "C" {
    fn __errno_location() -> *mut c_int;
}

/// libc's errno.
pub fn errno() -> c_int {
    // SAFETY: glibc and musl have it, and it is this thread's own.
    unsafe { *__errno_location() }
}

/// Sets libc's errno.
pub fn set_errno(errno: c_int) {
    // SAFETY: as above.
    unsafe { *__errno_location() = errno }
}

/// A system call. A result between -4095 and -1 is an error's number.
///
/// # Safety
///
/// As that of the system call.
#[cfg(target_arch = "x86_64")]
pub unsafe fn call(number: u32, arguments: [usize; 6]) -> isize {
    let [a, b, c, d, e, f] = arguments;
    let result;
    // SAFETY: the kernel changes no register but those that are named.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number as usize => result,
            in("rdi") a, in("rsi") b, in("rdx") c, in("r10") d, in("r8") e, in("r9") f,
            lateout("rcx") _, lateout("r11") _,
            options(nostack),
        );
    }
    result
}

/// A system call. A result between -4095 and -1 is an error's number.
///
/// # Safety
///
/// As that of the system call.
#[cfg(target_arch = "aarch64")]
pub unsafe fn call(number: u32, arguments: [usize; 6]) -> isize {
    let [a, b, c, d, e, f] = arguments;
    let result;
    // SAFETY: the kernel changes no register but the one that is named.
    unsafe {
        asm!(
            "svc 0",
            in("x8") number as usize,
            inlateout("x0") a => result,
            in("x1") b, in("x2") c, in("x3") d, in("x4") e, in("x5") f,
            options(nostack),
        );
    }
    result
}

/// As libc returns it: -1 and errno for an error.
pub fn as_libc(result: isize) -> isize {
    if (-4095..0).contains(&result) {
        set_errno(-result as c_int);
        return -1;
    }
    result
}

/// The result, or the error's number.
fn checked(result: isize) -> Result<usize, c_int> {
    usize::try_from(result).map_err(|_| -result as c_int)
}

/// Ends the process as a broken one.
pub fn abort() -> ! {
    // SAFETY: an instruction that is none ends the process by SIGILL.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        asm!("ud2", options(noreturn));
        #[cfg(target_arch = "aarch64")]
        asm!("udf #0", options(noreturn));
    }
}

/// The process' id. It is asked for anew each time, as a child of `vfork` has its parent's memory.
pub fn pid() -> u32 {
    // SAFETY: it takes nothing and cannot fail.
    unsafe { call(kernel::__NR_getpid, [0; 6]) as u32 }
}

/// The parent's process id.
pub fn parent_pid() -> u32 {
    // SAFETY: as above.
    unsafe { call(kernel::__NR_getppid, [0; 6]) as u32 }
}

/// Opens a file for reading and writing, closed on exec.
pub fn open(path: &CStr) -> Result<c_int, c_int> {
    let flags = kernel::O_RDWR | kernel::O_CLOEXEC | kernel::O_NOCTTY;
    // SAFETY: the path ends with a NUL.
    let fd = unsafe {
        call(
            kernel::__NR_openat,
            [
                AT_FDCWD as usize,
                path.as_ptr() as usize,
                flags as usize,
                0,
                0,
                0,
            ],
        )
    };
    checked(fd).map(|fd| fd as c_int)
}

/// Closes it.
pub fn close(fd: c_int) {
    // SAFETY: callers opened it.
    unsafe { call(kernel::__NR_close, [fd as usize, 0, 0, 0, 0, 0]) };
}

/// A type and its permissions, `st_mode`, and the file's length in bytes.
pub struct Status {
    pub mode: u32,
    pub size: u64,
}

fn status(number: u32, dirfd: usize, path: usize, flags: u32) -> Result<Status, c_int> {
    let mut found = MaybeUninit::<kernel::stat>::uninit();
    let into = found.as_mut_ptr() as usize;
    let arguments = if number == kernel::__NR_fstat {
        [dirfd, into, 0, 0, 0, 0]
    } else {
        [dirfd, path, into, flags as usize, 0, 0]
    };
    // SAFETY: the kernel fills a structure of this shape, and refuses addresses that are none.
    checked(unsafe { call(number, arguments) })?;
    // SAFETY: it was filled.
    let found = unsafe { found.assume_init() };
    Ok(Status {
        mode: found.st_mode,
        size: found.st_size as u64,
    })
}

/// What an open file is.
pub fn fstat(fd: c_int) -> Result<Status, c_int> {
    status(kernel::__NR_fstat, fd as usize, 0, 0)
}

/// What a path leads to. The path is not touched but by the kernel, so any address does.
pub fn stat_at(dirfd: c_int, path: *const c_char, flags: u32) -> Result<Status, c_int> {
    status(
        kernel::__NR_newfstatat,
        dirfd as usize,
        path as usize,
        flags,
    )
}

/// Whether the process may execute what the path leads to.
pub fn may_execute(path: &CStr) -> Result<(), c_int> {
    let arguments = [
        AT_FDCWD as usize,
        path.as_ptr() as usize,
        kernel::X_OK as usize,
        0,
        0,
        0,
    ];
    // SAFETY: the path ends with a NUL.
    checked(unsafe { call(kernel::__NR_faccessat, arguments) }).map(|_| ())
}

/// A link's target, as much of it as there is room for.
///
/// # Errors
///
/// The error's number.
pub fn read_link(dirfd: c_int, path: *const c_char, target: &mut [u8]) -> Result<&[u8], c_int> {
    let arguments = [
        dirfd as usize,
        path as usize,
        target.as_mut_ptr() as usize,
        target.len(),
        0,
        0,
    ];
    // SAFETY: the kernel writes into the buffer no more than its length.
    let length = checked(unsafe { call(kernel::__NR_readlinkat, arguments) })?;
    target.get(..length).ok_or(EFAULT as c_int)
}

/// The process' directory.
pub fn directory(into: &mut [u8; PATH_MAX]) -> Result<&[u8], c_int> {
    // SAFETY: the kernel writes no more than that.
    let length = checked(unsafe {
        call(
            kernel::__NR_getcwd,
            [into.as_mut_ptr() as usize, PATH_MAX, 0, 0, 0, 0],
        )
    })?;
    // With its NUL.
    into.get(..length.wrapping_sub(1)).ok_or(EFAULT as c_int)
}

/// Memory of the process' own, or a file's if there is one, shared with all that map it.
pub fn map(length: usize, file: Option<c_int>) -> Result<*mut u8, c_int> {
    let protection = kernel::PROT_READ | kernel::PROT_WRITE;
    let flags = if file.is_some() {
        kernel::MAP_SHARED
    } else {
        kernel::MAP_PRIVATE | kernel::MAP_ANONYMOUS
    };
    let fd = file.map_or(usize::MAX, |fd| fd as usize);
    // SAFETY: where the memory is to be is left to the kernel.
    let place = unsafe {
        call(
            kernel::__NR_mmap,
            [0, length, protection as usize, flags as usize, fd, 0],
        )
    };
    let place = checked(place)?;
    if file.is_some() {
        // Records are added at the end: what the kernel would read ahead is empty, and it would fill all of it with zeros.
        // SAFETY: it changes nothing but what the kernel does ahead.
        unsafe {
            call(
                kernel::__NR_madvise,
                [place, length, kernel::MADV_RANDOM as usize, 0, 0, 0],
            )
        };
    }
    Ok(ptr::with_exposed_provenance_mut(place))
}

/// Gives memory back.
///
/// # Safety
///
/// It is of [`map`], and nobody uses it.
pub unsafe fn unmap(place: *mut u8, length: usize) {
    // SAFETY: the caller's.
    unsafe { call(kernel::__NR_munmap, [place as usize, length, 0, 0, 0, 0]) };
}

/// Ends the process, all of its threads.
pub fn exit(status: c_int) -> ! {
    // SAFETY: it takes a number.
    unsafe { call(kernel::__NR_exit_group, [status as usize, 0, 0, 0, 0, 0]) };
    abort()
}
