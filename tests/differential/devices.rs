//! Gives the program a `/dev` of its own: root's compilers can replace `/dev/null`, and everybody needs that.

use std::env;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// What is in our `/dev` and in no other.
const OURS: &str = "/dev/of-nix-sccache-differential";

/// Makes it, and begins anew with it.
const MAKE: &str = "\
mount -t tmpfs -o mode=755 none /dev
mknod -m 666 /dev/null c 1 3
mknod -m 666 /dev/zero c 1 5
mknod -m 666 /dev/random c 1 8
mknod -m 666 /dev/urandom c 1 9
ln -s /proc/self/fd /dev/fd
mkdir -m 1777 /dev/shm
touch \"$0\"
exec \"$@\"";

/// Begins the program anew with a `/dev` of its own, where it has none and is root's. It comes back with what is wrong.
pub fn own() -> Option<String> {
    if Path::new(OURS).exists() || !rustix::process::geteuid().is_root() {
        return None;
    }
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "sh", "-ec", MAKE, OURS])
        .args(env::args_os());
    Some(format!("{command:?}: {}", command.exec()))
}

/// Whether `/dev/null` is what it should be.
pub fn are_whole() -> bool {
    Path::new("/dev/null")
        .metadata()
        .is_ok_and(|null| null.file_type().is_char_device())
}
