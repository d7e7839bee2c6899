//! Notes which programs are started, and gives them the variables of the trace: `exec`, `posix_spawn`, `fork`, `system`.
//!
//! Much of this runs in children of `fork` and `vfork`.

use core::arch::naked_asm;
use core::ffi::{CStr, c_char, c_int, c_void};
use core::ptr;

use linux_raw_sys::errno::{ENOMEM, ENOSYS};
use linux_raw_sys::general::{__NR_execveat, AT_EMPTY_PATH};

use crate::environment;
use crate::files::open_later;
use crate::format::{FileType, Kind};
use crate::libraries::note_pending;
use crate::looks::looked;
use crate::path::{bytes, of_descriptor};
use crate::space;
use crate::sys::{self, AT_FDCWD, PATH_MAX};
use crate::trace::{self, file_type};

type Text = *const c_char;
type List = *const *const c_char;

type Execve = unsafe extern "C" fn(Text, List, List) -> c_int;
type Spawn =
    unsafe extern "C" fn(*mut c_int, Text, *const c_void, *const c_void, List, List) -> c_int;

/// A program to run: of a path from the directory `dirfd`, or of a name that is searched for in PATH.
#[derive(Clone, Copy)]
enum Program {
    Path(c_int, Text),
    Name(Text),
}

/// Calls `exec` with an environment that has the trace's variables, and notes which program this process is to be.
unsafe fn become_program(
    program: Program,
    environment: List,
    exec: impl FnOnce(List) -> c_int,
) -> c_int {
    if !trace::is_on() {
        return exec(environment);
    }
    note_pending();
    // SAFETY: the caller's.
    unsafe {
        note(program, |dirfd, name| {
            trace::path(false, Kind::Execute, 0, 0, dirfd, name, || 0);
        });
    };
    // SAFETY: the caller's.
    let result = unsafe { environment::with_ours(environment, exec) };
    let Some(result) = result else {
        sys::set_errno(ENOMEM as c_int);
        return -1;
    };
    let errno = sys::errno();
    // SAFETY: the caller's.
    unsafe {
        note(program, |dirfd, name| {
            trace::path(false, Kind::Execute, 0, errno, dirfd, name, || 0);
        });
    };
    result
}

/// Calls `found` with the path of the program that is run; what is looked at before is noted.
unsafe fn note(program: Program, found: impl FnOnce(c_int, &[u8])) {
    // SAFETY: the caller's.
    unsafe {
        match program {
            Program::Path(dirfd, path) => {
                if let Some(name) = bytes(path) {
                    found(dirfd, name);
                }
            }
            Program::Name(name) => match bytes(name) {
                Some(name) if name.contains(&b'/') => found(AT_FDCWD, name),
                Some(name) if !name.is_empty() => search(name, found),
                _ => {}
            },
        }
    }
}

/// Looks for a program as libc does, which cannot be seen at it.
#[inline(never)]
fn search(name: &[u8], found: impl FnOnce(c_int, &[u8])) {
    trace::add_once(Kind::Variable, 0, 0, &[b"PATH"], || 0);
    // What glibc takes then; musl takes /usr/local/bin before.
    let directories = environment::get(b"PATH").unwrap_or(b"/bin:/usr/bin");
    let mut buffer = [0; PATH_MAX];
    for directory in directories.split(|byte| *byte == b':') {
        let slash: &[u8] = if directory.is_empty() { b"" } else { b"/" };
        let length = directory.len() + slash.len() + name.len();
        let Some(place) = buffer.get_mut(..=length) else {
            continue;
        };
        for (into, byte) in place
            .iter_mut()
            .zip([directory, slash, name, b"\0"].into_iter().flatten())
        {
            *into = *byte;
        }
        let Ok(path) = CStr::from_bytes_with_nul(place) else {
            continue;
        };
        let is_there =
            sys::stat_at(AT_FDCWD, path.as_ptr(), 0).map(|status| file_type(status.mode));
        if sys::may_execute(path).is_ok() && is_there == Ok(FileType::File as u32) {
            return found(AT_FDCWD, path.to_bytes());
        }
        looked(
            AT_FDCWD,
            path.to_bytes(),
            0,
            is_there.err().unwrap_or(0),
            || is_there.unwrap_or(0),
        );
    }
}

