# shellcheck shell=bash disable=SC2154 # root, work: scripts/bench and scripts/setup set them
# Derivations that run a shell and nothing else, in the sandbox, without and with the directory that every build of a machine
# has as /.cargo. Pairs of batches, one right after the other and each way first as often: of what they differ by, the median
# and where it is with 95 percent. And what the kernel is asked for one of them, which is the same each time.

bench_plain() {
    local number=${1-50} pairs=${2-24} mounted way paths pair order began field
    local TIMEFORMAT='%3U %3S'
    mounted=$(nix-build "$root/tests/sandbox/everyBuild.nix" --no-out-link 2>"$work/log") || fail "$(cat "$work/log")"

    # build WAY NUMBER NAME [COMMAND…]
    build() {
        paths=
        [[ $1 == without ]] || paths=/.cargo=$mounted
        "${@:4}" nix-build --no-out-link --option extra-sandbox-paths "$paths" --argstr run "$$-$3-$1" --arg number "$2" \
            "$root/scripts/bench.d/plain.nix" >/dev/null 2>"$work/log" || fail "$(tail "$work/log")"
    }

    for way in without with; do
        build "$way" 1 warmed
        build "$way" 1 traced strace -f -qq -o "$work/$way" -e trace=mount,openat,mkdir,clone,clone3,vfork,execve
        echo "$way: $(awk '{ sub(/\(.*/, "", $2); count[$2]++ }
            END { print count["mount"] " mounts, " count["execve"] " programs, " count["openat"] " files opened" }' "$work/$way")"
    done
    for ((pair = 1; pair <= pairs; pair++)); do
        order="without with"
        ((pair % 2)) || order="with without"
        for way in $order; do
            began=${EPOCHREALTIME/./}
            { time build "$way" "$number" "$pair"; } 2>"$work/processors"
            echo "$pair $way $((${EPOCHREALTIME/./} - began)) $(<"$work/processors")" >>"$work/times"
        done
    done
    # In milliseconds a derivation. The median is between the k-th of the differences from either end.
    for field in 3 4; do
        awk -v number="$number" -v field="$field" '
            { took[$2, $1] = (field == 3 ? $3 / 1000 : ($4 + $5) * 1000) / number }
            $1 > pairs { pairs = $1 }
            END {
                for (pair = 1; pair <= pairs; pair++) print took["without", pair], took["with", pair] - took["without", pair]
            }' "$work/times" | sort --general-numeric-sort --key 2 |
            awk -v what="$([[ $field == 3 ]] && echo "wall clock" || echo "of the processors")" '
            { base += $1; difference[NR] = $2 }
            END {
                k = int((NR - 1.96 * sqrt(NR)) / 2)
                if (k < 1) k = 1
                median = (difference[int((NR + 1) / 2)] + difference[int(NR / 2) + 1]) / 2
                printf "plain: %s, without %.2f ms a derivation, with it %+.2f ms (%+.2f to %+.2f, %d pairs)\n",
                    what, base / NR, median, difference[k], difference[NR + 1 - k], NR
            }'
    done
}
