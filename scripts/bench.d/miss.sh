# shellcheck shell=bash disable=SC2154 # root, directory, …: scripts/bench, scripts/setup and builds.sh set them
# What misses cost: whole builds in the sandbox with an empty cache, against the same without the cache, in turns.
#
# A build tells its time, from the end of stdenv's set-up to that of the session, and the processors' time of itself and all
# that it started; that of the daemon, which is started anew for each, is added. The last line is `miss: N of the bare
# build`, of the processors' time, which a busy machine changes least, of medians, and of the program that it is the
# most of.

# shellcheck source=scripts/bench.d/builds.sh
source "$root/scripts/bench.d/builds.sh"

# bench_miss [PROGRAM [ROUNDS]]
bench_miss() {
    [[ ${1-} =~ ^(ripgrep|bat)?$ ]] || fail "usage: scripts/bench miss [ripgrep|bat [ROUNDS]]"
    local rounds=${2-3} program
    for program in ${1-ripgrep bat}; do
        begin_crate "$program"
        miss_of_program
    done
    sort --general-numeric-sort "$work/ratios" | awk 'END { print "miss: " $1 " of the bare build" }'
}

# miss_of_program: prints both ratios, and adds that of the processors' time to $work/ratios.
miss_of_program() {
    local n attribute turn
    for ((n = 1; n <= rounds; n++)); do
        # Whichever comes first may find the machine as the other has left it.
        turn=(toldPlain told)
        ((n % 2)) || turn=(told toldPlain)
        for attribute in "${turn[@]}"; do
            instantiate_with_inputs "$attribute"
            rm -rf "$directory/cache"
            start_daemon_in "$directory"
            say "building $name: $attribute, round $n"
            realise 1 "$derivation"
            costs >>"$directory/$attribute"
            say "$(tail -n 1 "$directory/$attribute")"
            stop_daemon
        done
    done
    local wall processors
    wall=$(ratio_of 1) processors=$(ratio_of 2)
    echo "$name: $wall of the bare build's time, $processors of its processors' time"
    echo "$processors" >>"$work/ratios"
}

# costs: prints the seconds that the last build took, and the processors' seconds, with those of the daemon.
costs() {
    local log ticks
    log=$(nix-store --read-log "$derivation")
    # Its own time and that of the kernel for it, the fourteenth field and the next.
    ticks=$(awk '{ print $14 + $15 }' "/proc/$daemon_pid/stat")
    awk -v daemon="$ticks" -v hertz="$(getconf CLK_TCK)" '
        /^bench: from / { wall = $5 - $3; times = NR }
        times && NR > times && NR <= times + 2 {
            for (field = 1; field <= 2; field++) {
                split($field, time, "[ms]")
                processors += 60 * time[1] + time[2]
            }
        }
        END {
            if (NR < times + 2 || !times) exit 1
            printf "%.2f %.2f\n", wall, processors + daemon / hertz
        }' <<<"$log" || fail "$name: the build did not tell what it took: $(tail -n 50 <<<"$log")"
}

# ratio_of FIELD: of the medians with the cache and without.
ratio_of() {
    awk "BEGIN { printf \"%.3f\", $(median_of "$1" told) / $(median_of "$1" toldPlain) }"
}

# median_of FIELD ATTRIBUTE
median_of() {
    cut -d ' ' -f "$1" "$directory/$2" | median
}
