//! A trace that cannot be whole says so, and the program is none the worse for it.

use std::os::unix::process::ExitStatusExt;

use nix_sccache_tests::stdout_of;
use nix_sccache_trace_format::{self as format, Incomplete, Kind};

use crate::{Place, TraceFile};

#[test]
fn a_file_that_is_too_small_overflows() {
    let place = Place::new();
    for capacity in [64, 128, 4096, 20_000] {
        let file = TraceFile::new(capacity);
        let mut command = place.command(place.program("gcc", &[]));
        command.args(["threads", "read"]);
        file.add_to(&mut command, None);
        stdout_of(&mut command);
        assert_eq!(file.records(), Err(Incomplete::Overflow), "{capacity}");
        assert_eq!(std::fs::metadata(file.path()).unwrap().len(), capacity);
    }
}

#[test]
fn a_program_that_is_killed_leaves_what_it_did() {
    let place = Place::new();
    let file = TraceFile::new(format::CAPACITY);
    let mut command = place.command(place.program("gcc", &[]));
    command.arg("killed");
    file.add_to(&mut command, None);
    assert_eq!(command.status().unwrap().signal(), Some(9));
    let records = file.records().unwrap();
    assert!(
        records
            .iter()
            .any(|it| it.event.kind == Kind::Read && it.name == place.file("input"))
    );
}

#[test]
fn without_its_file_a_program_runs_untraced() {
    let place = Place::new();
    let file = TraceFile::new(format::CAPACITY);
    for damage in ["gone", "empty", "another"] {
        match damage {
            "gone" => std::fs::rename(file.path(), file.path().with_extension("gone")).unwrap(),
            "empty" => std::fs::write(file.path(), "").unwrap(),
            _ => std::fs::write(file.path(), vec![b'x'; 4096]).unwrap(),
        }
        let mut command = place.command("bash");
        command.args(["-c", "cat input; printenv LD_PRELOAD; true"]);
        file.add_to(&mut command, None);
        assert_eq!(stdout_of(&mut command), "what is read\n", "{damage}");
    }
    assert_eq!(std::fs::read(file.path()).unwrap(), vec![b'x'; 4096]);
}

#[test]
fn a_program_that_closes_all_files_is_traced_on() {
    let place = Place::new();
    let trace = place.trace_of("closes-all");
    assert_eq!(trace.stdout(), "what is read\n");
    assert_eq!(trace.started()[1], "cat");
}
