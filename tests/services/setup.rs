//! The command itself.

use std::fs;
use std::path::Path;
use std::process::Command;

use nix_sccache_tests::{built, sccache};
use serde_json::json;

use crate::{host, nixos, setup};

/// What it says, on both streams, and its exit status.
fn said(command: &mut Command) -> (Option<i32>, String, String) {
    let output = command.output().unwrap();
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

#[test]
fn it_prints_and_writes_and_overwrites_nothing() {
    let system = nixos(&host(), &json!({}));
    let (code, printed, errors) = said(&mut setup(&system));
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    for part in [
        "# /etc/systemd/system/nix-sccache.socket\n[Unit]\n",
        "# /etc/systemd/system/nix-sccache-daemon.service\n",
        "extra-sandbox-paths = /run/nix-sccache?\n",
        "systemctl enable --now",
    ] {
        assert!(printed.contains(part), "{part} in {printed}");
    }
    let folder = tempfile::tempdir().unwrap();
    let write = || said(setup(&system).arg("--below").arg(folder.path()));
    let unit = folder.path().join("etc/systemd/system/nix-sccache.service");
    assert_eq!(write().0, Some(0));
    let text = fs::read_to_string(&unit).unwrap();
    assert!(printed.contains(&text));
    // Once more is nothing new, and what somebody has changed stays.
    assert_eq!(write().0, Some(0));
    let changed = format!("{text}Nice=5\n");
    fs::write(&unit, &changed).unwrap();
    let (code, _, errors) = write();
    assert_eq!(code, Some(2));
    assert!(
        errors.contains("move it away") && errors.contains("drop-in"),
        "{errors}"
    );
    assert_eq!(fs::read_to_string(&unit).unwrap(), changed);
}

#[test]
fn what_would_not_work_is_refused() {
    let system = nixos(&host(), &json!({}));
    let cases: [(&[&str], &str); 8] = [
        (&["--redis", "redis://me:hunter2@h"], "--environment-file"),
        (
            &["--redis", "redis+unix:///run/r"],
            "redis+unix://localhost/run/r",
        ),
        (&["--s3", "b"], "--s3-region"),
        (&["--directory", "/root/cache"], "see nothing"),
        (&["--directory", "cache"], "whole path"),
        (&["--size", "large"], "50G"),
        (&["--group", "a b"], "letters"),
        (&["--json"], "--json"),
    ];
    for (arguments, expected) in cases {
        let (code, printed, errors) = said(setup(&system).args(arguments));
        assert_eq!((code, printed.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(errors.contains(expected), "{arguments:?}: {errors}");
        assert!(!errors.contains("hunter2"), "{errors}");
    }
    // Programs of which the services see nothing, or that are not there.
    let with = |program: &Path| {
        let mut command = Command::new(built("nix-sccache"));
        command
            .args(["doctor", "--setup", "--sccache"])
            .arg(program);
        command.arg("--program");
        command.arg(crate::program(&system.join("nix-sccache.service")));
        said(&mut command)
    };
    let folder = tempfile::tempdir().unwrap();
    let hidden = folder.path().join("sccache");
    fs::copy(sccache(), &hidden).unwrap();
    let (code, _, errors) = with(&hidden);
    assert!(
        code == Some(2) && errors.contains("/usr/local/bin"),
        "{errors}"
    );
    assert_eq!(with(Path::new("/nonexistent/sccache")).0, Some(2));
}
