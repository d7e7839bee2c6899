# shellcheck shell=bash disable=SC2154 # work, …: scripts/bench, scripts/setup and builds.sh set them
# Whole builds in the sandbox: of ripgrep, and of bat, which has four times as many crates, and C code. Each
# without the cache, with an empty one, with a full one, with a full one when one small crate is another
# version, as one line of Cargo.lock says, and eight side by side with a full one.

# shellcheck source=scripts/bench.d/builds.sh
source "$root/scripts/bench.d/builds.sh"

# bench_warm [PROGRAM]: prints a table of seconds, and of their ratios to the build without the cache.
bench_warm() {
    [[ ${1-} =~ ^(ripgrep|bat)?$ ]] || fail "usage: scripts/bench warm [ripgrep|bat]"
    local rows=() first
    say "load before: $(cut -d ' ' -f 1-3 /proc/loadavg)"
    if [[ ${1-ripgrep} == ripgrep ]]; then
        warm_program "$NIX_SCCACHE_TEST_PROGRAM" "$NIX_SCCACHE_TEST_PROGRAM_VENDORED" itoa
    fi
    if [[ ${1-bat} == bat ]]; then
        need_bat
        warm_program "$bat" "$bat_vendored" itoa
    fi
    say "load after: $(cut -d ' ' -f 1-3 /proc/loadavg)"
    printf '| program | no cache | cold | warm | one crate bumped | eight at once, each |\n|---|---|---|---|---|---|\n'
    printf '%s\n' "${rows[@]}"
}

# warm_program SOURCE VENDORED CRATE: adds a row to the table; the crate is the one to bump.
warm_program() {
    begin_program "$1" "$2"
    bump "$3" "$source" "$vendored" "$directory/bumped"
    start_daemon_in "$directory"

    timed "$name, no cache" plain 1
    first=$seconds
    local row="| $name | $seconds s"
    timed "$name, cold" program 1
    row+=" | $(ratio)"
    timed "$name, warm" program 1
    row+=" | $(ratio)"
    timed "$name, eight at once" program 8
    local eight
    eight=$(ratio)
    source=$directory/bumped/source vendored=$directory/bumped/vendored
    timed "$name, one crate bumped" program 1
    row+=" | $(ratio) | $eight |"
    rows+=("$row")
    stop_daemon
}

# timed WHAT ATTRIBUTE COUNT: builds COUNT derivations of builds.nix at once. Leaves the seconds that each
# took, if they share them, in `seconds`, and hits of calls in `hits`.
timed() {
    local begin derivations=() logs n
    for ((n = 0; n < $3; n++)); do
        instantiate_with_inputs "$2"
        derivations+=("$derivation")
    done
    say "building $1"
    begin=$(date +%s%N)
    realise "$3" "${derivations[@]}"
    seconds=$(awk "BEGIN { printf \"%.1f\", ($(date +%s%N) - $begin) / 1e9 / $3 }")
    logs=$(nix-store --read-log "${derivations[@]}" | sed -n 's/^nix-sccache: hits \([0-9]* of [0-9]*\),.*/\1/p')
    hits=$(sort <<<"$logs" | uniq | paste -s -d /)
    say "$1: $seconds s${hits:+, hits $hits}"
}

ratio() {
    awk -v first="$first" -v seconds="$seconds" -v hits="$hits" \
        'BEGIN { printf "%.2f (%s s, hits %s)", seconds / first, seconds, hits }'
}

# bump CRATE SOURCE VENDORED DIRECTORY: copies a program's source and its vendored crates, of which one is then of
# the next patch level, with nothing else changed.
bump() {
    local crate=$1 directory version next lock
    mkdir "$4"
    cp -r "$2" "$4/source"
    cp -r "$3" "$4/vendored"
    directory=$(find "$4/vendored" -maxdepth 1 -name "$crate-*")
    version=${directory##*-}
    next=${version%.*}.$((${version##*.} + 1))
    mv "$directory" "${directory%-*}-$next"
    directory=${directory%-*}-$next
    sed -i "0,/^version = \"$version\"/s//version = \"$next\"/" "$directory/Cargo.toml"
    # Of its files cargo then checks none.
    sed -i 's/"files":{[^}]*}/"files":{}/' "$directory/.cargo-checksum.json"
    for lock in "$4/source/Cargo.lock" "$4/vendored/Cargo.lock"; do
        sed -i "/^name = \"$crate\"/{n;s/\"$version\"/\"$next\"/}" "$lock"
    done
}
