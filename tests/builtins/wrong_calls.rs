//! What each wrong call is told: `wrong-calls.txt` has the calls and the exact messages.
//!
//! With `UPDATE_GOLDEN=1` the file is written anew, to be read and committed.

use std::fmt::Write as _;
use std::fs;

use nix_sccache_tests::{hosts, root};

#[test]
fn each_has_its_message() {
    let file = root().join("tests/builtins/wrong-calls.txt");
    let golden = fs::read_to_string(&file).unwrap();
    let calls: Vec<&str> = golden
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with([' ', '#']))
        .collect();
    assert!(calls.len() >= 40, "{}", calls.len());
    for host in hosts() {
        let mut found = String::new();
        for line in golden.lines() {
            if line.starts_with("    ") {
                continue;
            }
            writeln!(found, "{line}").unwrap();
            if !line.is_empty() && !line.starts_with('#') {
                writeln!(
                    found,
                    "    {}",
                    host.error(&format!("with builtins; {line}"))
                )
                .unwrap();
            }
        }
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&file, &found).unwrap();
        }
        let golden = fs::read_to_string(&file).unwrap();
        for (expected, found) in golden.lines().zip(found.lines()) {
            assert_eq!(found, expected);
        }
        assert_eq!(found.lines().count(), golden.lines().count());
    }
}

#[test]
fn each_is_caught_by_try_eval() {
    let golden = fs::read_to_string(root().join("tests/builtins/wrong-calls.txt")).unwrap();
    let calls: Vec<&str> = golden
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with([' ', '#']))
        .collect();
    let list: String = calls.iter().fold(String::new(), |mut list, call| {
        writeln!(list, "(caught ({call}))").unwrap();
        list
    });
    let expression = format!(
        "with builtins; let caught = value: !(tryEval (deepSeq value value)).success; in [ {list} ]"
    );
    for host in hosts() {
        let caught = host.value(&expression);
        for (caught, call) in caught.as_array().unwrap().iter().zip(&calls) {
            assert_eq!(caught, true, "{call}");
        }
    }
}
