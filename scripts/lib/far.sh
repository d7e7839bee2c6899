# shellcheck shell=bash disable=SC2154 # root: scripts/setup sets it
# A level of the daemon's cache that is far away: a Redis behind a relay that waits.

# start_far DIRECTORY MILLISECONDS: starts both; it takes so long there and back. Leaves in far_level the settings by which
# `start_daemon_in DIRECTORY "${far_level[@]}"` has it behind the disk. The relay is a part of
# `cargo build --release --package nix-sccache-tests --bin bench`.
start_far() {
    redis-server --port 0 --unixsocket "$1/redis.sock" --save "" --appendonly no --dir "$1" >/dev/null &
    far_pids=($!)
    until [[ -S $1/redis.sock ]]; do sleep 0.05; done
    "$root/target/release/bench" relay "$1/redis.sock" "$2" >"$1/relay.port" &
    far_pids+=($!)
    until [[ -s $1/relay.port ]]; do sleep 0.05; done
    # shellcheck disable=SC2034 # who sources this reads it
    far_level=("SCCACHE_MULTILEVEL_CHAIN=disk,redis" "SCCACHE_REDIS_ENDPOINT=redis://127.0.0.1:$(cat "$1/relay.port")")
}

far_pids=()
stop_far() {
    kill "${far_pids[@]}" 2>/dev/null || true
    wait "${far_pids[@]}" 2>/dev/null || true
}

# start_daemon_on_another_machine DIRECTORY: starts the daemon anew, with nothing on its disk, so that all is far away.
start_daemon_on_another_machine() {
    stop_daemon
    rm -rf "$1/cache" "$1/socket/sccache.sock"
    start_daemon_in "$1" "${far_level[@]}"
}
