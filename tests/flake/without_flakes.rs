//! `default.nix`, for those who have no flakes.

use nix_sccache_tests::{hosts, root, stdout_of};

use crate::copy::{Copy, Plugin, said};

/// It has the same packages.
#[test]
fn the_packages_are_the_same() {
    let copy = Copy::new();
    for host in hosts() {
        let attribute = format!("{}#packages.x86_64-linux.shim.drvPath", copy.url());
        let flake = said(
            copy.nix(&host, Plugin::Without, &["eval", "--raw"])
                .arg(attribute),
        );
        let mut command = host.plain("nix-instantiate");
        command
            .arg(copy.path())
            .args(["--attr", "packages.shim", "--arg", "pkgs"])
            .arg(format!(
                "import {} {{ system = \"x86_64-linux\"; }}",
                root().join("tests/nixpkgs").display()
            ));
        assert_eq!(stdout_of(&mut command).trim(), flake.stdout());
    }
}
