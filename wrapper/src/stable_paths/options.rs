//! Decides by rustc's options whether a call may be shown stable paths, and puts them there.

use super::root::Root;
use super::text::{Direction, replaced};
use crate::invocation::{Arguments, Rustc};

/// Whose values name files that are the same by any path.
const LEFT_ALONE: [&str; 3] = ["--out-dir", "--extern", "-L"];

/// Values of `-C` options by which they are off.
const OFF: [&str; 4] = ["off", "no", "n", "false"];

/// Whether the paths that a crate is compiled by are in its objects at most as such, so that
/// each can be replaced there. They are part of a hash where LLVM optimises modules together:
/// where rustc optimises and makes several of a crate, which it does unless it is told
/// otherwise, and where it leaves that for later, as cargo has it for `lto`, by making nothing
/// but bitcode, or by not forbidding it, where something else needs objects.
pub fn keep_bytes(call: &Rustc) -> bool {
    let flags = ["-O", "-gO", "-Og"];
    let is_optimised = call.codegen("opt-level").unwrap_or("0") != "0"
        || flags.iter().any(|flag| call.arguments.has(flag));
    let is_one = call.codegen("codegen-units") == Some("1");
    let has_objects = call.emit().any(|emit| emit == "link");
    !has_objects || !is_optimised_with_others(call) && (!is_optimised || is_one || has_no_lto(call))
}

/// Whether the hashes that LLVM puts into names, and into nothing else, are gone from what is
/// linked, as cargo has it for `strip = true`.
pub fn strip_names(call: &Rustc) -> bool {
    call.codegen("strip") == Some("symbols") && !is_optimised_with_others(call)
}

fn has_no_lto(call: &Rustc) -> bool {
    call.codegen("lto").is_some_and(|lto| OFF.contains(&lto))
}

fn is_optimised_with_others(call: &Rustc) -> bool {
    let has_bitcode = !call
        .codegen("embed-bitcode")
        .is_some_and(|it| OFF.contains(&it));
    call.codegen("linker-plugin-lto").is_some()
        || match call.codegen("lto") {
            Some(_) => !has_no_lto(call),
            None => has_bitcode,
        }
}

/// Whether what comes of the call can get its real paths back: not where they are compressed, or
/// part of a hash.
pub fn can_restore(call: &Rustc) -> bool {
    let debug_is_inside = matches!(call.codegen("split-debuginfo"), None | Some("off"));
    let covers = call
        .codegen("instrument-coverage")
        .is_some_and(|value| value != "0" && !OFF.contains(&value));
    let hides_them = call.unstable().any(|(name, value)| match name.as_str() {
        "debuginfo-compression" => value != Some("none"),
        // Constants have names that are hashes of what is in them.
        "sanitizer" | "fewer-names" => true,
        _ => false,
    });
    debug_is_inside && !covers && !hides_them
}

/// Whether a path does not get into what is compiled, because another is to stand for it.
pub fn remap(call: &Rustc, root: &Root) -> bool {
    let in_unstable = call
        .unstable()
        .filter(|(name, _)| name == "remap-path-scope");
    let scopes = call.arguments.values("--remap-path-scope");
    let mut scopes = scopes.chain(in_unstable.filter_map(|(_, scope)| scope));
    let is_whole = |scope: &str| scope.split(',').any(|it| it == "all" || it == "object");
    scopes.all(is_whole) && call.remapped().any(|path| path == root.real())
}

/// Whether another path is to stand for one of a root's by way of a directory above it: for the
/// real path, it would not be known in the stable one; for the stable path, the real one is to
/// stay.
pub fn remap_above(call: &Rustc, root: &Root) -> bool {
    let (real, stable) = (root.real(), root.stable());
    call.remapped().any(|path| {
        path != real && path != stable && (real.starts_with(path) || stable.starts_with(path))
    })
}

