#!/bin/sh
# Runs a command in a root file system of its own: unshare --mount own-root.sh ROOT DATA COMMAND...
# DATA, on the disk itself, appears as /var/lib/docker. A plain chroot is not enough for a Docker
# daemon: it remounts /, so / must be a mount point.
set -eu
root=$1 data=$2
shift 2
mount --make-rprivate /
mount --bind "$root" "$root"
for folder in proc sys dev run; do mount --rbind "/$folder" "$root/$folder"; done
mkdir -p "$root/var/lib/docker" "$root/.host"
mount --bind "$data" "$root/var/lib/docker"
cd "$root"
pivot_root . .host
umount -l /.host
# Containers get their mounts from here.
mount --make-rshared /
exec "$@"