/// `execve` of libc.
pub unsafe fn execve_with(path: Text, arguments: List, environment: List) -> c_int {
    // SAFETY: it is of this type, and the caller's strings.
    unsafe {
        become_program(
            Program::Path(AT_FDCWD, path),
            environment,
            |environment| match next!(c"execve").get::<Execve>() {
                Some(execve) => execve(path, arguments, environment),
                None => absent(),
            },
        )
    }
}

/// `execvpe` of libc.
unsafe fn execvpe_with(name: Text, arguments: List, environment: List) -> c_int {
    // SAFETY: it is of this type, and the caller's strings.
    unsafe {
        become_program(
            Program::Name(name),
            environment,
            |environment| match next!(c"execvpe").get::<Execve>() {
                Some(execvpe) => execvpe(name, arguments, environment),
                None => absent(),
            },
        )
    }
}

fn absent() -> c_int {
    sys::set_errno(ENOSYS as c_int);
    -1
}

/// Which program it is that a descriptor leads to: noted by its path.
unsafe fn become_open(fd: c_int, environment: List, exec: impl FnOnce(List) -> c_int) -> c_int {
    let mut buffer = [0; PATH_MAX];
    // The last byte stays NUL.
    let named = of_descriptor(fd, &mut buffer).map(<[u8]>::len);
    match named {
        Some(length) if length < PATH_MAX && buffer.starts_with(b"/") => {
            // SAFETY: a string, and the caller's.
            unsafe {
                become_program(
                    Program::Path(AT_FDCWD, buffer.as_ptr().cast()),
                    environment,
                    exec,
                )
            }
        }
        _ => {
            if trace::is_on() {
                trace::add_unnamed(&[b"fexecve"]);
            }
            // SAFETY: the caller's.
            unsafe { become_program(Program::Path(AT_FDCWD, ptr::null()), environment, exec) }
        }
    }
}

/// Starts a program by `next` with an environment that has the trace's variables, and notes which it is. `place` gets what
/// `next` tells of the child, which is its process id where it `is_pid`. Returns an error's number.
unsafe fn spawn(
    program: Program,
    next: Option<Spawn>,
    (place, is_pid): (*mut c_int, bool),
    (actions, attributes): (*const c_void, *const c_void),
    (arguments, environment): (List, List),
) -> c_int {
    let Some(next) = next else {
        return ENOSYS as c_int;
    };
    let (Program::Path(_, name) | Program::Name(name)) = program;
    let mut child = 0;
    // SAFETY: the caller's.
    let started = unsafe {
        environment::with_ours(environment, |environment| {
            next(
                &raw mut child,
                name,
                actions,
                attributes,
                arguments,
                environment,
            )
        })
    };
    let Some(errno) = started else {
        return ENOMEM as c_int;
    };
    if errno == 0 && !place.is_null() {
        // SAFETY: it is the caller's place for the number.
        unsafe { *place = child };
    }
    if trace::is_on() {
        let pid = if errno == 0 && is_pid {
            child as u32
        } else {
            0
        };
        // SAFETY: the caller's.
        unsafe {
            note(program, |dirfd, name| {
                trace::path(false, Kind::Spawn, 0, errno, dirfd, name, || pid);
            });
        };
    }
    errno
}

/// Notes what is pending: in the copy another thread would hold the dynamic linker's lock for ever, if it did just now.
extern "C" fn before_fork() {
    note_pending();
}

/// Notes that the process copied itself.
extern "C" fn forked(result: c_int) -> c_int {
    if result > 0 && trace::is_on() {
        trace::add(Kind::Fork, 0, 0, result as u32, &[]);
    }
    result
}

/// Notes that libc starts a shell, with the process' environment: that shell is not traced.
unsafe fn shell(function: &[u8], command: Text) {
    // SAFETY: the caller's.
    if let Some(command) = unsafe { bytes(command) }
        && trace::is_on()
    {
        trace::add_unnamed(&[function, b" ", command]);
    }
}

/// The arguments of a call of `execl` behind the path: those that are in registers, and those on the stack.
#[derive(Clone, Copy)]
struct Listed {
    registers: List,
    stack: List,
}

#[cfg(target_arch = "x86_64")]
const IN_REGISTERS: usize = 5;
#[cfg(target_arch = "aarch64")]
const IN_REGISTERS: usize = 7;

