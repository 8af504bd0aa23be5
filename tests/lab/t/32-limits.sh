#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd
# A limit is enforced, or refused: where cgroup2 has the controller, and where not.
. "$LAB_DIR/lib/tap.sh"
cg=/sys/fs/cgroup

for limit in memory:67108864 pids:30 cpu:20; do
	key=${limit%:*} value=${limit#*:}
	[ $key = memory ] && said=64M || said=$value
	if ! grep -qw "$key" $cg/cgroup.controllers; then
		refused "$key: refused without a controller" vsdadm vs_set localhost vs1 "$key=$said"
		has "$key: and it says why" "$(vsdadm vs_set localhost vs1 "$key=$said" 2>&1)" \
			"$key: this host's cgroup2 has no such controller"
		is "$key: nothing is written down" 0 "$(sed -n "s/^$key = //p" /etc/vsd/servers/vs1)"
		check "$key: 0 is no limit, and may be said" vsdadm vs_set localhost vs1 "$key=0"
		# a limit from a time when there was one
		sed -i "s/^$key = .*/$key = $value/" /etc/vsd/servers/vs1
		has "$key: vsboot says that it is not enforced" "$(vsboot --restart vs1 2>&1)" \
			"not enforced: $key"
		has "$key: so does vs_info" "$(vsdadm vs_info localhost vs1 | grep "^$key ")" 'not enforced'
		check "$key: another key can be changed beside it" vsdadm vs_set localhost vs1 max_sessions=31
		sed -i "s/^$key = .*/$key = 0/" /etc/vsd/servers/vs1
		continue
	fi
	check "$key: set on a running server" vsdadm vs_set localhost vs1 "$key=$said"
	has "$key: the kernel has it" "$(cat $cg/vsd/vs1/$key.max)" "$([ $key = cpu ] && echo '20000 100000' || echo "$value")"
	check "$key: after a restart too" vsboot --restart vs1
	has "$key: the kernel has it again" "$(cat $cg/vsd/vs1/$key.max)" "$([ $key = cpu ] && echo '20000 100000' || echo "$value")"
	has "$key: the other server has none" "$(cat $cg/vsd/vs2/$key.max)" max
	case $key in
	pids) refused 'pids: a fork too many' vssh alice@10.77.0.1 'for i in $(seq 60); do sleep 5 & done; wait' ;;
	memory) refused 'memory: a gulp too many' vssh alice@10.77.0.1 'head -c 200M /dev/zero | tail >/dev/null' ;;
	esac
	vsdadm vs_set localhost vs1 "$key=0"
done
if ! grep -qwE 'memory|pids' $cg/cgroup.controllers; then
	sed -i 's/^memory = .*/memory = 67108864/; s/^pids = .*/pids = 30/' /etc/vsd/servers/vs1
	has 'all that are not enforced are named' "$(vsboot --restart vs1 2>&1)" 'not enforced: memory, pids'
	sed -i 's/^memory = .*/memory = 0/; s/^pids = .*/pids = 0/' /etc/vsd/servers/vs1
fi
for key in io_read io_write; do
	# /home/vsd lies in memory here: no device, whatever controllers there are
	has "$key: refused, and it says why" "$(vsdadm vs_set localhost vs1 $key=1048576 2>&1)" "$key: this host's cgroup2 has no such controller, or its tree lies on no one block device"
	refused "$key: with a status" vsdadm vs_set localhost vs1 $key=1048576
	is "$key: nothing is written down" '' "$(sed -n "s/^$key = //p" /etc/vsd/servers/vs1)"
	echo "$key = 1048576" >>/etc/vsd/servers/vs1
	has "$key: vsboot says that it is not enforced" "$(vsboot --restart vs1 2>&1)" "not enforced: $key"
	has "$key: so does vs_info" "$(vsdadm vs_info localhost vs1 | grep "^$key ")" 'not enforced: this host'
	check "$key: it can be taken away" vsdadm vs_set localhost vs1 $key=0
	is "$key: and is" '' "$(sed -n "s/^$key = //p" /etc/vsd/servers/vs1)"
done
check 'a quota that nothing enforces is said' sh -c 'vsdadm vs_set localhost vs1 quota_mb=77 | grep "nothing enforces it"'
has 'and in vs_info' "$(vsdadm vs_info localhost vs1)" 'quota_mb      77 (not enforced: its filesystem has no project quota)'
check 'the server still serves' vssh alice@10.77.0.1 true
done_testing
