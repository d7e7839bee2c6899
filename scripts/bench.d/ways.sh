# shellcheck shell=bash disable=SC2154 # work, …: scripts/bench, scripts/setup and builds.sh set them
# Hits of a derivation that has `withSccache`, against those of the same program's plain one on a machine that mounts the shim
# into every build. Each way begins with an empty cache, and builds: cold; warm, as another derivation, that
# differs in a line that is not compiled; as the next version, whose vendored crates are elsewhere.
#
# Hits and misses are as the gateway counts them. Calls that are a miss by one way and a hit by the other are named.

# shellcheck source=scripts/bench.d/builds.sh
source "$root/scripts/bench.d/builds.sh"

# bench_ways [NAME [VERSION]]
bench_ways() {
    local program way mounted rows=()
    mounted=$(nix-build "$root/tests/sandbox/everyBuild.nix" --no-out-link 2>"$work/log") || fail "$(cat "$work/log")"
    for program in ${1-ripgrep bat}; do
        begin_crate "$program" "${2-}"
        cp -r "$source" "$directory/changed"
        echo 'One line more.' >>"$directory/changed/README.md"
        for way in program plain; do
            mounts=()
            [[ $way == program ]] || mounts=(--option extra-sandbox-paths "/run/nix-sccache=$directory/socket /.cargo=$mounted")
            rm -rf "$directory/cache" "$directory/logs"
            start_kept_daemon
            counted cold
            source=$directory/changed counted warm
            name=$(next_version) source=$directory/changed counted bumped
            stop_kept_daemon
        done
        for column in cold warm bumped; do
            rows+=("$program, $column: withSccache $(<"$directory/program.$column"), every build $(<"$directory/plain.$column")")
            diff <(names program) <(names plain) | sed -n "s/^[<>]/$column, & missed:/p"
        done
    done
    printf '%s\n' "${rows[@]}"
}

# counted COLUMN: builds it by this way.
counted() {
    local file
    instantiate_with_inputs "$way"
    say "building $name, $way, $1"
    realise 1 "$derivation" "${mounts[@]}"
    "$root/target/release/nix-sccache" builds --logs "$directory/logs" -n 1 --json |
        jq --raw-output '.builds[0] | "hits \(.hits) of \(.hits + .misses), passed \(.passed_through), saved \(.saved_seconds | floor) s"' \
            >"$directory/$way.$1"
    file=$(find "$directory/logs" -name '*.jsonl' ! -name '*.keys.jsonl' -printf '%T@ %p\n' | sort --numeric-sort | tail -n 1)
    cp "${file#* }" "$directory/$way.$1.jsonl"
}

# names WAY: prints what missed in the builds of `column`.
names() {
    jq --raw-output 'select(.outcome == "miss") | "\(.language) \(.name)"' "$directory/$1.$column.jsonl" | sort
}

# next_version: prints a name of the same length.
next_version() {
    echo "${name%?}$(((${name: -1} + 1) % 10))"
}

# start_kept_daemon: with a gateway before it, which keeps what builds tell.
start_kept_daemon() {
    start_daemon_in "$directory/behind"
    mkdir -p "$directory/logs"
    "$root/target/release/nix-sccache-gateway" --listen "$directory/socket/sccache.sock" \
        --daemon "$directory/behind/socket/sccache.sock" --logs "$directory/logs" 2>"$directory/gateway.log" &
    gateway_pid=$!
    until [[ -S $directory/socket/log.sock ]]; do sleep 0.05; done
}

stop_kept_daemon() {
    kill "$gateway_pid"
    wait "$gateway_pid" 2>/dev/null || true
    stop_daemon
    rm -rf "$directory/behind"
}
