# shellcheck shell=bash
# A configuration of Nix for this project alone: the machine's own is neither read nor written.

# write_nix_conf DIRECTORY TARGET=SOURCE…: with the mounts that tests/nixpkgs lives on.
write_nix_conf() {
    local directory=$1
    shift
    mkdir -p "$directory"
    # Never /bin itself beside /bin/sh: Nix 2.8 would write through it, into the machine's shell.
    cat >"$directory/nix.conf.$$" <<EOF
experimental-features = nix-command flakes
build-users-group = $( ((EUID)) || echo nixbld)
sandbox = true
sandbox-fallback = false
sandbox-paths = /bin/sh=$(realpath /bin/sh) /usr /lib /lib64? $*
substitute = false
flake-registry = $directory/registry.json
warn-dirty = false
EOF
    echo '{ "version": 2, "flakes": [] }' >"$directory/registry.json"
    mv "$directory/nix.conf.$$" "$directory/nix.conf"
}
