#!/usr/bin/env bash
# cargo auditable puts itself in the place of the project's own workspace wrapper, and its own path into every crate's name.
#
# Expected: `cargo auditable build` is cargo's build with a list of dependencies added to programs; a wrapper of
# rustc that the project has set is called as before.
# Seen, with cargo-auditable 0.7.7 and cargo 1.95.0:
# - RUSTC_WORKSPACE_WRAPPER, and `build.rustc-workspace-wrapper` in cargo's config, are not called for any crate. Nothing says so.
#   (RUSTC_WRAPPER is.)
# - cargo has the path of a workspace wrapper in what it names crates by (`-C metadata`, file names): the same program of the same
#   cargo-auditable in another folder names each crate of the workspace otherwise.
#
# Why it matters: nixpkgs' buildRustPackage calls cargo auditable by default, so a project's own wrapper (lints, coverage,
# signing) is silently left out there. And since cargo-auditable's path is a store path, each update of it, or of anything that it
# is built with, gives every workspace crate another hash: a cache misses all of them, though no source changed.
set -euo pipefail

for name in "${!RUSTC_@}"; do unset "$name"; done
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_TARGET_DIR CARGO_BUILD_TARGET
work=$(mktemp -d)
export RUSTUP_TOOLCHAIN=1.95.0
trap 'rm -rf "$work"' EXIT
cd "$work"

is() { # what, seen, wanted
    echo "$1: $2"
    [ "$2" = "$3" ] || { echo "this was: $3" >&2; exit 1; }
}

cargo -V | grep -qF 'cargo 1.95.0 ' || { echo 'wants cargo 1.95.0' >&2; exit 2; }
cargo install --quiet --locked --version =0.7.7 --root tools --target-dir build cargo-auditable 2>log || { cat log >&2; exit 2; }
PATH=$work/tools/bin:$PATH

mkdir -p project/src project/part/src project/.cargo
cd project
printf '[package]\nname = "part"\nversion = "0.1.0"\nedition = "2021"\n' >part/Cargo.toml
printf '[package]\nname = "project"\nversion = "0.1.0"\nedition = "2021"\n[workspace]\n[dependencies]\npart = { path = "part" }\n' >Cargo.toml
echo 'pub fn part() -> &'\''static str { option_env!("BY_WRAPPER").unwrap_or("plain") }' >part/src/lib.rs
echo 'fn main() { println!("{}", part::part()) }' >src/main.rs
cat >../wrapper <<'SH'
#!/bin/sh
BY_WRAPPER=wrapped exec "$@"
SH
chmod +x ../wrapper

run() { # a command: what the program that it builds says
    rm -rf target
    "$@" run --quiet
}
configured() {
    printf '[build]\nrustc-workspace-wrapper = "%s"\n' "$work/wrapper" >.cargo/config.toml
    run "$@"
    rm .cargo/config.toml
}
is 'variable, cargo' "$(RUSTC_WORKSPACE_WRAPPER=$work/wrapper run cargo)" wrapped
is 'variable, cargo auditable' "$(RUSTC_WORKSPACE_WRAPPER=$work/wrapper run cargo auditable)" plain
is 'config, cargo' "$(configured cargo)" wrapped
is 'config, cargo auditable' "$(configured cargo auditable)" plain
is 'RUSTC_WRAPPER, cargo auditable' "$(RUSTC_WRAPPER=$work/wrapper run cargo auditable)" wrapped

name() { (cd target/debug/deps && echo libpart-*.rlib); }
run cargo auditable >../log
first=$(name)
run cargo auditable >../log
is 'again' "$(name)" "$first"
mkdir ../elsewhere
cp ../tools/bin/cargo-auditable ../elsewhere
PATH=$work/elsewhere:$PATH run cargo auditable >../log
echo "elsewhere: $(name)"
[ "$(name)" != "$first" ] || { echo 'this was another name' >&2; exit 1; }
