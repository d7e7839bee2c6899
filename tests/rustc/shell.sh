# shellcheck shell=bash
# Whether the flake's shell is what it should be: for `nix develop --ignore-environment --command`,
# so that nothing comes from the shell around it. Says what is not, and fails then.
set -euo pipefail

wrong=0
complain() {
    echo "the flake's shell: $*" >&2
    wrong=1
}

# where PROGRAM: the first directory of PATH with it. A link counts that leads nowhere, as those do to
# what is mounted into the sandbox alone.
where() {
    local directory directories
    IFS=: read -ra directories <<<"$PATH"
    for directory in "${directories[@]}"; do
        if [[ -e $directory/$1 || -L $directory/$1 ]]; then
            echo "$directory"
            return
        fi
    done
}

while read -r program package; do
    found=$(where "$program")
    # shellcheck disable=SC2053 # a pattern
    [[ $found == /nix/store/*-$package/bin ]] || complain "$program is in ${found:-no directory of PATH}"
done <<'END'
rustc rust-*-nightly-*
cargo rust-*-nightly-*
python3 python3*
pip *pip*
git git*
curl curl*
which which*
objdump binutils*
cmake cmake*
ninja ninja*
pkg-config pkg-config*
sccache nix-sccache-*
nix-sccache nix-sccache-*
END

[[ ${RUSTC_ICE-} == 0 ]] || complain "RUSTC_ICE is ${RUSTC_ICE-unset}"
[[ ${LD_LIBRARY_PATH-} == /nix/store/* && -e $LD_LIBRARY_PATH/libstdc++.so.6 ]] ||
    complain "no C++ runtime in LD_LIBRARY_PATH, which is ${LD_LIBRARY_PATH-unset}"
[[ -d ${TMPDIR-} && ${HOME-} == "$TMPDIR" ]] || complain "HOME is ${HOME-unset}, and TMPDIR ${TMPDIR-unset}"
[[ ${CARGO_HOME-} == "$HOME/.cargo" && -d $CARGO_HOME ]] || complain "CARGO_HOME is ${CARGO_HOME-unset}"

exit "$wrong"
