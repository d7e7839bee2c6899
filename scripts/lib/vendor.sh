# shellcheck shell=bash disable=SC2154 # cache: scripts/setup sets it
# Sources of crates, for builds that have no network.

# need_vendored CARGO_LOCK…: prints the directory with the sources of all that the Cargo.lock of workspaces
# name. Of one it is what nixpkgs' fetchCargoVendor makes, too: `cargoDeps` can be it.
need_vendored() {
    local lock=$1 other vendored others=()
    vendored=$(vendored_directory "$@")
    for other in "${@:2}"; do others+=(--sync "${other%/*}/Cargo.toml"); done
    if [[ ! -d $vendored ]]; then
        say "fetching the sources of the crates in $lock"
        rm -rf "$vendored.new"
        mkdir -p "$vendored.new/.cargo"
        cargo vendor --quiet --locked --versioned-dirs --manifest-path "${lock%/*}/Cargo.toml" "${others[@]}" "$vendored.new" >/dev/null
        cat >"$vendored.new/.cargo/config.toml" <<'EOF'
[source.crates-io]
replace-with = "vendored-sources"
[source.vendored-sources]
directory = "@vendor@"
EOF
        cp "$lock" "$vendored.new"
        mv "$vendored.new" "$vendored"
    fi
    echo "$vendored"
}

# vendored_directory CARGO_LOCK…: prints where that directory is, or will be.
vendored_directory() {
    echo "$cache/vendor/$(cat "$@" | sha256sum | cut -c 1-16)"
}
