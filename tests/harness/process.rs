//! Reads the state of a process.

use std::fs;

/// A field of a process's state, as the kernel knows it.
pub(crate) fn state(pid: u32, field: &str) -> String {
    let state = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let value = state
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    value
        .unwrap_or_else(|| panic!("no {field} of process {pid}"))
        .trim()
        .to_owned()
}

/// The number in a field such as `1234 kB`.
pub(crate) fn kilobytes(value: &str) -> u64 {
    let number = value.split_whitespace().next().unwrap_or_default();
    number
        .parse()
        .unwrap_or_else(|_| panic!("not a number of kB: {value}"))
}
