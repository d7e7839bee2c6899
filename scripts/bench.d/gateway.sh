# shellcheck shell=bash disable=SC2154 # root, work: scripts/bench and scripts/setup set them
# Requests for entries through the gateway, against the daemon's own socket; and what a small
# exchange takes while other users load it, against the same alone.

bench_gateway() {
    local bench=$root/target/release/bench
    cargo build --release --quiet --package nix-sccache-tests --bin bench
    trap 'stop_daemon; kill "${started[@]}"; rm -rf "$work"' EXIT
    start_daemon_in "$work"
    start "$work/stand-in.sock" "$bench" stand-in "$work/stand-in.sock"
    start_gateway "$work/gateway.sock" "$work/socket/sccache.sock"
    start_gateway "$work/other.sock" "$work/stand-in.sock"
    "$bench" "$work/socket/sccache.sock" "$work/gateway.sock"
    "$bench" bytes "$work/stand-in.sock" "$work/other.sock"
    # Others connect through this directory.
    chmod 0755 "$work"
    "$bench" loads "$work/gateway.sock"
}

# start_gateway SOCKET DAEMON
start_gateway() {
    start "$1" "$root/target/release/nix-sccache-gateway" --listen "$1" --daemon "$2"
}

# start SOCKET COMMAND…: in the background, and waits for the socket that it makes.
started=()
start() {
    local socket=$1
    shift
    "$@" 2>"$socket.log" &
    started+=($!)
    until [[ -S $socket ]]; do
        kill -0 "${started[-1]}" 2>/dev/null || fail "$1 did not start: $(cat "$socket.log")"
        sleep 0.05
    done
}
