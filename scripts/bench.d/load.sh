# shellcheck shell=bash disable=SC2154 # root, work: scripts/bench and scripts/setup set them
# An evaluation with the plugin loaded, against one without, and what a call of a builtin costs after
# the first.

bench_load() {
    for_each_host bench_load_on
}

bench_load_on() {
    measure "$1: an evaluation" "without the plugin" "$2 eval --expr 1" \
        "with the plugin" "$2 --option plugin-files $3 eval --expr 1"
    local calls='builtins.foldl'\'' (n: i: n + builtins.stringLength (builtins.rust.target "x86_64-linux")) 0 (builtins.genList (i: i)'
    echo "$calls 1)" >"$work/one.nix"
    echo "$calls 1001)" >"$work/many.nix"
    measure "$1: a thousand more calls of rust.target" "one" "$2 --option plugin-files $3 eval --impure --file $work/one.nix" \
        "a thousand and one" "$2 --option plugin-files $3 eval --impure --file $work/many.nix"
}