impl Listed {
    /// # Safety
    ///
    /// There are as many.
    unsafe fn get(self, index: usize) -> Text {
        // SAFETY: the caller's.
        unsafe {
            match index.checked_sub(IN_REGISTERS) {
                None => *self.registers.add(index),
                Some(index) => *self.stack.add(index),
            }
        }
    }

    /// Calls `exec` with the arguments as a list, and the place of what follows the null that ends them.
    unsafe fn with(self, exec: impl FnOnce(List, usize) -> c_int) -> c_int {
        let mut count = 0;
        // SAFETY: a null ends them.
        while !unsafe { self.get(count) }.is_null() {
            count += 1;
        }
        let result = space::words(count + 1, |list| {
            for (index, place) in list.iter_mut().enumerate() {
                // SAFETY: as above.
                *place = unsafe { self.get(index) }.expose_provenance();
            }
            exec(list.as_ptr().cast(), count + 1)
        });
        result.unwrap_or_else(|| {
            sys::set_errno(ENOMEM as c_int);
            -1
        })
    }
}

unsafe extern "C" fn execl_of(path: Text, registers: List, stack: List) -> c_int {
    // SAFETY: what libc's would be called with.
    unsafe {
        Listed { registers, stack }
            .with(|arguments, _| execve_with(path, arguments, environment::own()))
    }
}

unsafe extern "C" fn execlp_of(name: Text, registers: List, stack: List) -> c_int {
    // SAFETY: what libc's would be called with.
    unsafe {
        Listed { registers, stack }
            .with(|arguments, _| execvpe_with(name, arguments, environment::own()))
    }
}

unsafe extern "C" fn execle_of(path: Text, registers: List, stack: List) -> c_int {
    let listed = Listed { registers, stack };
    // SAFETY: what libc's would be called with: the environment follows the null.
    unsafe {
        listed.with(|arguments, behind| execve_with(path, arguments, listed.get(behind).cast()))
    }
}

/// Defines functions with any number of arguments, which Rust cannot: they call `$of` with the first, and with where
/// the others are.
macro_rules! listed {
    ($(fn $name:ident, $of:ident;)*) => {$(
        // SAFETY: that other calls of this name come here is what this library is for. It leaves the stack as it was.
        #[unsafe(no_mangle)]
        #[unsafe(naked)]
        unsafe extern "C" fn $name() {
            #[cfg(target_arch = "x86_64")]
            naked_asm!(
                "push r9",
                "push r8",
                "push rcx",
                "push rdx",
                "push rsi",
                "mov rsi, rsp",
                // Behind these five and the address to return to.
                "lea rdx, [rsp + 48]",
                "call {of}",
                "add rsp, 40",
                "ret",
                of = sym $of,
            );
            #[cfg(target_arch = "aarch64")]
            naked_asm!(
                "stp x29, x30, [sp, #-80]!",
                "mov x29, sp",
                "str x1, [sp, #16]",
                "stp x2, x3, [sp, #24]",
                "stp x4, x5, [sp, #40]",
                "stp x6, x7, [sp, #56]",
                "add x1, sp, #16",
                "add x2, sp, #80",
                "bl {of}",
                "ldp x29, x30, [sp], #80",
                "ret",
                of = sym $of,
            );
        }
    )*};
}

listed! {
    fn execl, execl_of;
    fn execlp, execlp_of;
    fn execle, execle_of;
}

/// What the parent's side of [`vfork`] does with the kernel's result.
extern "C" fn vforked(result: isize) -> c_int {
    forked(sys::as_libc(result) as c_int)
}

/// `vfork`, as glibc and musl have it: the child has its parent's stack, so that the address to return to is kept in a
/// register, and a function that calls libc's could not return twice.
// SAFETY: that other calls of this name come here is what this library is for.
#[unsafe(no_mangle)]
#[unsafe(naked)]
unsafe extern "C" fn vfork() {
    #[cfg(target_arch = "x86_64")]
    naked_asm!(
        "sub rsp, 8",
        "call {before_fork}",
        "add rsp, 8",
        "pop rdx",
        "mov eax, 58",
        "syscall",
        "push rdx",
        "test rax, rax",
        "jz 2f",
        "push rax",
        "mov rdi, rax",
        "call {vforked}",
        "pop rcx",
        "2: ret",
        before_fork = sym before_fork,
        vforked = sym vforked,
    );
    // clone, with CLONE_VM, CLONE_VFORK and SIGCHLD.
    #[cfg(target_arch = "aarch64")]
    naked_asm!(
        "stp x29, x30, [sp, #-16]!",
        "bl {before_fork}",
        "ldp x29, x30, [sp], #16",
        "mov x0, #0x4111",
        "mov x1, #0",
        "mov x2, #0",
        "mov x3, #0",
        "mov x4, #0",
        "mov x8, #220",
        "svc 0",
        "cbz x0, 2f",
        "stp x29, x30, [sp, #-16]!",
        "bl {vforked}",
        "ldp x29, x30, [sp], #16",
        "2: ret",
        before_fork = sym before_fork,
        vforked = sym vforked,
    );
}

