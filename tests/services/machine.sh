#!/bin/sh
# Systemd as the first process of a small machine of its own: it has this machine's files, and
# other folders in place of /run and /var/cache, other users, and its own processes.
#
# machine.sh FOLDER: with units/, passwd, group and tmpfiles.conf in there. Leaves the id of
# systemd's process in FOLDER/init, and ends with it.
set -eu

folder=$1
case ${2-} in
'')
    exec unshare --mount sh "$0" "$folder" mounts
    ;;
mounts)
    mount --make-rprivate /
    mkdir "$folder/cgroup"
    mount -t cgroup2 none "$folder/cgroup"
    own=$folder/cgroup/nix-sccache-tests-$$
    mkdir "$own"
    echo $$ >"$own/cgroup.procs"
    unshare --mount --cgroup --pid --ipc --uts --fork sh "$0" "$folder" inside || true
    echo $$ >"$folder/cgroup/cgroup.procs"
    find "$own" -depth -type d -exec rmdir {} +
    ;;
inside)
    # In the machine's /proc, which is still there, this is the number that others know.
    read -r pid _ </proc/self/stat
    mount -t tmpfs none /run
    mount -t tmpfs none /var/cache
    umount -R /sys/fs/cgroup 2>/dev/null || true
    mount -t cgroup2 none /sys/fs/cgroup
    mount -t proc proc /proc
    mount --bind "$folder/passwd" /etc/passwd
    mount --bind "$folder/group" /etc/group
    systemd-tmpfiles --create "$folder/tmpfiles.conf"
    # As on every machine with systemd: what it mounts for a service comes to the others.
    mount --make-rshared /
    echo "$pid" >"$folder/init.new"
    mv "$folder/init.new" "$folder/init"
    exec env -i PATH=/usr/bin:/bin container=test SYSTEMD_UNIT_PATH="$folder/units" \
        /lib/systemd/systemd --system --log-target=console --log-level=info
    ;;
esac
