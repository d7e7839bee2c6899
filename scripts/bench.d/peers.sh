# shellcheck shell=bash disable=SC2154 # work, …: scripts/bench, scripts/setup and builds.sh set them
# Builds of a program of crates.io outside of the sandbox, by default of ripgrep: by cargo alone, and with nix-sccache, kache
# and mbx, in turns, each with a directory, a target directory and a cache of its own. A round builds with an empty cache and
# an empty target directory, and then with the cache and an empty target directory again.
#
# A table has the seconds, medians, and their ratios to those of cargo alone. The last line is
# `peers: NAME ours N kache N mbx N`, of seconds of builds with a full cache.

# shellcheck source=scripts/bench.d/builds.sh
source "$root/scripts/bench.d/builds.sh"
T=$work
# shellcheck source=scripts/lib/cases.sh
source "$root/scripts/lib/cases.sh"

tools=(alone ours kache mbx)

# bench_peers [NAME [VERSION [ROUNDS]]]
bench_peers() {
    local rounds=${3-3} n tool state line
    trap 'stop_peers; rm -rf "$work"' EXIT
    begin_crate "${1-ripgrep}" "${2-}"
    lay_out
    for tool in "${tools[@]}"; do lay_out_project "$directory/$tool"; done
    for ((n = 1; n <= rounds; n++)); do
        start_daemon_in "$work"
        for state in cold warm; do
            for tool in "${tools[@]}"; do
                [[ $tool-$state == alone-warm ]] || timed "$tool" "$state"
            done
        done
        stop_peers
    done
    printf '| %s | cold | warm |\n|---|---|---|\n' "$name"
    for tool in "${tools[@]}"; do
        printf '| %s | %s | %s |\n' "$tool" "$(cell "$tool-cold")" "$(cell "$tool-warm")"
    done
    line="peers: ${1-ripgrep}"
    for tool in "${tools[@]:1}"; do line+=" $tool $(median <"$directory/$tool-warm")"; done
    echo "$line"
}

# lay_out_project DIRECTORY: with a copy of the source, which takes its crates from those that are there.
lay_out_project() {
    mkdir -p "$1/home"
    cp -r "$source" "$1/source"
    mkdir -p "$1/source/.cargo"
    sed "s|@vendor@|$vendored|" "$vendored/.cargo/config.toml" >>"$1/source/.cargo/config.toml"
}

# timed TOOL STATE: builds, and adds the seconds that it took to those of the tool in this state of its cache.
timed() {
    local begin seconds home=$directory/$1/home
    rm -rf "$directory/$1/source/target"
    say "building $name: $1, $2"
    begin=$(date +%s%N)
    (
        cd "$directory/$1/source"
        # Theirs are for the home directory where nothing says otherwise; cargo's and rustup's stay where they are.
        export CARGO_HOME=${CARGO_HOME:-$HOME/.cargo} RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup}
        export HOME=$home XDG_CACHE_HOME=$home/cache XDG_CONFIG_HOME=$home/config XDG_RUNTIME_DIR=$home
        case $1 in
            alone) cargo build --release --offline ;;
            # Which is the default; the cases leave links out where they say nothing.
            ours) NIX_SCCACHE_LINKS=all nsr ours cargo build --release --offline ;;
            kache) RUSTC_WRAPPER=$kache CC="$kache cc" CXX="$kache c++" cargo build --release --offline ;;
            # The target directory is to be the one that was removed, and no link to one that stays.
            mbx) MBX_TARGET_VIEWS=false "$mbx" build --release --offline ;;
        esac
    ) >"$directory/log" 2>&1 || fail "$name, $1: the build failed: $(tail -n 50 "$directory/log" "$T/ours.err")"
    seconds=$(awk "BEGIN { printf \"%.2f\", ($(date +%s%N) - $begin) / 1e9 }")
    echo "$seconds" >>"$directory/$1-$2"
    say "$name: $1, $2: $seconds s"
}

# cell FILE: the median, and its ratio to that of cargo alone.
cell() {
    [[ -e $directory/$1 ]] || return 0
    awk "BEGIN { printf \"%.2f s, %.3f\", $(median <"$directory/$1"), $(median <"$directory/$1") / $(median <"$directory/alone-cold") }"
}

# stop_peers: ends what serves, and empties the caches.
stop_peers() {
    stop_daemon
    local home=${directory-}/kache/home
    [[ ! -d $home ]] || HOME=$home XDG_CACHE_HOME=$home/cache XDG_CONFIG_HOME=$home/config XDG_RUNTIME_DIR=$home \
        "$kache" daemon stop >/dev/null 2>&1 || true
    rm -rf "$work/cache" "${directory-$work}"/*/home/*
}