// SAFETY of all below: what is called with is what libc's functions want.
wrap! {
    fn execve(path: Text, arguments: List, environment: List) -> c_int, real {
        unsafe { execve_with(path, arguments, environment) }
    }
    fn execv(path: Text, arguments: List) -> c_int, real { unsafe { execve_with(path, arguments, environment::own()) } }
    fn execvp(name: Text, arguments: List) -> c_int, real { unsafe { execvpe_with(name, arguments, environment::own()) } }
    fn execvpe(name: Text, arguments: List, environment: List) -> c_int, real {
        unsafe { execvpe_with(name, arguments, environment) }
    }
    fn fexecve(fd: c_int, arguments: List, environment: List) -> c_int, (real, next) {
        let exec = |environment| match next {
            Some(fexecve) => unsafe { fexecve(fd, arguments, environment) },
            None => absent(),
        };
        unsafe { become_open(fd, environment, exec) }
    }
    fn execveat(dirfd: c_int, path: Text, arguments: List, environment: List, flags: c_int) -> c_int, real {
        let exec = |environment: List| {
            let number = [dirfd as usize, path as usize, arguments as usize, environment as usize, flags as usize, 0];
            sys::as_libc(unsafe { sys::call(__NR_execveat, number) }) as c_int
        };
        let is_open = flags as u32 & AT_EMPTY_PATH != 0 && unsafe { bytes(path) }.is_none_or(<[u8]>::is_empty);
        unsafe {
            if is_open {
                become_open(dirfd, environment, exec)
            } else {
                become_program(Program::Path(dirfd, path), environment, exec)
            }
        }
    }

    fn posix_spawn(
        pid: *mut c_int, path: Text, actions: *const c_void, attributes: *const c_void, arguments: List, environment: List,
    ) -> c_int, (real, next) {
        unsafe { spawn(Program::Path(AT_FDCWD, path), next, (pid, true), (actions, attributes), (arguments, environment)) }
    }
    fn posix_spawnp(
        pid: *mut c_int, name: Text, actions: *const c_void, attributes: *const c_void, arguments: List, environment: List,
    ) -> c_int, (real, next) {
        unsafe { spawn(Program::Name(name), next, (pid, true), (actions, attributes), (arguments, environment)) }
    }
    // These give a file descriptor of the child: who it is cannot be told.
    fn pidfd_spawn(
        fd: *mut c_int, path: Text, actions: *const c_void, attributes: *const c_void, arguments: List, environment: List,
    ) -> c_int, (real, next) {
        unsafe { spawn(Program::Path(AT_FDCWD, path), next, (fd, false), (actions, attributes), (arguments, environment)) }
    }
    fn pidfd_spawnp(
        fd: *mut c_int, name: Text, actions: *const c_void, attributes: *const c_void, arguments: List, environment: List,
    ) -> c_int, (real, next) {
        unsafe { spawn(Program::Name(name), next, (fd, false), (actions, attributes), (arguments, environment)) }
    }
    // What a child opens before it is another program: noted when that is asked for.
    fn posix_spawn_file_actions_addopen(actions: *mut c_void, fd: c_int, path: Text, flags: c_int, mode: u32) -> c_int, real {
        if trace::is_on() && unsafe { bytes(path) }.is_some() {
            unsafe { open_later(path, flags) };
        }
        real()
    }

    fn fork | _Fork() -> c_int, real { before_fork(); forked(real()) }

    fn system(command: Text) -> c_int, real { unsafe { shell(b"system", command) }; real() }
    fn popen(command: Text, mode: Text) -> *mut c_void, real { unsafe { shell(b"popen", command) }; real() }
}
