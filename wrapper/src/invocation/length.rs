//! Measures whether a command line holds arguments.

use std::env;
use std::ffi::{OsStr, OsString};

use rustix::process::{Resource, getrlimit};

/// Linux' limit of one argument, with the byte that ends it: 32 pages (`MAX_ARG_STRLEN`).
const MAX_ARGUMENT: usize = 32 << 12;

/// Its limits of all arguments and variables, a quarter of the stack's (`bprm_stack_limits`).
const MAX_ALL: (usize, usize) = (MAX_ARGUMENT, 6 << 20);

/// What is to be left for the variables that we and sccache add.
const RESERVE: usize = 32 << 10;

/// What we and sccache may add to one argument: sccache makes two of `-Cname`.
const MAX_ADDED: usize = 16;

/// Whether these arguments are more than Linux takes for a command in this environment, so that only
/// a file of arguments, `@file`, can hold them. Sccache has none written for its compiler.
pub fn are_too_long(arguments: &[OsString]) -> bool {
    const POINTER: usize = size_of::<usize>();
    let length = |text: &OsStr| text.len() + 1 + POINTER;
    if arguments
        .iter()
        .any(|one| one.len() + MAX_ADDED >= MAX_ARGUMENT)
    {
        return true;
    }
    let own: usize = arguments.iter().map(|one| length(one) + MAX_ADDED).sum();
    // Most calls are none of this.
    if own < MAX_ARGUMENT {
        return false;
    }
    let variables: usize = env::vars_os()
        .map(|(name, value)| length(&name) + 1 + value.len())
        .sum();
    let stack = getrlimit(Resource::Stack).current.unwrap_or(u64::MAX);
    let limit = usize::try_from(stack / 4).unwrap_or(usize::MAX);
    own + variables + RESERVE > limit.clamp(MAX_ALL.0, MAX_ALL.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(count: usize, length: usize) -> Vec<OsString> {
        vec!["x".repeat(length).into(); count]
    }

    #[test]
    fn one_argument_and_all_of_them_have_a_limit() {
        assert!(!are_too_long(&of(100, 100)));
        assert!(!are_too_long(&of(1, 130_000)));
        assert!(are_too_long(&of(1, 131_072)));
        assert!(are_too_long(&of(60, 120_000)));
        assert!(are_too_long(&of(1_000_000, 1)));
    }
}
