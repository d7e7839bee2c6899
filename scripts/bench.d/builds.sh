# shellcheck shell=bash disable=SC2034,SC2154 # root, work: scripts/bench and scripts/setup set them; others read the rest
# Builds of the derivations of builds.nix in the sandbox, through the daemon in `folder`.
trap 'stop_daemon; rm -rf "$work"' EXIT

# need_bat: leaves its source in `bat`, and that of its crates in `bat_vendored`.
need_bat() {
    bat=$(need_crate bat 0.26.1)
    bat_vendored=$(need_vendored "$bat/Cargo.lock")
}

# begin_program SOURCE VENDORED: says what is built from now on, and makes `folder`, with `reports` in it, which are
# /reports in the sandbox.
begin_program() {
    name=${1##*/} source=$1 vendored=$2 folder=$work/${1##*/}
    mkdir -p "$folder/reports" "$folder/socket"
    # Build users read and write in them.
    chmod 755 "$work" "$folder"
    chmod 1777 "$folder/reports"
}

# realise JOBS DERIVATION… [OPTION…]
realise() {
    nix-store --realise --max-jobs "$@" --option extra-sandbox-paths "/run/nix-sccache=$folder/socket /reports=$folder/reports" \
        >/dev/null 2>"$folder/log" || fail "$name: the build failed: $(tail -n 50 "$folder/log")"
}

# instantiate ATTRIBUTE: of builds.nix, as a build that no other is; leaves its path in `derivation`.
run=0
instantiate() {
    run=$((run + 1))
    derivation=$(nix-instantiate --option plugin-files "$root/target/release/libnix_sccache.so" "$root/scripts/bench.d/builds.nix" \
        --attr "$1" --argstr name "$name" --argstr source "$source" --argstr vendored "$vendored" \
        --argstr run "${work##*/}-$run" 2>"$folder/log") || fail "$name: $(cat "$folder/log")"
}

# instantiate_with_inputs ATTRIBUTE: and builds what it is built of, which is not to be timed.
instantiate_with_inputs() {
    instantiate inputs
    realise 1 "$derivation"
    instantiate "$1"
}
