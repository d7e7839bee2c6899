# shellcheck shell=bash disable=SC2154 # cache: scripts/setup sets it
# Programs of crates.io, to build.

# need_crate NAME VERSION: prints the directory with its source, Cargo.lock included.
need_crate() {
    local crate=$1-$2 source=$cache/crates/$1-$2 project
    if [[ ! -d $source ]]; then
        say "fetching $crate"
        mkdir -p "${source%/*}"
        project=$(mktemp -d "$source.XXXXXX")
        mkdir "$project/src"
        touch "$project/src/lib.rs"
        printf '[package]\nname = "empty"\n[dependencies]\n%s = "=%s"\n' "$1" "$2" >"$project/Cargo.toml"
        cargo vendor --quiet --versioned-dirs --manifest-path "$project/Cargo.toml" "$project/vendor" >/dev/null
        mv "$project/vendor/$crate" "$source"
        rm -rf "$project"
    fi
    echo "$source"
}
