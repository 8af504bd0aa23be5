#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Make one layer: layer-build.sh LAYER BASE DEBS [BELOW] <packages, in namespaces of
# its own.  BASE is the root below (/ or a debootstrapped tree); what apt writes over
# it is kept as LAYER/root.tar.  A folder would not do: it would lie within the
# base, and an overlay refuses layers of which one holds the other.  What the layer
# BELOW has is part of it.
set -eu
layer=$1 base=$2 debs=$3 below=${4:-}
. "$(dirname "$0")/mounts.sh"
packages=$(cat)

mount -t tmpfs -o mode=0755 lab /mnt
root=/mnt/root
mkdir -p /mnt/scratch/upper
[ -z "$below" ] || tar -C /mnt/scratch/upper --xattrs --xattrs-include='*' --numeric-owner \
	-xf "$below/root.tar"
lab_mount_overlay "$base" /mnt/scratch $root
lab_mount_dev $root
lab_mount_proc $root
mount -t tmpfs -o mode=0755 run $root/run
mkdir -m 1777 $root/run/lock
mount -t tmpfs -o mode=1777 tmp $root/tmp
mkdir -p "$debs" $root/var/cache/apt/archives
mount --bind "$debs" $root/var/cache/apt/archives
mkdir -p $root/var/cache/apt/archives/partial

# The machine's resolver, wherever a link may lead to.
resolver=$(readlink -m $root/etc/resolv.conf)
case $resolver in
$root/run/*)
	mkdir -p "${resolver%/*}"
	cp /etc/resolv.conf "$resolver"
	;;
*) [ "$base" = / ] || cp -L /etc/resolv.conf $root/etc/resolv.conf ;;
esac

# No daemon is started by its own package.
printf '#!/bin/sh\nexit 101\n' >$root/usr/sbin/policy-rc.d
chmod 0755 $root/usr/sbin/policy-rc.d
cat >/mnt/install <<'X'
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 HOME=/root \
	PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# Conflicting packages that the machine has and the list has not may go: the
# machine itself is not touched.
install() {
	apt-get -y --no-install-recommends -o Dpkg::Use-Pty=0 \
		-o Dpkg::Options::=--force-confold -o APT::Keep-Downloaded-Packages=true \
		-o Dir::Cache::srcpkgcache=archives/srcpkgcache.bin \
		install "$@"
}
install "$@" || { apt-get update || :; install "$@"; }
X
# shellcheck disable=SC2086 # a list of words
chroot $root /bin/sh -s -- $packages </mnt/install

rm -f $root/usr/sbin/policy-rc.d
# One host key is enough, and known everywhere.
rm -f $root/etc/ssh/ssh_host_rsa_key* $root/etc/ssh/ssh_host_ecdsa_key* \
	$root/etc/ssh/ssh_host_dsa_key*
[ -f $root/etc/ssh/ssh_host_ed25519_key ] ||
	chroot $root ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
umount $root/var/cache/apt/archives
tar -C /mnt/scratch/upper --xattrs --xattrs-include='*' --numeric-owner \
	-cf "$layer/root.tar" .
