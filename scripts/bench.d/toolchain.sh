# shellcheck shell=bash disable=SC2154 # root, work: scripts/bench and scripts/setup set them
# rust.toolchain on the manifest of the toolchain in use, against builtins.fromTOML of the same file.

bench_toolchain() {
    manifest=$(rustc --print sysroot)/lib/rustlib/multirust-channel-manifest.toml
    [[ -e $manifest ]] || fail "$manifest is missing: install Rust by rustup (https://rustup.rs)."
    echo 1 >"$work/empty.nix"
    echo "builtins.deepSeq (builtins.fromTOML (builtins.readFile $manifest)) 1" >"$work/fromTOML.nix"
    echo "builtins.deepSeq (builtins.rust.toolchain { toolchain = \"stable\"; manifest = $manifest; host = \"x86_64-linux\"; }) 1" \
        >"$work/toolchain.nix"
    for_each_host bench_toolchain_on
}

# Time and memory above an empty evaluation, which is one without the plugin.
bench_toolchain_on() {
    local name turns=()
    local -A command=(
        [empty]="$2 eval --impure --file $work/empty.nix"
        [fromTOML]="$2 eval --impure --file $work/fromTOML.nix"
        [toolchain]="$2 --option plugin-files $3 eval --impure --file $work/toolchain.nix"
    )
    for name in empty fromTOML toolchain; do
        # shellcheck disable=SC2086 # words
        command time --format %M --output "$work/$name.memory" ${command[$name]} >/dev/null
    done
    for _ in {1..5}; do
        for name in empty fromTOML toolchain; do
            turns+=(--command-name "$name" "${command[$name]}")
        done
    done
    hyperfine --shell none --style none --warmup 1 --runs 5 --export-csv "$work/times.csv" "${turns[@]}"
    awk -F , -v of="$1" -v empty="$(cat "$work/empty.memory")" -v toml="$(cat "$work/fromTOML.memory")" -v ours="$(cat "$work/toolchain.memory")" '
        NR > 1 { sum[$1] += $4 * 1000; count[$1]++ }
        END {
            for (name in sum) ms[name] = sum[name] / count[name]
            printf "%s: empty %.1f ms, fromTOML %.1f ms, rust.toolchain %.1f ms: above the empty one 1/%.0f of the time\n", of,
                ms["empty"], ms["fromTOML"], ms["toolchain"], (ms["fromTOML"] - ms["empty"]) / (ms["toolchain"] - ms["empty"])
            printf "%s: empty %.1f MiB, fromTOML %.1f MiB, rust.toolchain %.1f MiB: above the empty one 1/%.1f of the memory\n", of,
                empty / 1024, toml / 1024, ours / 1024, (toml - empty) / (ours - empty)
        }' "$work/times.csv"
}
