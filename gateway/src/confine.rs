//! Gives rights up, for good: whatever the gateway may come to be made to do, the kernel lets it
//! run no program, start no process and reach no network.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter,
};

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// What is refused whatever its arguments: running programs, reaching into other processes, and
/// what would do any of these by another way.
const REFUSED: &[i64] = &[
    libc::SYS_execve,
    libc::SYS_execveat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_fork,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_vfork,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_io_uring_setup,
    libc::SYS_bpf,
    libc::SYS_unshare,
    libc::SYS_setns,
];

/// The kernel of `x86_64` takes each call by a second number, where it was built with x32.
#[cfg(target_arch = "x86_64")]
const X32: i64 = 0x4000_0000;

/// The same rules for each call by both numbers.
#[cfg(target_arch = "x86_64")]
fn with_x32(mut rules: Rules) -> Rules {
    let second = rules.clone().into_iter();
    rules.extend(second.map(|(call, rules)| (call | X32, rules)));
    rules
}

/// Those of x32's own: running programs once more.
#[cfg(target_arch = "x86_64")]
const REFUSED_OF_X32: &[i64] = &[X32 + 520, X32 + 545, X32 + 521, X32 + 539, X32 + 540];

/// Confines this thread and all that it starts. Nothing undoes it.
pub fn confine() -> Result<(), seccompiler::Error> {
    // Whoever is told that there is no clone3, whose arguments a filter cannot see, takes clone.
    let absent = Rules::from([(libc::SYS_clone3, Vec::new())]);
    let mut refused: Rules = REFUSED.iter().map(|call| (*call, Vec::new())).collect();
    // Threads, and sockets of this machine, remain.
    refused.insert(
        libc::SYS_clone,
        vec![unless_flag(0, libc::CLONE_THREAD.cast_unsigned().into())?],
    );
    refused.insert(
        libc::SYS_socket,
        vec![unless_equal(0, libc::AF_UNIX.cast_unsigned().into())?],
    );
    #[cfg(target_arch = "x86_64")]
    refused.extend(REFUSED_OF_X32.iter().map(|call| (*call, Vec::new())));
    install(absent, libc::ENOSYS)?;
    install(refused, libc::EPERM)
}

fn unless_flag(argument: u8, flag: u64) -> Result<SeccompRule, seccompiler::Error> {
    rule(
        argument,
        SeccompCmpArgLen::Qword,
        SeccompCmpOp::MaskedEq(flag),
        0,
    )
}

fn unless_equal(argument: u8, value: u64) -> Result<SeccompRule, seccompiler::Error> {
    rule(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, value)
}

fn rule(
    argument: u8,
    length: SeccompCmpArgLen,
    comparison: SeccompCmpOp,
    value: u64,
) -> Result<SeccompRule, seccompiler::Error> {
    let condition = SeccompCondition::new(argument, length, comparison, value)?;
    Ok(SeccompRule::new(vec![condition])?)
}

fn install(rules: Rules, error: i32) -> Result<(), seccompiler::Error> {
    #[cfg(target_arch = "x86_64")]
    let rules = with_x32(rules);
    let machine = TargetArch::try_from(std::env::consts::ARCH)?;
    let filter = SeccompFilter::new(
        rules,
        SeccompAction::Allow,
        SeccompAction::Errno(error.cast_unsigned()),
        machine,
    )?;
    apply_filter(&BpfProgram::try_from(filter)?)
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;
    use std::net::TcpListener;
    use std::os::unix::net::UnixStream;
    use std::os::unix::process::CommandExt;
    use std::process::Command;
    use std::thread;

    use super::*;

    /// In a thread of its own, which alone is confined.
    #[test]
    fn whoever_is_confined_runs_nothing() {
        thread::spawn(|| {
            // Where it was let, this process would be `false`, and fail.
            let become_program = || Command::new("false").exec().kind();
            confine().unwrap();
            assert_eq!(become_program(), ErrorKind::PermissionDenied);
            let started = Command::new("true").spawn().unwrap_err();
            assert_eq!(started.kind(), ErrorKind::PermissionDenied);
            let network = TcpListener::bind("127.0.0.1:0").unwrap_err();
            assert_eq!(network.kind(), ErrorKind::PermissionDenied);
            assert!(UnixStream::pair().is_ok());
            let inherited = thread::spawn(become_program).join().unwrap();
            assert_eq!(inherited, ErrorKind::PermissionDenied);
        })
        .join()
        .unwrap();
        assert!(Command::new("true").status().unwrap().success());
    }
}
