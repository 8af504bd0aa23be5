# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# Mounts for a throwaway root, by functions that take its path.  The caller is
# in a mount namespace of its own.

# A /dev of its own: nothing of the machine's but the kernel's harmless devices.
lab_mount_dev() {
	mount -t tmpfs -o nosuid,mode=0755 dev "$1/dev"
	for node in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0; do
		name=${node%%:*} rest=${node#*:}
		mknod -m 0666 "$1/dev/$name" c "${rest%:*}" "${rest#*:}"
	done
	mkdir "$1/dev/pts" "$1/dev/shm"
	mount -t devpts -o newinstance,gid=5,mode=620,ptmxmode=666 devpts "$1/dev/pts"
	mount -t tmpfs -o nosuid,nodev,mode=1777 shm "$1/dev/shm"
	ln -s pts/ptmx "$1/dev/ptmx"
	ln -s /proc/self/fd "$1/dev/fd"
	ln -s fd/0 "$1/dev/stdin"
	ln -s fd/1 "$1/dev/stdout"
	ln -s fd/2 "$1/dev/stderr"
}

lab_mount_proc() {
	mount -t proc -o nosuid,nodev,noexec proc "$1/proc"
	# Most of /proc/sys is the machine's own; what belongs to the network
	# namespace may be set.
	mount --bind "$1/proc/sys" "$1/proc/sys"
	mount -o remount,bind,ro "$1/proc/sys"
	mount --bind "$1/proc/sys/net" "$1/proc/sys/net"
	mount -o remount,bind,rw "$1/proc/sys/net"
}

# sysfs shows the network namespace of its mounter: call after unshare --net.
# The cgroup namespace's root is the lab's own cgroup.
lab_mount_sys() {
	mount -t sysfs -o nosuid,nodev,noexec sysfs "$1/sys"
	mount -t bpf -o nosuid,nodev,noexec,mode=700 bpf "$1/sys/fs/bpf" ||
		echo "lab: no bpffs on this kernel"
	[ -n "${LAB_CGROUP:-}" ] || return 0
	mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 "$1/sys/fs/cgroup"
	# Controllers can be handed down only from a cgroup without processes.
	mkdir -p "$1/sys/fs/cgroup/host"
	echo $$ >"$1/sys/fs/cgroup/host/cgroup.procs"
	for c in $(cat "$1/sys/fs/cgroup/cgroup.controllers"); do
		echo "+$c" >"$1/sys/fs/cgroup/cgroup.subtree_control" || :
	done
}

# Fresh folders where the machine's own content must neither show nor be changed.
lab_mount_tmpfs() {
	mount -t tmpfs -o nosuid,nodev,mode=0755 run "$1/run"
	mkdir -m 1777 "$1/run/lock"
	mkdir "$1/run/lab"
	mount -t tmpfs -o nosuid,nodev,mode=1777 tmp "$1/tmp"
	mount -t tmpfs -o nosuid,nodev,mode=0700 root "$1/root"
	mount -t tmpfs -o nosuid,nodev,mode=0755 home "$1/home"
	mkdir "$1/home/vsd"
	# One mount for skeleton and servers: hard links do not cross mounts.
	mount -t tmpfs -o nosuid,nodev,noexec,mode=0755 vsd "$1/home/vsd"
}

# An overlay of folder LOWER with what changes it kept in SCRATCH, at TARGET.
lab_mount_overlay() {
	mkdir -p "$2/upper" "$2/work" "$3"
	chmod 0755 "$2/upper"
	mount -t overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" overlay "$3"
}
