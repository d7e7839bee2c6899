#!/bin/sh
# Systemd as the first process of a small machine of its own: it has this machine's files, and
# others in place of /etc, /run, /var/cache, /var/lib and Nix's profiles, and its own processes.
#
# machine.sh DIRECTORY: with units/ and etc/ in there. Leaves the id of systemd's process in
# DIRECTORY/init, and ends with it.
set -eu

directory=$1
case ${2-} in
'')
    exec unshare --mount sh "$0" "$directory" mounts
    ;;
mounts)
    mount --make-rprivate /
    mkdir "$directory/cgroup"
    mount -t cgroup2 none "$directory/cgroup"
    own=$directory/cgroup/nix-sccache-tests-$$
    mkdir "$own"
    echo $$ >"$own/cgroup.procs"
    unshare --mount --cgroup --pid --ipc --uts --fork sh "$0" "$directory" inside || true
    echo $$ >"$directory/cgroup/cgroup.procs"
    find "$own" -depth -type d -exec rmdir {} +
    ;;
inside)
    # In the machine's /proc, which is still there, this is the number that others know.
    read -r pid _ </proc/self/stat
    for own in /run /var/cache /var/lib /nix/var/nix/profiles /nix/var/nix/daemon-socket; do
        mkdir -p $own
        mount -t tmpfs none $own
    done
    umount -R /sys/fs/cgroup 2>/dev/null || true
    mount -t cgroup2 none /sys/fs/cgroup
    mount -t proc proc /proc
    mount --bind "$directory/etc" /etc
    [ ! -e /etc/tmpfiles.d/nix-sccache.conf ] || systemd-tmpfiles --create nix-sccache.conf
    # As on every machine with systemd: what it mounts for a service comes to the others.
    mount --make-rshared /
    echo "$pid" >"$directory/init.new"
    mv "$directory/init.new" "$directory/init"
    exec env -i PATH=/usr/bin:/bin container=test SYSTEMD_UNIT_PATH="/etc/systemd/system:$directory/units" \
        /lib/systemd/systemd --system --log-target=console --log-level=info
    ;;
esac
