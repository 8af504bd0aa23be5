#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd --with nspawn
# A real systemd starts, watches and stops the servers, and its logind learns of no
# VS user.  The script runs twice: the first time it boots the lab's system in a
# container, in which it runs again.
if [ ! -d /run/systemd/system ]; then
	vsboot --stop >/dev/null
	systemctl -q enable vsd-redirect.service
	exec "$LAB_DIR/lib/nspawn-boot.sh" "$LAB_DIR/t/34-systemd.sh"
fi
. "$LAB_DIR/lib/tap.sh"
init() { cut -d' ' -f1 "/run/vsd/$1/init" 2>/dev/null; }
front() { systemctl show -p MainPID --value "vsd@$1"; }
active() { systemctl is-active "vsd@$1"; }
within() { # SECONDS COMMAND...: until it is true
	tries=$(($1 * 10))
	shift
	for _ in $(seq $tries); do
		"$@" >/dev/null 2>&1 && return 0
		sleep .1
	done
	return 1
}

# --- boot ---
is 'both servers run' 'active active' "$(active vs1) $(active vs2)"
has 'and vsboot says so too' "$(vsboot --status vs1)" "vs1: running, pid $(init vs1)"
is 'nothing has failed' '' "$(systemctl list-units --failed --plain --no-legend 'vsd*')"
has 'their addresses are up' "$(vsalias --list)" '10.77.0.2'
is 'redirects, which were enabled, are in force' 6 "$(vsredirect --list | wc -l)"
is 'what stands for them is in a slice of its own' /vsd.slice/vsd@vs1.service \
	"$(sed -n 's/^0:://p' "/proc/$(front vs1)/cgroup")"
is 'their processes are where the fence and the limits are' /vsd/vs1 \
	"$(sed -n 's/^0:://p' "/proc/$(init vs1)/cgroup")"

# --- logind ---
uid=$(id -u alice@vs1)
is 'alice logs in' "$uid" "$(vssh alice@10.77.0.1 id -u)"
is 'her session is in her server' vs1 "$(vssh alice@10.77.0.1 hostname)"
vssh alice@10.77.0.1 'mkdir -p ~/.config/systemd/user/default.target.wants
	printf "[Service]\nExecStart=/bin/touch /tmp/ran-on-the-host\n" >~/.config/systemd/user/evil.service
	ln -s ../evil.service ~/.config/systemd/user/default.target.wants/'
# Processes of the ranges that are in no server's cgroup.
strays() {
	for p in $(pgrep -U "$(seq -s, 2000000 2000399)"); do
		grep -q /vsd/vs "/proc/$p/cgroup" || tr '\0' ' ' <"/proc/$p/cmdline"
	done
}
vssh alice@10.77.0.1 sleep 3 &
vssh root@127.0.0.1 sleep 3 &
sleep 1.5
is 'no process of a range is outside its server' '' "$(strays)"
has 'logind knows of a session of root' "$(loginctl list-users --no-legend)" root
lacks 'and of none of hers' "$(loginctl list-users --no-legend)" "$uid"
refused 'no user manager of hers runs on the host' systemctl is-active "user@$uid"
check 'nor has she a folder in the host'\''s /run/user' test ! -e "/run/user/$uid"
wait
check 'a unit of hers did not run' test ! -e /tmp/ran-on-the-host

# The same without what keeps pam_systemd and systemd-user from her, and with a logind that
# may see her home: all of the above would notice.
cp -a /etc/pam.d /tmp/pam.d
sed -i '/^session.*pam_vsd/d' /etc/pam.d/sshd
sed -i '/pam_vsd/d' /etc/pam.d/common-*
mkdir -p /run/systemd/system/systemd-logind.service.d
printf '[Service]\nProtectHome=no\n' >/run/systemd/system/systemd-logind.service.d/lab.conf
systemctl daemon-reload
systemctl restart systemd-logind
vssh alice@10.77.0.1 id >/dev/null 2>&1
for _ in $(seq 50); do
	[ ! -e /tmp/ran-on-the-host ] || break
	sleep 0.1
