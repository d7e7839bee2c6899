# shellcheck shell=bash disable=SC2154 # root, work: scripts/bench and scripts/setup set them
# A million calls of rust.toTOML, against as many of builtins.toJSON.

bench_memory() {
    for_each_host bench_memory_on
}

# With the heap that Nix begins with, a quarter of the machine's memory but at most 384 MiB, most of what is seen is
# how much of that was touched before the collector first ran; with one that grows as it must, what is alive.
bench_memory_on() {
    local builtin heap
    local -A used
    for builtin in toJSON rust.toTOML; do
        echo "builtins.foldl' (n: i: n + builtins.stringLength (builtins.$builtin { a = i; b = \"x\"; })) 0 (builtins.genList (i: i) 1000000)" \
            >"$work/calls.nix"
        for heap in default 1m; do
            used[$builtin-$heap]=$(
                [[ $heap == default ]] || export GC_INITIAL_HEAP_SIZE=$heap
                command time --format %M --output "$work/used" \
                    "$2" --option plugin-files "$3" eval --impure --file "$work/calls.nix" >/dev/null
                cat "$work/used"
            )
        done
    done
    for heap in default 1m; do
        awk -v of="$1" -v heap="$heap" -v json="${used[toJSON-$heap]}" -v toml="${used[rust.toTOML-$heap]}" 'BEGIN {
            printf "%s: a million calls, initial heap %s: toJSON %.0f MiB, rust.toTOML %.0f MiB: %.2f times\n", of, heap, json / 1024, toml / 1024, toml / json
        }'
    done
}
