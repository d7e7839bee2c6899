//! Notes what programs ask of the kernel through libc's `syscall`.

use core::ffi::{c_char, c_int, c_long};

use linux_raw_sys::general as kernel;

use crate::changes::{changed, directory_made, link_made, linked, renamed};
use crate::clock;
use crate::files::{list_open, open_fd};
use crate::format::{KEPT, Kind, LIMITS, PROCESSORS, UNAME};
use crate::links;
use crate::looks::{look_any, look_stat, look_statx};
use crate::machine;
use crate::programs;
use crate::sys::AT_FDCWD;

fn text(argument: usize) -> *const c_char {
    core::ptr::with_exposed_provenance(argument)
}

/// Calls `real`, and notes what it did.
///
/// # Safety
///
/// The arguments are those of the system call.
unsafe fn noted(number: u32, arguments: [usize; 6], real: impl FnOnce() -> isize) -> isize {
    let [a, b, c, d, e, _] = arguments;
    let (fd, path, buffer) = (
        a as c_int,
        text(b),
        core::ptr::with_exposed_provenance_mut(c),
    );
    // SAFETY: the caller's.
    unsafe {
        match number {
            kernel::__NR_openat => open_fd(fd, path, c as c_int, || real() as c_int) as isize,
            // `struct open_how` begins with the flags.
            kernel::__NR_openat2 => {
                let flags = if c == 0 {
                    0
                } else {
                    *core::ptr::with_exposed_provenance::<u64>(c)
                };
                open_fd(fd, path, flags as c_int, || real() as c_int) as isize
            }
            kernel::__NR_newfstatat => {
                look_stat(fd, path, d as c_int, real() as c_int, buffer) as isize
            }
            kernel::__NR_statx => look_statx(
                fd,
                path,
                c as c_int,
                real() as c_int,
                core::ptr::with_exposed_provenance_mut(e),
            ) as isize,
            kernel::__NR_faccessat => look_any(fd, path, 0, real() as c_int) as isize,
            kernel::__NR_faccessat2 => look_any(fd, path, d as c_int, real() as c_int) as isize,
            kernel::__NR_readlinkat => links::read(fd, path, real()),
            kernel::__NR_getdents64 => {
                list_open(fd);
                real()
            }
            kernel::__NR_unlinkat => changed(Kind::Remove, 0, fd, path, real() as c_int) as isize,
            kernel::__NR_mkdirat => directory_made(fd, path, real() as c_int) as isize,
            kernel::__NR_mknodat => changed(Kind::Write, 0, fd, path, real() as c_int) as isize,
            kernel::__NR_symlinkat => {
                link_made(text(a), b as c_int, text(c), real() as c_int) as isize
            }
            kernel::__NR_truncate => {
                changed(Kind::Write, KEPT, AT_FDCWD, text(a), real() as c_int) as isize
            }
            kernel::__NR_fchmodat | kernel::__NR_fchownat => {
                changed(Kind::Write, KEPT, fd, path, real() as c_int) as isize
            }
            kernel::__NR_linkat => {
                linked((fd, path), (c as c_int, text(d)), real() as c_int) as isize
            }
            kernel::__NR_renameat | kernel::__NR_renameat2 => {
                renamed((fd, path), (c as c_int, text(d)), real() as c_int) as isize
            }
            kernel::__NR_gettimeofday => {
                clock::asked(0);
                real()
            }
            kernel::__NR_clock_gettime if clock::is_of_day(fd) => {
                clock::asked(0);
                real()
            }
            kernel::__NR_uname => {
                machine::asked(UNAME, 0);
                real()
            }
            kernel::__NR_sched_getaffinity => {
                machine::asked(PROCESSORS, 0);
                real()
            }
            kernel::__NR_getrlimit | kernel::__NR_prlimit64 => {
                machine::asked(LIMITS, 0);
                real()
            }
            kernel::__NR_execve => {
                programs::execve_with(text(a), text(b).cast(), text(c).cast()) as isize
            }
            _ => by_old_number(number, arguments, real),
        }
    }
}

/// Those that only the x86 has.
#[cfg(target_arch = "x86_64")]
unsafe fn by_old_number(number: u32, arguments: [usize; 6], real: impl FnOnce() -> isize) -> isize {
    use crate::files::CREAT;
    const NO_LINKS: c_int = kernel::AT_SYMLINK_NOFOLLOW as c_int;
    let [a, b, ..] = arguments;
    let (path, buffer) = (text(a), core::ptr::with_exposed_provenance_mut(b));
    // SAFETY: the caller's.
    unsafe {
        match number {
            kernel::__NR_open => open_fd(AT_FDCWD, path, b as c_int, || real() as c_int) as isize,
            kernel::__NR_creat => open_fd(AT_FDCWD, path, CREAT, || real() as c_int) as isize,
            kernel::__NR_stat => look_stat(AT_FDCWD, path, 0, real() as c_int, buffer) as isize,
            kernel::__NR_lstat => {
                look_stat(AT_FDCWD, path, NO_LINKS, real() as c_int, buffer) as isize
            }
            kernel::__NR_access | kernel::__NR_statfs => {
                look_any(AT_FDCWD, path, 0, real() as c_int) as isize
            }
            kernel::__NR_readlink => links::read(AT_FDCWD, path, real()),
            kernel::__NR_getdents => {
                list_open(a as c_int);
                real()
            }
            kernel::__NR_unlink | kernel::__NR_rmdir => {
                changed(Kind::Remove, 0, AT_FDCWD, path, real() as c_int) as isize
            }
            kernel::__NR_mkdir => directory_made(AT_FDCWD, path, real() as c_int) as isize,
            kernel::__NR_mknod => changed(Kind::Write, 0, AT_FDCWD, path, real() as c_int) as isize,
            kernel::__NR_symlink => link_made(text(a), AT_FDCWD, text(b), real() as c_int) as isize,
            kernel::__NR_chmod | kernel::__NR_chown | kernel::__NR_lchown => {
                changed(Kind::Write, KEPT, AT_FDCWD, path, real() as c_int) as isize
            }
            kernel::__NR_link => {
                linked((AT_FDCWD, path), (AT_FDCWD, text(b)), real() as c_int) as isize
            }
            kernel::__NR_time => {
                clock::asked(0);
                real()
            }
            kernel::__NR_rename => {
                renamed((AT_FDCWD, path), (AT_FDCWD, text(b)), real() as c_int) as isize
            }
            _ => real(),
        }
    }
}

/// Later machines have none of these.
#[cfg(not(target_arch = "x86_64"))]
unsafe fn by_old_number(_: u32, _: [usize; 6], real: impl FnOnce() -> isize) -> isize {
    real()
}

// SAFETY of all below: what is called with is what the kernel wants.
wrap! {
    fn syscall(number: c_long, a: usize, b: usize, c: usize, d: usize, e: usize, f: usize) -> isize, real {
        unsafe { noted(number as u32, [a, b, c, d, e, f], real) }
    }
}
