# shellcheck shell=bash
# The host's sccache daemon, which builds reach by a socket that their sandbox mounts.

# start_daemon_in DIRECTORY [VARIABLE=VALUE…]: with its cache in DIRECTORY/cache, the socket in DIRECTORY/socket, and
# these further settings. Leaves the process' id in daemon_pid.
start_daemon_in() {
    local directory=$1 socket=$1/socket/sccache.sock
    shift
    mkdir -p "$directory/socket"
    # A multilevel cache, even of one level, is what makes the daemon send bytes to a client
    # and not a path, which no sandbox could open.
    env -i PATH="$PATH" HOME="$directory" SCCACHE_START_SERVER=1 SCCACHE_NO_DAEMON=1 \
        SCCACHE_SERVER_UDS="$socket" SCCACHE_IDLE_TIMEOUT=0 \
        SCCACHE_DIR="$directory/cache" SCCACHE_MULTILEVEL_CHAIN=disk \
        SCCACHE_MAX_FRAME_LENGTH=1073741824 SCCACHE_DIRECT=false "$@" \
        "$NIX_SCCACHE_TEST_SCCACHE" >"$directory/daemon.log" 2>&1 </dev/null &
    daemon_pid=$!
    until [[ -S $socket ]]; do
        kill -0 "$daemon_pid" 2>/dev/null || fail "the sccache daemon did not start: $(cat "$directory/daemon.log")"
        sleep 0.05
    done
    # Build users are none of its group.
    chmod 0666 "$socket"
}

daemon_pid=
stop_daemon() {
    kill "$daemon_pid" 2>/dev/null || true
    wait "$daemon_pid" 2>/dev/null || true
}
