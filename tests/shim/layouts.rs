//! musl, with which the shim is linked on `x86_64`, has the layouts of glibc, for which it is compiled.

use std::path::Path;
use std::process::Command;

use nix_sccache_tests::stdout_of;

#[test]
fn musl_has_the_layouts_of_glibc() {
    let directory = tempfile::tempdir().unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("shim/layouts.c");
    let layouts = |compiler: &str| {
        let program = directory.path().join(compiler);
        let mut command = Command::new(compiler);
        stdout_of(command.arg(&source).arg("-o").arg(&program));
        stdout_of(&mut Command::new(&program))
    };
    let of_glibc = layouts("gcc");
    assert!(of_glibc.lines().count() > 50, "{of_glibc}");
    assert_eq!(layouts("musl-gcc"), of_glibc);
}
