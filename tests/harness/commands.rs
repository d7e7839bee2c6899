//! Runs programs, and writes scripts.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// What a program that ended well printed on standard output.
pub fn stdout_of(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Makes a commit of all that is in a repository.
pub fn commit(repository: &Path) {
    let user = [
        "-c",
        "user.name=nobody",
        "-c",
        "user.email=nobody@localhost",
    ];
    for arguments in [
        &["add", "--all"][..],
        &[&user[..], &["commit", "--quiet", "--message=test"]].concat(),
    ] {
        stdout_of(Command::new("git").current_dir(repository).args(arguments));
    }
}

/// Writes a script. Another process does: while this one has a file open for writing, or a
/// child of another test's that has not begun yet, nobody can run it.
pub fn script(path: &Path, text: &str) {
    let mut command = Command::new("install");
    command
        .args(["-m", "755", "/dev/stdin"])
        .arg(path)
        .stdin(Stdio::piped());
    let mut install = command
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let written = install
        .stdin
        .take()
        .map(|mut stdin| stdin.write_all(text.as_bytes()));
    let done = install.wait();
    assert!(
        matches!((written, done), (Some(Ok(())), Ok(status)) if status.success()),
        "{}",
        path.display()
    );
}
