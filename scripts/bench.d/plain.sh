# shellcheck shell=bash disable=SC2154 # root, work: scripts/bench and scripts/setup set them
# Derivations that run a shell and nothing else, in the sandbox, without and with the directory that every build of a machine
# has as /.cargo, in turns.

bench_plain() {
    local number=${1-1000} rounds=${2-3} mounted way paths round began
    mounted=$(nix-build "$root/tests/sandbox/everyBuild.nix" --no-out-link 2>"$work/log") || fail "$(cat "$work/log")"
    for ((round = 1; round <= rounds; round++)); do
        for way in without with; do
            paths=
            [[ $way == without ]] || paths=/.cargo=$mounted
            began=${EPOCHREALTIME/./}
            nix-build --no-out-link --option extra-sandbox-paths "$paths" --argstr run "$way-$$-$round" \
                --arg number "$number" "$root/scripts/bench.d/plain.nix" >/dev/null 2>"$work/log" || fail "$(tail "$work/log")"
            echo "$way $((${EPOCHREALTIME/./} - began))" | tee -a "$work/times" |
                awk -v number="$number" '{ printf "%s: %.2f ms a derivation\n", $1, $2 / 1000 / number }'
        done
    done
    awk -v number="$number" '
        { sum[$1] += $2; count[$1]++ }
        END {
            for (way in sum) mean[way] = sum[way] / count[way] / 1000 / number
            printf "plain: %d derivations, without %.2f ms each, with %.2f ms each: %.3f times\n", number,
                mean["without"], mean["with"], mean["with"] / mean["without"]
        }' "$work/times"
}
