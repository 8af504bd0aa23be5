#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd
# bevs in a server that stands still: for the host's root alone, as long as it takes.
. "$LAB_DIR/lib/tap.sh"
vs=/home/vsd/vs/vs1
in_it() { bevs "$@" | tr -d '\r'; }
state() { vsboot --status vs1; }
left() { ls -A /run/vsd/vs1; ls -d /sys/fs/cgroup/vsd/vs1 2>/dev/null; pgrep -x vsd-init | wc -l; }
wait_until() {
	for _ in $(seq 50); do
		! "$@" >/dev/null 2>&1 || return 0
		sleep 0.1
	done
	return 1
}

bevs vs1 ln -s /etc/sv/none /etc/service/ # a service that must not run meanwhile
install -d -o 2000000 -g 2000000 $vs/etc/sv/none
printf '#!/bin/sh\necho ran >/root/ran\nexec sleep 1000\n' >$vs/etc/sv/none/run
chmod 755 $vs/etc/sv/none/run
vsboot --stop vs1 >/dev/null
rm -f $vs/root/ran
before=$(left)
is 'as admin' 'admin vs1 /root' "$(in_it vs1 sh -c 'echo $(whoami) $(hostname) $HOME')"
is 'as a user' '2000001 /home/alice' "$(in_it -u alice vs1 sh -c 'echo $(id -u) $PWD')"
is 'with power over its users'\'' files' 'made it' "$(in_it -r vs1 sh -c 'touch /home/alice/made && chown alice /home/alice/made && echo made it')"
is 'which is the user'\''s' 2000001 "$(stat -c %u $vs/home/alice/made)"
is 'a login shell' 'in-4' "$(echo 'echo in-$((2+2)); exit' | in_it vs1 | grep -o '^in-4')"
is 'the exit status' 7 "$(bevs vs1 sh -c 'exit 7'; echo $?)"
is 'it is stopped again, and nothing is left' "$before" "$(left)"
refused 'its services did not run' test -e $vs/root/ran
has 'the other server goes on' "$(vssh alice@10.77.0.2 hostname)" vs2

# ---- meanwhile
bevs vs1 sh -c 'ps ax; cat /proc/net/tcp >/dev/null; echo open >/root/open; sleep 60' >/tmp/bevs.out 2>&1 &
pid=$!
wait_until test -e $vs/root/open
is 'it is alone in there' 0 "$(grep -c 'vsd/vs1\|sshd\|runsvdir' /tmp/bevs.out)"
is 'the walls stand: its own cgroup' 1 "$(grep -c '/vsd/vs1$' "/proc/$(pgrep -xf 'sleep 60')/cgroup")"
is 'the filter' 2 "$(awk '/^Seccomp:/ { print $2 }' "/proc/$(pgrep -xf 'sleep 60')/status")"
has 'its state is what its people see' "$(state)" stopped
refused 'nobody logs in' vssh alice@vs1@10.88.0.1 true
logs 'the log says why' 'not running'
refused 'not by su' su alice@vs1 -c true
has 'vsboot --start says who is in it' "$(timeout 5 vsboot --start vs1 2>&1)" "the host's root is at work in it (bevs)"
has 'a second bevs too' "$(timeout 5 bevs vs1 true 2>&1)" 'at work in it'
kill $pid
wait $pid
is 'ended by a signal it cleans up' "$before" "$(left)"

# ---- killed
rm -f $vs/root/open
bevs vs1 sh -c 'echo open >/root/open; sleep 61' >/dev/null 2>&1 &
pid=$!
wait_until test -e $vs/root/open
kill -9 $pid
wait $pid 2>/dev/null
has 'killed: the state is still true' "$(state)" stopped
check 'the next start clears it away' vsboot --start vs1
is 'what ran in it is gone' '' "$(pgrep -xf 'sleep 61')"
is 'and it serves' vs1 "$(vssh alice@10.77.0.1 hostname)"
is 'services too' ran "$(wait_until test -s $vs/root/ran; cat $vs/root/ran)"

vsdadm vs_disable localhost vs1 >/dev/null
has 'a disabled server stays shut' "$(bevs vs1 true 2>&1)" 'it is disabled'
done_testing
