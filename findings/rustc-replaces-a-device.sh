#!/usr/bin/env bash
# rustc puts metadata and libraries in the place of a device, and dependencies into it.
#
# Expected: `--emit=metadata -o /dev/null` throws the metadata away, as `cc -c a.c -o /dev/null` does with an object: a
# build script that wants to know whether something compiles does so, and so does a person.
# Seen, with rustc 1.95.0, run as root on a device like /dev/null in a directory of its own: metadata and libraries are made in a
# temporary directory and renamed to the place, so that afterwards there is a regular file and no device. The list of
# dependencies (`--emit=dep-info=FILE`) is written into what is there, and leaves the device. Without root the rename
# fails in /dev, and rustc with it.
#
# Why it matters: where root builds, in a container say, one such call takes /dev/null away from all other programs; and a
# cache that restores by renaming does as rustc does, and one that writes in place does not.
set -euo pipefail

work=$(mktemp -d)
export RUSTUP_TOOLCHAIN=1.95.0
trap 'rm -rf "$work"' EXIT
cd "$work"

rustc -V | grep -qF 'rustc 1.95.0 ' || { echo 'wants rustc 1.95.0' >&2; exit 2; }
[ "$(id -u)" = 0 ] || { echo 'wants root, who may make a device' >&2; exit 2; }

echo 'pub fn f() {}' >a.rs
after() { # WANTED OPTION…: what is at the place after rustc wrote there
    local wanted=$1 found
    shift
    rm -f null
    mknod -m 666 null c 1 3
    rustc --crate-type lib "$@" a.rs
    found=$(stat --format=%F null)
    echo "$*: $found"
    [ "$found" = "$wanted" ] || { echo "this was: $wanted" >&2; exit 1; }
}

after 'regular file' --emit=metadata -o null
after 'regular file' --emit=metadata=null
after 'regular file' -o null
after 'character special file' --emit=dep-info=null