/// The arguments with stable paths, but for those that are better left alone.
pub fn with_stable_paths(arguments: &Arguments, roots: &[Root]) -> Arguments {
    arguments.with_values(|option, value| {
        let is_shown = !LEFT_ALONE.contains(&option);
        let stable = is_shown.then(|| replaced(value.as_bytes(), roots, Direction::Normalize));
        stable
            .flatten()
            .and_then(|stable| String::from_utf8(stable).ok())
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::invocation::words;

    fn read(line: &str) -> Rustc {
        Rustc::read(&words(line))
    }

    /// Cargo's call of a library, and what each option more makes of it.
    #[test]
    fn options_decide() {
        let library = "--crate-name a --crate-type lib a.rs --emit=metadata,link";
        let no_bitcode = "-C embed-bitcode=no";
        for (decides, base, rows) in [
            (
                keep_bytes as fn(&Rustc) -> bool,
                no_bitcode,
                &[
                    ("", true),
                    ("-C opt-level=3", false),
                    ("-C opt-level=0", true),
                    ("-O", false),
                    ("-Copt-level=s -C codegen-units=16", false),
                    ("-C opt-level=3 -C codegen-units=1", true),
                    ("-C opt-level=3 -C lto=off", true),
                    ("-C codegen-units=1 -C linker-plugin-lto", false),
                    // As cargo has it where a program and a `cdylib` are wanted of one build, with `lto`.
                    ("-C embed-bitcode=yes", false),
                    ("-C opt-level=3 -C codegen-units=1 -C lto=thin", false),
                ][..],
            ),
            (
                strip_names,
                no_bitcode,
                &[
                    ("-C opt-level=3 -C strip=symbols", true),
                    (
                        "-C opt-level=3 -C strip=symbols -C embed-bitcode=yes",
                        false,
                    ),
                    ("-C opt-level=3 -C strip=debuginfo", false),
                    ("-C opt-level=3 -C strip=symbols -C lto=thin", false),
                    ("-C opt-level=3", false),
                ],
            ),
            (
                can_restore,
                "",
                &[
                    ("", true),
                    ("-Z debuginfo-compression=zlib", false),
                    ("-Zdebuginfo-compression=none", true),
                    ("-C split-debuginfo=off", true),
                    ("-C split-debuginfo=unpacked", false),
                    ("-C instrument-coverage", false),
                    ("-C instrument-coverage=no", true),
                    ("-Zsanitizer=address", false),
                    ("-Z fewer_names=no", false),
                ],
            ),
        ] {
            for (more, expected) in rows {
                let line = format!("{library} {base} {more}");
                assert_eq!(decides(&read(&line)), *expected, "{line}");
            }
        }
        let check = "--crate-name a a.rs --emit=dep-info,metadata -C opt-level=3";
        assert!(keep_bytes(&read(check)));
    }

    #[test]
    fn paths_that_others_stand_for_are_known() {
        let root = Root::vendored(Path::new("/build/a-1.0.0-vendor")).unwrap();
        for (more, expected) in [
            ("--remap-path-prefix=/build/a-1.0.0-vendor=", true),
            ("--remap-path-prefix=/build=", false),
            ("--remap-path-scope=all", true),
            ("--remap-path-scope object", true),
            ("--remap-path-scope=macro", false),
            ("-Zremap-path-scope=diagnostics,debuginfo", false),
            ("-Z remap_path_scope=macro", false),
        ] {
            let from = if more.contains("prefix") {
                "/build/b"
            } else {
                "/build/a-1.0.0-vendor"
            };
            let line = format!("--remap-path-prefix {from}=/x {more}");
            assert_eq!(remap(&read(&line), &root), expected, "{more}");
        }
    }

    #[test]
    fn paths_above_a_root_reach_it() {
        let root = Root::vendored(Path::new("/build/a-1.0.0-vendor/b")).unwrap();
        let stable = String::from_utf8(root.stable.clone()).unwrap();
        for (from, expected) in [
            ("/build", true),
            ("/build/", true),
            ("/tmp", true),
            ("/", true),
            ("", true),
            ("/build/a-1.0.0-vendor", false),
            ("/build/a-1.0.0-vendor/", false),
            ("/build/a-1.0.0-vendor/b", false),
            ("/build/a-1.0.0", false),
            ("/nix/store", false),
            ("b", false),
            (stable.as_str(), false),
        ] {
            let line = format!("--remap-path-prefix={from}=/x");
            assert_eq!(remap_above(&read(&line), &root), expected, "{from}");
        }
    }

    #[test]
    fn paths_in_the_key_become_stable() {
        let root = Root::vendored(Path::new("/build/a-1.0.0-vendor")).unwrap();
        let stable = String::from_utf8(root.stable.clone()).unwrap();
        let line = "/build/a-1.0.0-vendor/b/src/lib.rs --out-dir /build/a-1.0.0-vendor \
            -L dependency=/build/a-1.0.0-vendor/t --extern=b=/build/a-1.0.0-vendor/libb.rmeta \
            --remap-path-prefix /build/a-1.0.0-vendor=/x";
        let expected = line
            .replacen("/build/a-1.0.0-vendor", &stable, 1)
            .replace("/build/a-1.0.0-vendor=", &format!("{stable}="));
        assert_eq!(
            with_stable_paths(&read(line).arguments, &[root]).words(),
            words(&expected)
        );
    }
}
