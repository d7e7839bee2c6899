//! Reads the builtins' documentation from the prelude's comments, for hosts that do not show
//! those.

use std::sync::OnceLock;

use super::prelude;

/// What the comment before a builtin says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Documentation {
    /// The builtin, without `rust.`.
    pub(super) name: &'static str,
    /// What its argument is called.
    pub(super) parameter: &'static str,
    /// The comment's text.
    pub(super) text: String,
}

/// The documented builtins, in the prelude's order.
pub(super) fn all() -> &'static [Documentation] {
    static DOCUMENTATION: OnceLock<Vec<Documentation>> = OnceLock::new();
    DOCUMENTATION.get_or_init(|| read(prelude::BUILTINS))
}

/// Reads each `/** TEXT */ NAME = PARAMETER:`. What is documented but no function has no
/// documentation in Nix either.
fn read(prelude: &'static str) -> Vec<Documentation> {
    prelude
        .split("/**\n")
        .skip(1)
        .filter_map(|rest| {
            let (text, code) = rest.split_once("*/")?;
            let (name, value) = code.split_once('=')?;
            let (parameter, _) = value.split_once(':')?;
            let parameter = parameter.trim();
            parameter
                .chars()
                .all(char::is_alphanumeric)
                .then(|| Documentation {
                    name: name.trim(),
                    parameter,
                    text: dedent(text),
                })
        })
        .collect()
}

/// Takes from all lines what the least indented one is indented by, and the empty line
/// before the comment's end.
fn dedent(text: &str) -> String {
    let indent = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start().len())
        .min()
        .unwrap_or(0);
    let lines: Vec<_> = text
        .lines()
        .map(|line| line.get(indent..).unwrap_or_default())
        .collect();
    lines.join("\n").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_before_functions_are_read() {
        let read = read(
            "{\n  /**\n    Adds:\n\n      1 + 1\n  */\n  add = number: call number;\n\n  /**\n    A value.\n  */\n  \
             value = call null;\n}\n",
        );
        let add = Documentation {
            name: "add",
            parameter: "number",
            text: "Adds:\n\n  1 + 1".into(),
        };
        assert_eq!(read, [add]);
    }

    #[test]
    fn every_function_of_the_prelude_is_documented() {
        let names: Vec<_> = all().iter().map(|one| one.name).collect();
        assert_eq!(
            names,
            [
                "bootstrapConfig",
                "sccacheEnv",
                "stage0",
                "target",
                "toolchain",
                "toTOML"
            ]
        );
    }
}
