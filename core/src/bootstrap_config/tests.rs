use super::{Answer, Wanted, bootstrap_config};
use crate::request::{parse, read};

fn answer(request: &str, texts: &str) -> Result<Answer, String> {
    let wanted: Wanted = parse(request.as_bytes())
        .and_then(read)
        .map_err(|error| error.to_string())?;
    bootstrap_config(&wanted, texts.as_bytes()).map_err(|error| error.to_string())
}

/// The settings alone, without anything for a sandbox.
fn bare(release: &str, settings: &str) -> Result<Answer, String> {
    answer(
        &format!(r#"{{"release":"{release}","sandbox":false,"settings":{settings}}}"#),
        "",
    )
}

#[track_caller]
fn fails(release: &str, settings: &str, expected: &str) {
    match bare(release, settings) {
        Err(error) => assert_eq!(error, expected, "{release} {settings}"),
        Ok(answer) => panic!("{release} {settings}: no error but\n{}", answer.text),
    }
}

/// The cases of a table: a release and settings in a line, and what is said of them in the next.
fn cases(table: &str) -> Vec<(&str, &str, &str)> {
    let lines = table.lines().map(str::trim);
    let lines: Vec<_> = lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    let cases = lines.chunks(2).map(|case| {
        let (release, settings) = case[0].split_once(' ').unwrap();
        (release, settings, case[1])
    });
    cases.collect()
}

#[track_caller]
fn all_fail(table: &str) {
    for (release, settings, expected) in cases(table) {
        fails(release, settings, expected);
    }
}

#[track_caller]
fn sandboxed_fails(release: &str, rest: &str, expected: &str) {
    let request = format!(r#"{{"release":"{release}","toolchain":"/rust",{rest}}}"#);
    match answer(&request, "") {
        Err(error) => assert_eq!(error, expected, "{release} {rest}"),
        Ok(answer) => panic!("{release} {rest}: no error but\n{}", answer.text),
    }
}

#[test]
fn the_text_is_what_both_readers_understand() {
    let settings = r#"{
        "rust": { "lto": "thin", "optimize": 3, "codegen-units": 1 },
        "target": {
            "x86_64-unknown-linux-gnu": { "cc": "/cc", "llvm-config": "/llvm-config" },
            "thumbv8m.main-none-eabi": { "no-std": true }
        },
        "build": { "host": [["a", "b"]], "verbose": 2, "metrics": false, "tools": [[]] },
        "llvm": { "build-config": { "CMAKE_X": "a \"b\"" }, "download-ci-llvm": false },
        "profile": "dist"
    }"#;
    let answer = bare("1.85.0", settings).unwrap();
    assert_eq!(
        answer.text,
        r#"profile = "dist"

[build]
host = ["a", "b"]
tools = []
verbose = 2

[llvm]
download-ci-llvm = false

[llvm.build-config]
CMAKE_X = 'a "b"'

[rust]
codegen-units = 1
lto = "thin"
optimize = 3

[target."thumbv8m.main-none-eabi"]
no-std = true

[target.x86_64-unknown-linux-gnu]
cc = "/cc"
llvm-config = "/llvm-config"
"#
    );
    assert_eq!(answer.warnings, [""; 0]);
    assert_eq!(answer.file_name, "config.toml");
}

#[test]
fn a_sandbox_gets_what_it_cannot_do_without() {
    let text = |release| {
        let request = format!(r#"{{"release":"{release}","toolchain":"/rust","prefix":"/out"}}"#);
        answer(&request, "").unwrap().text
    };
    assert_eq!(
        text("1.63.0"),
        r#"profile = "user"

[build]
cargo = "/rust/bin/cargo"
locked-deps = true
patch-binaries-for-nix = false
rustc = "/rust/bin/rustc"
rustfmt = "/rust/bin/rustfmt"
submodules = false
vendor = true

[install]
prefix = "/out"
sysconfdir = "etc"

[llvm]
download-ci-llvm = false

[rust]
channel = "stable"
deny-warnings = false
download-rustc = false
incremental = false
"#
    );
    let newer = text("1.95.0");
    assert!(newer.starts_with("change-id = \"ignore\"\nprofile = \"dist\"\n\n[build]\n"));
    assert!(newer.ends_with("[gcc]\ndownload-ci-gcc = false\n"));
}

#[test]
fn a_sandbox_needs_no_rustfmt_to_be_downloaded() {
    let compilers = r#""settings":{"build":{"rustc":"/a/rustc","cargo":"/b/cargo"}}"#;
    for (rest, rustfmt) in [
        (r#""toolchain":"/rust""#, Some("/rust/bin/rustfmt")),
        (compilers, Some("/a/rustfmt")),
        (
            r#""toolchain":"/rust","settings":{"build":{"rustfmt":"/f"}}"#,
            Some("/f"),
        ),
        (r#""toolchain":"/rust","sandbox":false"#, None),
    ] {
        let request = format!(r#"{{"release":"1.95.0",{rest}}}"#);
        let text = answer(&request, "").unwrap().text;
        let line = text.lines().find(|line| line.starts_with("rustfmt"));
        let expected = rustfmt.map(|path| format!("rustfmt = \"{path}\""));
        assert_eq!(line, expected.as_deref(), "{rest}");
    }
}

#[test]
fn what_is_given_stands_against_defaults_and_is_told_from_them() {
    let request = r#"{"release":"1.85.0","toolchain":"/rust","settings":{
        "build": {"vendor": false, "rustc": "/mine/rustc"},
        "target": {"x": {"llvm-config": "/l"}}
    }}"#;
    let answer = answer(request, "").unwrap();
    let explained = |key: &str| {
        let found = answer.explain.iter().find(|one| one.key == key).unwrap();
        (found.given, found.why.clone())
    };
    assert_eq!(
        explained("build.rustc"),
        (true, "given in `settings`".into())
    );
    assert!(!explained("build.cargo").0);
    assert!(explained("rust.lld").1.contains("`llvm-config`"));
    assert_eq!(
        answer.warnings,
        [
            "settings.build.vendor: cargo is to fetch the crates that bootstrap needs, and a sandboxed build has no network"
        ]
    );
    let lines = answer.text.lines().filter(|line| line.contains(" = "));
    assert_eq!(answer.explain.len(), lines.count());
}

#[test]
fn the_release_is_the_source_s() {
    let request = r#"{"source":{"name":"/src/version","start":0,"length":7},"sandbox":false}"#;
    assert_eq!(answer(request, "1.63.0\n").unwrap().release, "1.63.0");
    assert_eq!(
        answer(request, "nightly").unwrap_err(),
        "/src/version:1:1: \"nightly\" is no release of Rust: one is written like 1.85.0"
    );
    assert_eq!(
        answer("{}", "").unwrap_err(),
        "release: this is missing: give the source's release, such as \"1.85.0\", or the `source` itself"
    );
    let newer = bare("1.101.0-nightly", "{}").unwrap();
    assert_eq!(
        newer.warnings,
        ["release: Rust 1.101.0-nightly is later than 1.99, whose keys are taken for its own"]
    );
}

#[test]
fn a_key_of_another_release_says_when_and_what_instead() {
    all_fail(
        r#"
        1.63.0 {"rust":{"lto":"thin"}}
            settings.rust.lto: Rust 1.63.0 does not know this key yet, it came with one of 1.64 to 1.74: leave it out
        1.63.0 {"build":{"ccache":true}}
            settings.build.ccache: Rust 1.63.0 does not know this key yet, it came with one of 1.86 to 1.88: write `llvm.ccache` instead
        1.90.0 {"llvm":{"ccache":true}}
            settings.llvm.ccache: Rust 1.90.0 knows this key no more, it went with one of 1.89 to 1.90: write `build.ccache` instead
        1.75.0 {"target":{"x":{"android-ndk":"/n"}}}
            settings.target.x.android-ndk: Rust 1.75.0 knows this key no more, it went with 1.75: write `build.android-ndk` instead
        1.85.0 {"rust":{"parallel-compiler":true}}
            settings.rust.parallel-compiler: Rust 1.85.0 knows this key no more, it went with 1.85: the compiler is always parallel: leave it out
        1.85.0 {"gcc":{"download-ci-gcc":false}}
            settings.gcc: Rust 1.85.0 does not know this section, it came with one of 1.86 to 1.88: leave it out
        1.91.0 {"rust":{"bootstrap-override-lld":true}}
            settings.rust.bootstrap-override-lld: Rust 1.91.0 does not know this key yet, it came with 1.92: write `rust.use-lld` instead
        1.63.0 {"llvm":{"download-ci-llvm":"if-unchanged"}}
            settings.llvm.download-ci-llvm: Rust 1.63.0 does not know the value "if-unchanged", it came with 1.75: write "if-available"
        "#,
    );
}

#[test]
fn what_is_too_new_is_told_by_its_name_in_the_release() {
    let table = r#"
        1.85.0 {"target":{"x":{"jemalloc":true}}}
            write `rust.jemalloc` instead
        1.75.0 {"target":{"x":{"codegen-backends":[[]]}}}
            write `rust.codegen-backends` instead
        1.63.0 {"target":{"x":{"rpath":true}}}
            write `rust.rpath` instead
        1.85.0 {"target":{"x":{"optimized-compiler-builtins":true}}}
            write `build.optimized-compiler-builtins` instead
        1.85.0 {"rust":{"debug-assertions-tools":true}}
            write `rust.debug-assertions` instead
        # The same name, but no part of the same.
        1.75.0 {"dist":{"vendor":true}}
            leave it out
        1.95.0 {"pgo":{"rustc":{"use":"/p"}}}
            write `rust.profile-use` instead
        1.95.0 {"pgo":{"rustc":{"generate":"/p","use":"/p"}}}
            write `rust.profile-generate` and `rust.profile-use` instead
        1.95.0 {"pgo":{"rustc":{"use":"/p"},"llvm":{"use":"/l"}}}
            write `rust.profile-use`, and leave the rest out
        1.95.0 {"pgo":{"llvm":{"use":"/l"}}}
            leave it out
        1.95.0 {"pgo":{}}
            leave it out
        1.85.0 {"profile":"codegen"}
            write "compiler"
        1.63.0 {"profile":"dist"}
            write "user"
    "#;
    for (release, settings, instead) in cases(table) {
        let error = bare(release, settings).unwrap_err();
        assert!(error.ends_with(&format!(": {instead}")), "{error}");
    }
}

#[test]
fn what_is_not_known_for_certain_passes_with_a_warning() {
    let answer = bare(
        "1.77.0",
        r#"{"rust":{"frame-pointers":true,"use-lld":"external","run-dsymutil":true}}"#,
    )
    .unwrap();
    assert_eq!(
        answer.warnings,
        [
            "settings.rust.frame-pointers: whether Rust 1.77.0 knows this key is not known here, it came with one of 1.77 to 1.79",
            "settings.rust.run-dsymutil: whether Rust 1.77.0 knows this key is not known here, it went with one of 1.76 to 1.78",
            "settings.rust.use-lld: whether Rust 1.77.0 takes such a value is not known here, it was allowed with one of 1.76 to 1.78",
        ]
    );
}

#[test]
fn old_names_that_are_still_understood_pass_with_a_warning() {
    let answer = bare("1.92.0", r#"{"rust":{"use-lld":true}}"#).unwrap();
    assert_eq!(
        answer.warnings,
        [
            "settings.rust.use-lld: Rust 1.92.0 understands this still, and calls it `rust.bootstrap-override-lld`"
        ]
    );
}

#[test]
fn unknown_names_are_answered_with_known_ones() {
    let error = bare("1.85.0", r#"{"rust":{"debug-assertion":true}}"#).unwrap_err();
    let begins = "settings.rust: unknown key `debug-assertion`; did you mean `debug-assertions`? (known here: ";
    assert!(error.starts_with(begins), "{error}");
    fails(
        "1.85.0",
        r#"{"vendor":true}"#,
        "settings: unknown key `vendor`: in Rust 1.85.0 it is `build.vendor` or `dist.vendor`",
    );
    fails(
        "1.63.0",
        r#"{"build":{"linker":"/ld"}}"#,
        "settings.build: unknown key `linker`: in Rust 1.63.0 it is `target.*.linker`",
    );
    let error = bare("1.85.0", r#"{"biuld":{}}"#).unwrap_err();
    let begins = "settings: unknown section or key `biuld`; did you mean `build`?";
    assert!(error.starts_with(begins), "{error}");
    assert!(!error.contains("gcc"), "{error}");
    fails(
        "1.85.0",
        r#"{"target":{"x":5}}"#,
        "settings.target.x: this must be an attribute set, not the integer 5",
    );
    fails(
        "1.85.0",
        r#"{"target":{"../x":{}}}"#,
        "settings.target.\"../x\": this is no target triple: one is written like x86_64-unknown-linux-gnu",
    );
}

#[test]
fn a_wrong_type_or_value_is_told_with_the_right_one() {
    all_fail(
        r#"
        1.85.0 {"build":{"docs":"false"}}
            settings.build.docs: this must be a Boolean, not the string "false": leave the quotation marks out
        1.85.0 {"build":{"jobs":-1}}
            settings.build.jobs: this must be an integer from 0 to 4294967295, not the integer -1
        1.85.0 {"build":{"host":"x"}}
            settings.build.host: this must be a list of strings, not the string "x"
        1.85.0 {"build":{"host":[["x",1]]}}
            settings.build.host[1]: this must be a string, not the integer 1
        1.85.0 {"rust":{"optimize":4}}
            settings.rust.optimize: this must be a Boolean or an integer from 0 to 3 or one of "s", "z", not the integer 4
        1.63.0 {"rust":{"optimize":3}}
            settings.rust.optimize: this must be a Boolean, not the integer 3
        1.85.0 {"dist":{"compression-profile":"fastest"}}
            settings.dist.compression-profile: this must be one of "fast", "balanced", "best", "no-op", not the string "fastest"
        1.75.0 {"dist":{"compression-profile":"no-op"}}
            settings.dist.compression-profile: Rust 1.75.0 does not know the value "no-op", it came with one of 1.76 to 1.83: write one of "fast", "balanced", "best"
        1.85.0 {"rust":{"stack-protector":"full"}}
            settings.rust.stack-protector: this must be one of "none", "basic", "strong", "all", not the string "full"
        1.98.0 {"rust":{"compress-debuginfo":"zstd"}}
            settings.rust.compress-debuginfo: this must be a Boolean or one of "off", "zlib", not the string "zstd"
        1.85.0 {"rust":{"lto":"full"}}
            settings.rust.lto: this must be one of "off", "thin-local", "thin", "fat", not the string "full"
        1.85.0 {"rust":{"download-rustc":"if-available"}}
            settings.rust.download-rustc: this must be a Boolean or "if-unchanged", not the string "if-available"
        1.85.0 {"change-id":"ignore"}
            settings.change-id: this must be an integer from 0 to 9223372036854775807, not the string "ignore"
        1.85.0 {"llvm":{"build-config":{"A":true}}}
            settings.llvm.build-config.A: this must be a string, not the Boolean true
        1.95.0 {"build":{"tool":{"cargo":{"feature":[[]]}}}}
            settings.build.tool.cargo: unknown key `feature`; did you mean `features`? (known here: features)
        "#,
    );
}

#[test]
fn what_one_of_the_readers_cannot_read_is_refused() {
    for text in ["a\\nb", "a\\u2028rustc = 1", "\\u007f", "a\\u0085"] {
        let error = bare("1.85.0", &format!(r#"{{"llvm":{{"cflags":"{text}"}}}}"#)).unwrap_err();
        assert!(error.contains("write it on one line"), "{error}");
    }
    let other = "settings.build.build-dir: bootstrap.py, which knows no TOML, would read another value from this: leave it out where it is empty, and quotation marks and backslashes in any case";
    for text in [r#"a\"b"#, ""] {
        fails(
            "1.85.0",
            &format!(r#"{{"build":{{"build-dir":"{text}"}}}}"#),
            other,
        );
    }
    // A single quote is no mark within double ones.
    bare("1.85.0", r#"{"build":{"build-dir":"it's"}}"#).unwrap();
    fails(
        "1.97.0",
        r#"{"llvm":{"build-config":{"cargo":"x"}}}"#,
        "settings.llvm.build-config.cargo: bootstrap.py, which knows no sections here, would take this for `build.cargo`: give that one, too",
    );
    // From 1.98 on it knows them.
    bare("1.98.0", r#"{"llvm":{"build-config":{"cargo":"x"}}}"#).unwrap();
}

#[test]
fn contradictions_are_told_at_the_setting_to_change() {
    all_fail(
        r#"
        1.63.0 {"llvm":{"download-ci-llvm":true},"target":{"x":{"llvm-config":"/l"}}}
            settings.target.x.llvm-config: this names an LLVM, and bootstrap is to download one: write `llvm.download-ci-llvm = false`
        # From 1.83 on it downloads where nothing is said.
        1.85.0 {"target":{"x":{"llvm-config":"/l"}}}
            settings.target.x.llvm-config: this names an LLVM, and bootstrap is to download one: write `llvm.download-ci-llvm = false`
        1.63.0 {"llvm":{"download-ci-llvm":"if-available","polly":true}}
            settings.llvm.polly: this says how to build an LLVM, and bootstrap is to download one: write `llvm.download-ci-llvm = false`
        1.85.0 {"llvm":{"download-ci-llvm":false},"rust":{"download-rustc":true}}
            settings.llvm.download-ci-llvm: `rust.download-rustc` needs the LLVM that is downloaded with it: leave one of the two out
        1.90.0 {"llvm":{"download-ci-llvm":false},"rust":{"lld":true},"target":{"x":{"llvm-config":"/l"}}}
            settings.rust.lld: LLD is built with the source's own LLVM, and `target.x.llvm-config` names another: write false
        1.92.0 {"rust":{"use-lld":true,"bootstrap-override-lld":true}}
            settings.rust.use-lld: this is `bootstrap-override-lld` by an older name: leave it out
        1.85.0 {"llvm":{"download-ci-llvm":false},"rust":{"lld":false,"use-lld":"self-contained"}}
            settings.rust.use-lld: this is the LLD of the compiler that is built: write `rust.lld = true`, too
        1.95.0 {"rust":{"bootstrap-override-lld":"self-contained"},"build":{"build":"aarch64-unknown-linux-gnu"}}
            settings.rust.bootstrap-override-lld: this is the LLD of the compiler that is built: write `rust.lld = true`, too
        1.95.0 {"llvm":{"download-ci-llvm":false},"rust":{"bootstrap-override-lld":"self-contained"},"target":{"x":{"llvm-config":"/l"}}}
            settings.rust.bootstrap-override-lld: this needs LLD, which is built with the source's own LLVM, and `target.x.llvm-config` names another: leave one of the two out
        1.63.0 {"rust":{"profile-use":"/p","profile-generate":"/q"}}
            settings.rust.profile-generate: this makes a profile, and `rust.profile-use` uses one: leave one of the two out
        1.99.0 {"build":{"rustc":"/r"},"rust":{"profile-use":"/p"},"pgo":{"rustc":{"generate":"/q"}}}
            settings.pgo.rustc.generate: this makes a profile, and `rust.profile-use` uses one: leave one of the two out
        1.99.0 {"pgo":{"llvm":{"generate":"/q","use":"/p"}}}
            settings.pgo.llvm.generate: this makes a profile, and `pgo.llvm.use` uses one: leave one of the two out
        1.85.0 {"target":{"thumbv8m.main-none-eabi":{"no-std":false}}}
            settings.target."thumbv8m.main-none-eabi".no-std: this target has no std, like all with -none- or nvptx in their names: leave it out
        1.95.0 {"target":{"nvptx64-nvidia-cuda":{"no-std":false}}}
            settings.target.nvptx64-nvidia-cuda.no-std: this target has no std, like all with -none- or nvptx in their names: leave it out
        1.85.0 {"target":{"x":{"llvm-has-rust-patches":true}}}
            settings.target.x.llvm-has-rust-patches: this is about an LLVM of one's own: give `llvm-config`, too, or `build.submodules = false`
        1.85.0 {"rust":{"codegen-backends":[["rustc_codegen_llvm"]]}}
            settings.rust.codegen-backends: write "llvm" and not "rustc_codegen_llvm"
        1.98.0 {"rust":{"codegen-backends":[["gcc","llvm","gcc"]]}}
            settings.rust.codegen-backends: "gcc" is there twice: write it once
        1.85.0 {"build":{"target":[["x86_64-unknown-linux-gnu","./x"]]}}
            settings.build.target: "./x" is no target triple: one is written like x86_64-unknown-linux-gnu
        1.91.0 {"build":{"doc-stage":0}}
            settings.build.doc-stage: Rust 1.91.0 has no stage 0 for this, it went with 1.91: write 1 or more
        "#,
    );
    // Neither is one: another machine's LLVM, and no LLVM at all.
    let other = r#"{"build":{"build":"y"},"target":{"x":{"llvm-config":"/l"}}}"#;
    bare("1.85.0", other).unwrap();
    bare("1.63.0", r#"{"target":{"x":{"llvm-config":"/l"}}}"#).unwrap();
}

#[test]
fn an_lld_of_the_compiler_s_own_may_come_by_itself() {
    for (release, settings) in [
        // By the profile, which `bootstrap.py` takes for `dist`.
        ("1.85.0", r#"{"rust":{"use-lld":"self-contained"}}"#),
        // By the platform.
        (
            "1.95.0",
            r#"{"rust":{"bootstrap-override-lld":"self-contained"}}"#,
        ),
        (
            "1.95.0",
            r#"{"rust":{"bootstrap-override-lld":"self-contained","lld":true},"build":{"build":"y"}}"#,
        ),
        // Another one.
        (
            "1.95.0",
            r#"{"rust":{"bootstrap-override-lld":true,"lld":false}}"#,
        ),
    ] {
        bare(release, settings).unwrap();
    }
}

#[test]
fn targets_without_std_may_be_said_to_be_such() {
    for (triple, no_std) in [
        ("thumbv8m.main-none-eabi", true),
        ("wasm32-unknown-unknown", false),
    ] {
        let settings = format!(r#"{{"target":{{"{triple}":{{"no-std":{no_std}}}}}}}"#);
        bare("1.85.0", &settings).unwrap();
    }
}

#[test]
fn what_is_for_another_command_passes_with_a_warning() {
    let answer = bare("1.85.0", r#"{"dist":{"compression-profile":"no-op"}}"#).unwrap();
    assert_eq!(
        answer.warnings,
        [
            "settings.dist.compression-profile: bootstrap takes this for `x.py install` alone, and there by itself; `x.py dist` fails with it"
        ]
    );
}

#[test]
fn a_sandbox_and_sccache_have_rules_of_their_own() {
    sandboxed_fails(
        "1.85.0",
        r#""settings":{"llvm":{"download-ci-llvm":"if-unchanged"}}"#,
        "settings.llvm.download-ci-llvm: this fetches an LLVM, and a sandboxed build has no network: write false, or `sandbox = false`",
    );
    sandboxed_fails(
        "1.85.0",
        r#""sccache":true,"settings":{"rust":{"incremental":true}}"#,
        "settings.rust.incremental: sccache caches nothing that is compiled incrementally: write false, or `sccache = false`",
    );
    sandboxed_fails(
        "1.85.0",
        r#""sccache":true,"settings":{"llvm":{"ccache":"/bin/sccache"}}"#,
        "settings.llvm.ccache: with `sccache = true` this is \"sccache\", the very word, which bootstrap and cc-rs look for: leave it out",
    );
    let error = answer(r#"{"release":"1.85.0"}"#, "").unwrap_err();
    assert!(error.starts_with("toolchain: this is missing"), "{error}");
}

#[test]
fn bootstrap_is_told_of_sccache_by_the_releases_key() {
    for (release, key) in [
        ("1.63.0", "llvm.ccache"),
        ("1.84.0", "llvm.ccache"),
        ("1.87.0", "llvm.ccache"),
        ("1.88.0", "build.ccache"),
        ("1.89.0", "build.ccache"),
        ("1.95.0", "build.ccache"),
    ] {
        let request = format!(r#"{{"release":"{release}","toolchain":"/r","sccache":true}}"#);
        let answer = answer(&request, "").unwrap();
        let sccache = answer.sccache.unwrap();
        assert_eq!(sccache.key, key);
        assert!(answer.text.contains("ccache = \"sccache\"\n"), "{release}");
        assert!(answer.explain.iter().any(|one| one.key == key));
    }
}
