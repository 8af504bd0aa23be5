#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd --profile minimal --isolation chroot
# rebootvs where the server's first process is not number 1: its own services start anew,
# nobody else's, and no set-id program is needed.
. "$LAB_DIR/lib/tap.sh"
vs=/home/vsd/vs
for n in 1 2; do
	id=$((2000000 + 200 * (n - 1)))
	install -d -o $id -g $id $vs/vs$n/etc/service/probe
	printf '#!/bin/sh\nexec 2>&1\necho started >>/root/starts\nexec sleep 100\n' >$vs/vs$n/etc/service/probe/run
	chmod 755 $vs/vs$n/etc/service/probe/run
	wait_for $vs/vs$n/root/starts
done
sleep 2 # runsvdir has found all
starts() { wc -l <"$vs/$1/root/starts"; }
started() { # VS TIMES: within 10 s
	for _ in $(seq 100); do
		[ "$(starts "$1")" -lt "$2" ] || return 0
		sleep 0.1
	done
	return 1
}
is 'started once' '1 1' "$(starts vs1) $(starts vs2)"
host=$(cut -d' ' -f1 /run/vsd/vs1/init)
check 'rebootvs over ssh' vssh admin@10.77.0.1 rebootvs
check 'starts its services anew' started vs1 2
check 'rebootvs by bevs' bevs vs1 rebootvs
check 'does too' started vs1 3
is 'not the other server'\''s' 1 "$(starts vs2)"
is 'and the server runs on' "$host" "$(cut -d' ' -f1 /run/vsd/vs1/init)"
check 'one service' vssh admin@10.77.0.1 rebootvs probe
check 'starts anew' started vs1 4
has 'not alice' "$(vssh alice@10.77.0.1 /usr/lib/vsd/vsd-guest rebootvs 2>&1)" 'rebootvs'\'': only admin may'
# from within a service, whose cgroup is a folder of the server's
printf '#!/bin/sh\nexec 2>&1\n[ -e /root/once ] || { : >/root/once; rebootvs; }\nexec sleep 100\n' >/tmp/run
install -d -o 2000000 -g 2000000 $vs/vs1/etc/service/again
install -m 755 /tmp/run $vs/vs1/etc/service/again/run
check 'a service may as well' started vs1 5
is 'and the other server still has not' 1 "$(starts vs2)"
# a server that a vsboot of before started has no such mount
umount "$vs/vs1/run/vsd/lib"
has 'without a set-id helper it is said' "$(vssh admin@10.77.0.1 useradd carol 2>&1)" 'not setuid here: vsboot --restart'
check 'rebootvs needs none' vssh admin@10.77.0.1 rebootvs
vsboot --restart vs1 >/dev/null
check 'a restart brings it' vssh admin@10.77.0.1 useradd carol
done_testing
