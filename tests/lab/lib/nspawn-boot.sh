#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Boot this lab's system, as it lies there, under a real systemd, with its servers and
# a network of its own, and run a test script there.
# usage: nspawn-boot.sh SCRIPT; what the script prints goes to standard output
set -eu
root=/srv/machine
mkdir -p $root
mount --bind / $root
mkdir -p $root/root/.ssh
cp "$LAB_KEY.pub" $root/root/.ssh/authorized_keys
tr -d - </proc/sys/kernel/random/uuid >$root/etc/machine-id

cat >$root/etc/systemd/system/test-net.service <<X
[Unit]
Before=network-online.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/ip link add vsd0 type bridge
ExecStart=/bin/ip link set vsd0 up
X
cat >$root/etc/systemd/system/test.service <<X
[Unit]
Requires=test-net.service
After=vsd.target network-online.target ssh.service
[Service]
Type=oneshot
Environment=LAB_DIR=$LAB_DIR LAB_TOP=$LAB_TOP LAB_KEY=$LAB_KEY HOME=/root
Environment=PATH=$PATH
ExecStart=/bin/sh $1
StandardOutput=file:/results
StandardError=file:/errors
ExecStopPost=/bin/systemctl --no-block poweroff
X
for wants in network-online.target.wants/test-net multi-user.target.wants/test; do
	mkdir -p "$root/etc/systemd/system/${wants%/*}"
	ln -sf "/etc/systemd/system/${wants##*/}.service" "$root/etc/systemd/system/$wants.service"
done
# Daemons of the lab's packages that this machine is not about.
for unit in postgresql vsftpd cron console-getty; do
	ln -sf /dev/null "$root/etc/systemd/system/$unit.service"
done

# bpf: the address fence; the rest is what a host has.
timeout 120 systemd-nspawn --quiet --directory=$root --boot --register=no --keep-unit \
	--private-network --capability=all --system-call-filter='bpf @keyring' \
	--bind=/home/vsd --bind=/sys/fs/bpf --bind-ro="$LAB_TOP" \
	${LAB_KEY:+--bind-ro="${LAB_KEY%/*}"} </dev/null >/srv/console 2>&1 || {
	tail -n 40 /srv/console >&2
	exit 1
}
cat $root/errors >&2
cat $root/results
