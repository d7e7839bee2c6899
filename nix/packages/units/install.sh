# shellcheck shell=sh
# Installs the units of nix-sccache on a system with systemd, or updates them. As root:
#
#     sh …/share/doc/nix-sccache/install.sh
#
# Changes of your own belong into drop-ins (`systemctl edit nix-sccache-daemon.service`).
set -eu

# Determinate Nix writes nix.conf itself.
conf=/etc/nix/nix.conf
[ ! -e /etc/nix/nix.custom.conf ] || conf=/etc/nix/nix.custom.conf
if grep --quiet '^plugin-files' @out@/etc/nix/nix-sccache.conf &&
    grep --no-messages '^[[:space:]]*\(extra-\)\?plugin-files' $conf; then
    echo "$conf has this line, and of several plugin-files Nix goes by the last: take it away, or make" \
        "the units with \`plugin = null\` and add the plugin to this line" >&2
    exit 1
fi

# Which keeps the programs from the garbage collector.
profile=/nix/var/nix/profiles/nix-sccache
nix-env --profile $profile --set "@out@"

# The users of the services, and the directories of the socket and of the cache, at each boot.
systemd-sysusers $profile/lib/sysusers.d/nix-sccache.conf
tmpfiles=/etc/tmpfiles.d/nix-sccache.conf
[ "$(readlink $tmpfiles)" = $profile/lib/tmpfiles.d/nix-sccache.conf ] ||
    ln -s $profile/lib/tmpfiles.d/nix-sccache.conf $tmpfiles
systemd-tmpfiles --create $tmpfiles

# The sandbox path of the socket, and the plugin.
include="!include $profile/etc/nix/nix-sccache.conf"
mkdir -p /etc/nix
grep --no-messages --quiet --line-regexp --fixed-strings "$include" $conf ||
    echo "$include" >>$conf

systemctl link $profile/lib/systemd/system/nix-sccache.service
systemctl enable $profile/lib/systemd/system/nix-sccache.socket \
    $profile/lib/systemd/system/nix-sccache-daemon.service
systemctl daemon-reload
systemctl restart nix-sccache-daemon.service nix-sccache.socket
# A Nix without a daemon reads nix.conf by itself.
! systemctl --quiet is-active nix-daemon.service || systemctl restart nix-daemon.service
