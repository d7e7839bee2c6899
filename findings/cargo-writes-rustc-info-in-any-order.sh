#!/usr/bin/env bash
# cargo writes target/.rustc_info.json in another order each time, and with other numbers behind a wrapper.
#
# Expected: what cargo leaves in a target directory is the same where what it was told is the same.
# Seen, with cargo 1.95: the answers that it keeps of rustc are in the order of a hash table with a seed of its own, so of two
# builds without anything of ours one in two has another file. Behind a `rustc-wrapper` each answer has another number, as the
# numbers are hashes of the command. `.fingerprint` and everything else there is the same, with a wrapper and without.
#
# Why it matters: crane's `buildDepsOnly` installs the target directory. So `nix-build --check` of it fails now and then as
# it is, and of one that was built on a machine with `everyBuild` always.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
unset RUSTC_WRAPPER
export CARGO_INCREMENTAL=0

cargo init --quiet --lib --vcs none --name some .
printf '#!/bin/sh\nexec "$@"\n' >wrapper
chmod +x wrapper

# build: prints what it keeps of rustc, and then a digest of all else but the times of files.
build() {
    rm -rf target
    cargo build --quiet --release --offline "$@"
    cat target/.rustc_info.json
    echo
    rm target/.rustc_info.json
    find target -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum
}

orders=$(for _ in {1..24}; do build | head -n 1; done | sort --unique | wc -l)
echo "24 builds: $orders files"
((orders > 1)) || { echo 'this was: more than one' >&2; exit 1; }

build >without
build --config "build.rustc-wrapper='$work/wrapper'" >with
numbers() { grep -oE '"[0-9]+":' "$1" | sort; }
! diff -q <(numbers without) <(numbers with) >/dev/null || { echo 'the same numbers behind a wrapper' >&2; exit 1; }
[[ $(tail -n 1 without) == "$(tail -n 1 with)" ]] || { echo 'more than that file differs' >&2; exit 1; }
echo 'behind a wrapper: other numbers, and nothing else'
