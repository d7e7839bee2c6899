//! Holds the prelude: the Nix code that makes the builtins of the plugin's one function.

/// What its builtins are and do, with their documentation: a function of the attributes `ask` and
/// `document`.
pub(super) const BUILTINS: &str = include_str!("../prelude/default.nix");

/// The files that it imports, by their names.
const PARTS: [(&str, &str); 8] = [
    (
        "bootstrapConfig.nix",
        include_str!("../prelude/bootstrapConfig.nix"),
    ),
    ("calls.nix", include_str!("../prelude/calls.nix")),
    ("files.nix", include_str!("../prelude/files.nix")),
    ("float.nix", include_str!("../prelude/float.nix")),
    ("hideHashes.nix", include_str!("../prelude/hideHashes.nix")),
    ("stage0.nix", include_str!("../prelude/stage0.nix")),
    ("target.nix", include_str!("../prelude/target.nix")),
    ("toolchain.nix", include_str!("../prelude/toolchain.nix")),
];

/// The prelude in one piece.
fn text() -> String {
    PARTS
        .iter()
        .fold(BUILTINS.to_owned(), |text, (name, part)| {
            text.replace(&format!("import ./{name}"), &format!("({part})"))
        })
}

/// The prelude as a function of `ask`, for a Nix that shows the comments before functions.
pub(super) fn documented_by_comments() -> String {
    format!("ask: ({}) {{ inherit ask; }}", text())
}

/// The prelude as a function of `ask` and `document`, for a Nix that has documentation of
/// its own builtins only.
#[cfg(feature = "cxx-host")]
pub(super) fn documented_by_host() -> String {
    format!("ask: document: ({}) {{ inherit ask document; }}", text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_to_import() {
        assert!(!text().contains("import ./"));
        for (name, _) in PARTS {
            assert!(BUILTINS.contains(&format!("import ./{name}")), "{name}");
        }
    }
}
