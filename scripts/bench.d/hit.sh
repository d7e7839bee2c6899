# shellcheck shell=bash disable=SC2154 # root, directory, …: scripts/bench, scripts/setup and builds.sh set them
# What hits take in the sandbox, from exec to exit: all those of warm builds of ripgrep, and of small objects of C by
# stdenv's gcc, which is a script as nixpkgs has it.
#
# A launcher (tests/bench/calls.rs) stands in front of the shim as RUSTC_WRAPPER, and times each call from before it
# starts the shim until that has ended. In one build it has strace count the programs that start, the shim among them. Which
# calls were hits the sessions' logs say, by the time: the builds have one core, on which one call comes after the other.
# The same launcher starts /usr/bin/true, for the price of starting and ending a program there.
#
# The last line is `hit: median N ms, p95 N ms, processes N`, with the most programs that any hit started. The line before
# is that of the objects, `c hit: …`.

# shellcheck source=scripts/bench.d/builds.sh
source "$root/scripts/bench.d/builds.sh"

# bench_hit [ROUNDS]: of warm builds.
bench_hit() {
    local rounds=${1-3} warm=()
    cargo build --release --quiet --package nix-sccache-tests --bin bench
    begin_program "$NIX_SCCACHE_TEST_PROGRAM" "$NIX_SCCACHE_TEST_PROGRAM_VENDORED"
    start_daemon_in "$directory"
    for ((n = 0; n < rounds; n++)); do warm+=(launched); done
    hits_of "$name" program "${warm[@]}" counted
    mv "$directory/reports" "$work/hit"
    begin_program "$NIX_SCCACHE_TEST_PROGRAM" "$NIX_SCCACHE_TEST_PROGRAM_VENDORED"
    hits_of "objects of C" objects "${warm[@]/*/objects}"
    "$root/target/release/bench" hits "c hit" "$directory/reports"
    "$root/target/release/bench" hits hit "$work/hit"
}

# hits_of WHAT COLD WARM…: builds these attributes, one after the other.
hits_of() {
    local attribute what="$1, cold"
    for attribute in "${@:2}"; do
        instantiate_with_inputs "$attribute"
        say "building $what"
        realise 1 "$derivation" --cores 1
        what="$1, warm"
    done
}
