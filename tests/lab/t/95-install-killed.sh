#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --bare --sshd --with nftables
# long: an installation for each place where it is killed
# seconds: 800
# vsd-install and vsd-uninstall, ended with all that they have started before one of the
# calls that change a file: the host's people get in, and the next run of either finishes
# or undoes, to the byte.  SWEEP_STRIDE says at which of the calls: 1 is each; SWEEP_FIRST is the
# first of them.  What does not fit into SWEEP_SECONDS is left out, and said.
. "$LAB_DIR/lib/tap.sh"
. "$LAB_DIR/lib/etc.sh"
stride=${SWEEP_STRIDE:-61} first=${SWEEP_FIRST:-1} seconds=${SWEEP_SECONDS:-600}

make -s -C "$LAB_TOP" install DESTDIR= >/tmp/make.log 2>&1 || cat /tmp/make.log
ldconfig
sed -i 's/^interface = .*/interface = vsd0/' /usr/share/vsd/vsd.conf
cc -O1 -D_GNU_SOURCE -o /tmp/killed "$LAB_DIR/probe/killed.c" || exit 1
cp -a /etc /tmp/etc.before

etc_state >/tmp/state.before
as_before() { etc_state | diff /tmp/state.before -; }
as_installed() { etc_state | diff /tmp/state.installed -; }
gone() {
	left=$(ls -d /var/lib/vsd /run/vsd /var/spool/vsd /etc/vsd* /home/vsd/* 2>/dev/null) || :
	[ -z "$left" ] || { echo "left: $left"; return 1; }
}
install_it() { vsd-install && as_installed; }
uninstall_it() { vsd-uninstall --yes && as_before && gone; }

# sshd that was just told to read its settings anew does not listen for a moment.
root_gets_in() {
	for _ in 1 2 3 4 5; do
		[ "$(vssh root@10.88.0.1 id -un)" != root ] || return 0
		sleep 1
	done 2>/tmp/out
	return 1
}

# One failure is to be told once.
failed() { # NAME
	tap_result 1 "$1" "$(head -n 60 /tmp/out)"
	find /etc -mindepth 1 -delete
	cp -a /tmp/etc.before/. /etc/
	rm -rf /var/lib/vsd /run/vsd /var/spool/vsd
	$start >/dev/null 2>&1
}

vsd-install >/dev/null
etc_state >/tmp/state.installed
vsd-uninstall --yes >/dev/null
check 'before the sweep all is as it was' as_before
check 'and nothing is left' gone

# sweep NAME UNTIL FIRST STRIDE START COMMAND...: START brings about what COMMAND starts from.
sweep() {
	name=$1 until=$2 n=$3 by=$4 start=$5 killed=0
	shift 5
	while $start >/tmp/out 2>&1 || failed "$name: before call $n"
		/tmp/killed $n "$@" >/tmp/killed.out 2>&1
		[ $? -eq 137 ]; do
		killed=$((killed + 1))
		root_gets_in || tap_result 1 "$name, killed at call $n: root of the host logs in" "$(cat /tmp/out)"
		# By turns the same command again and the other one.
		if [ $((killed % 2)) -eq 0 ]; then install_it; else uninstall_it; fi >/tmp/out 2>&1 ||
			failed "$name, killed at call $n"
		n=$((n + by))
		if [ $(($(date +%s) - begun)) -ge "$until" ]; then
			skip "$name: call $n and after" "$until s are over: SWEEP_FIRST=$n begins there"
			break
		fi
	done
	echo "# $name: killed at $killed places of $n calls, $(($(date +%s) - begun)) s"
	check "$name: it was killed on its way" test $killed -ge 5
}

begun=$(date +%s)
sweep 'install' $((seconds * 2 / 5)) "$first" "$stride" uninstall_it vsd-install
sweep 'uninstall' $((seconds * 4 / 5)) "$first" "$stride" install_it vsd-uninstall --yes
# Where its record goes, at each.
install_it >/dev/null
calls=$(/tmp/killed 99999 vsd-uninstall --yes 2>&1 | sed -n 's/^\([0-9]*\) calls$/\1/p')
sweep 'end of uninstall' $((seconds + 120)) $((calls - 30)) 1 install_it vsd-uninstall --yes
check 'the last uninstall finished' uninstall_it
check 'diff -r agrees' diff -r --no-dereference /tmp/etc.before /etc
is 'root of the host logs in' root "$(vssh root@10.88.0.1 id -un)"
done_testing
