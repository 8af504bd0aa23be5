#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Boot this lab's system, as it lies there, under a real systemd, with its servers and
# a network of its own, and run a test script there, once at each start of the system:
# the script may reboot it.
# usage: nspawn-boot.sh SCRIPT [DAEMON...]: of the daemons that the lab's packages bring
# and that this machine is not about, those named start; what the script prints goes to
# standard output
set -eu
script=$1
shift
root=/srv/machine
mkdir -p $root
mount --bind / $root
mkdir -p $root/root/.ssh
cp "$LAB_KEY.pub" $root/root/.ssh/authorized_keys
tr -d - </proc/sys/kernel/random/uuid >$root/etc/machine-id
# What lies under /home outlives a reboot; a lab without servers has nothing there.
homes=--bind=/home/vsd
[ -e /home/vsd/vs ] || {
	mount -t tmpfs -o nosuid,nodev,mode=0755 home $root/home
	homes=
}

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
After=vsd.target network-online.target ssh.service vsftpd.service
[Service]
Type=oneshot
Environment=LAB_DIR=$LAB_DIR LAB_TOP=$LAB_TOP LAB_KEY=$LAB_KEY HOME=/root
Environment=PATH=$PATH
ExecStart=/bin/sh $script
StandardOutput=append:/results
StandardError=append:/errors
ExecStopPost=/bin/sh -c '[ -e /run/test-reboots ] || systemctl --no-block poweroff'
X
for wants in network-online.target.wants/test-net multi-user.target.wants/test; do
	mkdir -p "$root/etc/systemd/system/${wants%/*}"
	ln -sf "/etc/systemd/system/${wants##*/}.service" "$root/etc/systemd/system/$wants.service"
done
for unit in postgresql vsftpd cron console-getty; do
	case " $* " in
	*" $unit "*) ;;
	*) ln -sf /dev/null "$root/etc/systemd/system/$unit.service" ;;
	esac
done

# bpf: the address fence; the rest is what a host has.  Quotas stay forbidden, as by default.
boot() {
	# shellcheck disable=SC2086 # one option or none
	timeout 240 systemd-nspawn --quiet --directory=$root --boot --register=no --keep-unit \
		--private-network --capability=all --system-call-filter='bpf @keyring' \
		$homes --bind=/sys/fs/bpf --bind-ro="$LAB_TOP" \
		${LAB_KEY:+--bind-ro="${LAB_KEY%/*}"} </dev/null >>/srv/console 2>&1
}

status=0
boot || status=$?
while [ $status -eq 133 ]; do # it wants to be started again
	rm -rf /sys/fs/bpf/vsd # a kernel's own, which this one shares
	status=0
	boot || status=$?
done
[ $status -eq 0 ] || {
	tail -n 40 /srv/console >&2
	cat $root/errors $root/results >&2 || :
	exit 1
}
cat $root/errors >&2
cat $root/results
