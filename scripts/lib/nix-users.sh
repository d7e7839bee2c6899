# shellcheck shell=bash
# The users that builds run as, made as Debian's package nix-setup-systemd makes them: nix-bin
# alone has none, and without them builds would run as root.

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
