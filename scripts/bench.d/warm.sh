# shellcheck shell=bash disable=SC2154 # work, …: scripts/bench, scripts/setup and builds.sh set them
# Whole builds of programs of crates.io in the sandbox, by default of ripgrep, and of bat, which has four times as many
# crates, and C code. Each round begins with an empty cache, and builds: without the cache, with it, with it once more as
# another derivation, when one small crate is another version (as one line of Cargo.lock says), when the program's own
# sources are others, eight side by side, and with each answer of the daemon's 20 ms late, as if all that it has were on a
# level that far away.
#
# A table has the seconds, and their ratios to the build without the cache, of medians. The last line of each program is
# `warm: NAME cold N warm N`, of ratios.

# shellcheck source=scripts/bench.d/builds.sh
source "$root/scripts/bench.d/builds.sh"

columns=(cold warm bumped changed eight far)

# bench_warm [NAME [VERSION [ROUNDS]]]
bench_warm() {
    local rounds=${3-3} program rows=() lines=()
    cargo build --release --quiet --package nix-sccache-tests --bin bench
    say "load before: $(cut -d ' ' -f 1-3 /proc/loadavg)"
    for program in ${1-ripgrep bat}; do
        begin_crate "$program" "${2-}"
        warm_program
        lines+=("warm: $program cold $(ratio cold) warm $(ratio warm)")
    done
    say "load after: $(cut -d ' ' -f 1-3 /proc/loadavg)"
    printf '| program | no cache | cold | warm | one crate bumped | own source changed | eight at once, each | 20 ms far |\n'
    printf '|---|---|---|---|---|---|---|---|\n'
    printf '%s\n' "${rows[@]}" "${lines[@]}"
}

# warm_program: adds a row to the table.
warm_program() {
    local n column crate
    crate=$(small_crate)
    bump "$crate" "$source" "$vendored" "$directory/bumped"
    cp -r "$source" "$directory/changed"
    change "$directory/changed"
    for ((n = 1; n <= rounds; n++)); do
        rm -rf "$directory/cache"
        start_daemon_in "$directory"
        timed "no cache" plain 1 plain
        timed "cold" program 1 cold
        timed "warm" program 1 warm
        source=$directory/bumped/source vendored=$directory/bumped/vendored timed "$crate bumped" program 1 bumped
        source=$directory/changed timed "own source changed" program 1 changed
        timed "eight at once" program 8 eight
        stop_daemon
        start_far_daemon
        timed "warm, 20 ms far" program 1 far
        stop_far_daemon
    done
    local row
    row="| $name | $(median <"$directory/plain.seconds") s"
    for column in "${columns[@]}"; do
        row+=" | $(ratio "$column") ($(median <"$directory/$column.seconds") s)"
    done
    rows+=("$row |")
}

# timed WHAT ATTRIBUTE COUNT COLUMN: builds COUNT derivations of builds.nix at once. Adds the seconds that each took, if
# they share them, to those of the column.
timed() {
    local begin derivations=() hits n seconds
    for ((n = 0; n < $3; n++)); do
        instantiate_with_inputs "$2"
        derivations+=("$derivation")
    done
    say "building $name, $1"
    begin=$(date +%s%N)
    realise "$3" "${derivations[@]}"
    seconds=$(awk "BEGIN { printf \"%.1f\", ($(date +%s%N) - $begin) / 1e9 / $3 }")
    echo "$seconds" >>"$directory/$4.seconds"
    hits=$(nix-store --read-log "${derivations[@]}" | sed -n 's/^nix-sccache: hits \([0-9]* of [0-9]*\),.*/\1/p' | sort | uniq)
    say "$name, $1: $seconds s${hits:+, hits ${hits//$'\n'//}}"
}

# ratio COLUMN: to the build without the cache.
ratio() {
    awk "BEGIN { printf \"%.3f\", $(median <"$directory/$1.seconds") / $(median <"$directory/plain.seconds") }"
}

# start_far_daemon: one with the cache that there is, and in front of it what answers 20 ms later.
start_far_daemon() {
    local socket=$directory/socket/sccache.sock
    start_daemon_in "$directory/far" SCCACHE_DIR="$directory/cache"
    rm -f "$socket"
    "$root/target/release/bench" relay "$socket" "$directory/far/socket/sccache.sock" 20 &
    relay_pid=$!
    until [[ -S $socket ]]; do sleep 0.05; done
    chmod 0666 "$socket"
}

stop_far_daemon() {
    kill "$relay_pid"
    wait "$relay_pid" 2>/dev/null || true
    stop_daemon
}

# small_crate: prints the crate to bump: itoa, or else the smallest that is built, of one version, that no other wants of
# one version alone.
small_crate() {
    local crate
    while read -r crate; do
        [[ $(find "$vendored" -maxdepth 1 -name "$crate-[0-9]*" | wc -l) == 1 ]] || continue
        ! grep -rhs --include=Cargo.toml -A 3 "dependencies\.$crate\]" "$vendored" "$source/Cargo.toml" | grep -q '"=' || continue
        echo "$crate"
        return
    done < <(crates_by_size)
    fail "$name: there is no crate to bump"
}

# crates_by_size: prints the names of crates that are built on this system, itoa first, then those with the shortest sources.
crates_by_size() {
    local crate
    cargo tree --manifest-path "$source/Cargo.toml" --locked --edges normal --prefix none --format '{p}' \
        --config 'source.crates-io.replace-with="vendored-sources"' --config "source.vendored-sources.directory=\"$vendored\"" |
        awk 'NR > 1 { print $1 }' | sort --unique | while read -r crate; do
        [[ $crate == itoa ]] && echo "0 itoa"
        du --bytes --summarize --total "$vendored/$crate"-[0-9]*/src 2>/dev/null | awk -v crate="$crate" 'END { if (NR) print $1, crate }'
    done | sort --numeric-sort | awk '!seen[$2]++ { print $2 }'
}

# change SOURCE: adds a line to the sources of its libraries and programs.
change() {
    local file
    cargo metadata --manifest-path "$1/Cargo.toml" --no-deps --offline --format-version 1 |
        grep -oE '"kind":\["(bin|lib|rlib|dylib|cdylib|staticlib|proc-macro)"[^}]*"src_path":"[^"]*"' |
        sed 's/.*"src_path":"//; s/"$//' | while read -r file; do
        echo "// changed" >>"$file"
    done
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
