# shellcheck shell=bash
# The machine's Nix: which it is, the users that it builds as, and a configuration for this project alone.

# nix_version [NIX]: the version of a `nix`, by default of the one on PATH.
nix_version() {
    # Lix says more in further lines.
    "${1:-nix}" --version | sed -nE '1s/.* //p'
}

# need_nix_users: made as Debian's package nix-setup-systemd makes them. nix-bin alone has none, and without them
# builds would run as root.
need_nix_users() {
    ((EUID == 0)) || return 0
    getent group nixbld >/dev/null || groupadd --system nixbld
    # Members of the group as somebody else named them will do.
    [[ -z $(getent group nixbld | cut -d: -f4) ]] || return 0
    local n
    for n in {1..10}; do
        useradd --system --comment "Nix build user $n" --home-dir /var/empty \
            --gid nixbld --groups nixbld --no-user-group --shell /usr/sbin/nologin "nixbld$n"
    done
}

# write_nix_conf DIRECTORY TARGET=SOURCE…: with the mounts that tests/nixpkgs lives on. The machine's own
# configuration is neither read nor written.
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