done
check 'without those lines her unit runs on the host (so that is the wall)' test -e /tmp/ran-on-the-host
has 'and logind knows her' "$(loginctl list-users --no-legend)" "$uid"
has 'and a process of hers is seen outside' "$(strays)" systemd
cp -a /tmp/pam.d/. /etc/pam.d/
systemctl stop "user@$uid"
rm -r /run/systemd/system/systemd-logind.service.d
systemctl daemon-reload
systemctl restart systemd-logind
rm -f /tmp/ran-on-the-host

# --- failures ---
was=$(init vs1)
kill -KILL "$was"
check 'a server that dies is started anew' within 10 sh -c \
	"p=\$(cut -d' ' -f1 /run/vsd/vs1/init) && [ \"\$p\" != $was ] && kill -0 \$p"
check 'and serves' within 5 vssh alice@10.77.0.1 true
was=$(init vs1) stood=$(front vs1)
kill -KILL "$stood"
check 'so is what stands for it' within 10 sh -c \
	"p=\$(systemctl show -p MainPID --value vsd@vs1); [ \"\$p\" != $stood ] && [ \"\$p\" != 0 ]"
is 'while the server itself runs on' "$was" "$(init vs1)"

# --- by hand ---
check 'reload' systemctl reload vsd@vs1
is 'leaves it running' "$was" "$(init vs1)"
check 'stop of one' systemctl stop vsd@vs1
has 'it is stopped' "$(vsboot --status vs1)" 'vs1: stopped'
is 'the other is not' active "$(active vs2)"
refused 'no login to it' vssh alice@10.77.0.1 true
check 'start of one' systemctl start vsd@vs1
check 'it serves when start returns' vssh alice@10.77.0.1 true
vsboot --stop vs1 >/dev/null
check 'stopped by vsboot, the unit ends without a failure' within 5 sh -c \
	'[ "$(systemctl is-active vsd@vs1)" = inactive ]'
check 'started by vsboot' vsboot --start vs1
is 'the unit stands for it' active "$(active vs1)"
check 'by a process of its own' kill -0 "$(front vs1)"
was=$(init vs1)
check 'restarted by vsboot' vsboot --restart vs1
is 'the unit follows' active "$(active vs1)"
[ "$(init vs1)" != "$was" ]
tap_result $? 'a server that is another'
check 'started and stopped at once' sh -c 'vsboot --stop vs1 && vsboot --start vs1 && vsboot --stop vs1'
check 'the unit has ended' within 30 sh -c '[ "$(systemctl is-active vsd@vs1)" = inactive ]'
sleep 1
has 'and it stays stopped' "$(vsboot --status vs1)" 'vs1: stopped'
mv /run/systemd/system /run/systemd/away
check 'where systemd does not run, vsboot does' vsboot --start vs1
mv /run/systemd/away /run/systemd/system
is 'alone' inactive "$(active vs1)"
vsboot --stop vs1 >/dev/null
check 'service vsd start' service vsd start
check 'starts what is missing, and returns when that serves' vssh alice@10.77.0.1 true
vsboot --stop vs1 >/dev/null
check 'once more' service vsd start
check 'does it again' vssh alice@10.77.0.1 true
systemctl stop vsd@vs1
check 'the target' systemctl start vsd.target
check 'does it too' vssh alice@10.77.0.1 true
check 'the eighth start in ten seconds is like the first' sh -c \
	'for n in 1 2 3 4 5 6 7 8; do systemctl stop vsd@vs1 && systemctl start vsd@vs1 || exit; done'
is 'it runs' active "$(active vs1)"
check 'service vsd stop' service vsd stop
check 'stops all' within 20 sh -c '! vsboot --status | grep -q running'
check 'and takes their addresses down' within 5 sh -c '! ip -o addr | grep -q 10.77.0'
check 'and their redirects' within 20 sh -c '! vsredirect --list | grep -q .'
vsdadm vs_disable localhost vs2 >/dev/null
systemctl daemon-reload
check 'start again' systemctl start vsd.target
is 'redirects, too' 3 "$(vsredirect --list | wc -l)"
is 'but for a disabled one' 'active inactive' "$(active vs1) $(active vs2)"
for vs in vs2 nosuch; do
	refused "which cannot be started: $vs" systemctl start "vsd@$vs"
	is 'and is not tried again' failed "$(active $vs)"
done
done_testing
