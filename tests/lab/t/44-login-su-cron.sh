#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd --with login
# telnetd and login, su, runuser, sudo, cron, atd, and services that nobody listed.
. "$LAB_DIR/lib/tap.sh"
. "$LAB_DIR/lib/telnet.sh"
vs=/home/vsd/vs
useradd -m hosty
echo hosty:lab-hosty | chpasswd

# ---- telnet: inetd, telnetd, login
telnet_start
vsdadm priv_set localhost vs1 alice telnet on
if telnet_enters; then
	out=$(telnet_as 10.77.0.1 alice lab-alice-vs1 'id; hostname; pwd; ls -d /etc/vsd/p*; echo $HOME; ps ax')
	has 'telnet: alice' "$out" 'uid=2000001(alice)'
	has 'telnet: in the VS' "$out" '
vs1
/home/alice
/etc/vsd/priv
/home/alice'
	lacks 'telnet: no process of the host is seen' "$out" inetd
	has 'telnet: qualified' "$(telnet_as 10.77.0.2 admin@vs2 lab-admin-vs2 hostname)" vs2
else
	skip 'telnet: a VS user' 'the login of util-linux opens its terminal by name after the session'
fi
refused 'telnet: without the right' telnet_as 10.77.0.1 bob lab-bob-vs1 id
logs 'telnet: the log says why' 'user=bob vs=vs1 service='
refused 'telnet: a host user at a VS'\''s address' telnet_as 10.77.0.1 hosty lab-hosty id
has 'telnet: at the host'\''s' "$(telnet_as 10.88.0.1 hosty lab-hosty 'id -un')" hosty
refused 'telnet: a bare VS name at the host'\''s' telnet_as 10.88.0.1 alice lab-alice-vs1 id
refused 'login on a terminal knows no bare name' sh -c 'echo lab-alice-vs1 | timeout 10 login alice </dev/null'

# ---- su, runuser
is 'su' '2000001 /' "$(su alice@vs1 -c 'echo $(id -u) $(pwd)')"
is 'su -l' '2000001 /home/alice vs1' "$(su - alice@vs1 -c 'echo $(id -u) $(pwd) $(hostname)')"
is 'su: the exit status' 7 "$(su alice@vs1 -c 'exit 7'; echo $?)"
is 'runuser' 2000202 "$(runuser -u bob@vs2 -- id -u)"
is 'runuser -l' '2000200 /root' "$(runuser -l admin@vs2 -c 'echo $(id -u) $(pwd)')"
has 'su by a host user wants the VS'\''s password' "$(PW=lab-alice-vs1 expect -c '
	log_user 0
	spawn -noecho su hosty -c "su alice@vs1 -c hostname"
	expect "assword:" { send -- "$env(PW)\r" }
	expect eof { puts $expect_out(buffer) }')" vs1
su - alice@vs1 -c 'sleep 277' &
for _ in $(seq 50); do
	pgrep -f '^sleep 277' >/dev/null && break
	sleep 0.1
done
has 'what su started is in the VS'\''s cgroup' "$(cat /proc/"$(pgrep -f '^sleep 277' | tail -n 1)"/cgroup)" /vsd/vs1
vsboot --stop vs1 >/dev/null
is 'and ends with the VS' '' "$(pgrep -f '^sleep 277')"
refused 'su to a stopped VS' su alice@vs1 -c id
vsboot --start vs1 >/dev/null

# ---- sudo: refused as shipped, in the VS when vsd.conf lists it
refused 'sudo -u, not listed' sudo -n -u alice@vs1 id
logs 'the log says why' 'vsd.conf has no line service.sudo'
echo 'service.sudo = login' >>/etc/vsd.conf
is 'sudo -u, listed: in the VS' '2000001 vs1' "$(sudo -n -u alice@vs1 sh -c 'echo $(id -u) $(hostname)')"
printf '%%sudo ALL=(ALL) NOPASSWD: ALL\n' >/etc/sudoers.d/lab
echo "sudo:x:2000050:alice" >>$vs/vs1/etc/group
as_sudo() { setpriv --reuid 2000001 --regid 2000001 --groups 2000050 sudo -n id -u; }
refused 'a VS'\''s group sudo is not the host'\''s %sudo' as_sudo
printf '%%sudo\\@vs1 ALL=(ALL) NOPASSWD: ALL\n' >/etc/sudoers.d/lab
is 'by its whole name it would do (so that is the wall)' 0 "$(as_sudo)"
rm /etc/sudoers.d/lab

# ---- cron: @reboot jobs run as it starts
cron_once() { # SERVICE LINE OR NONE
	rm -f /run/crond.reboot /run/crond.pid /tmp/cron-ran $vs/vs1/tmp/cron-ran
	cron
	sleep 1
	pkill -x cron
}
mkdir -p /var/spool/cron/crontabs
echo '@reboot echo $(id -u) $(hostname) >/tmp/cron-ran' >/var/spool/cron/crontabs/alice@vs1
chown 2000001:crontab /var/spool/cron/crontabs/alice@vs1
chmod 0600 /var/spool/cron/crontabs/alice@vs1
sed -i '/^service.cron/d' /etc/vsd.conf
cron_once
refused 'cron, not listed: nothing runs on the host' test -e /tmp/cron-ran
refused 'nor in the VS' test -e $vs/vs1/tmp/cron-ran
logs 'the log says why' 'vsd.conf has no line service.cron' 4
echo 'service.cron = login' >>/etc/vsd.conf
cron_once
is 'cron, listed: in the VS' '2000001 vs1' "$(cat $vs/vs1/tmp/cron-ran)"
refused 'and not on the host' test -e /tmp/cron-ran
cp -p /etc/pam.d/cron /etc/pam.d/common-session-noninteractive /tmp/
sed -i '/BEGIN VSD/,/END VSD/d' /etc/pam.d/cron
cron_once
is 'by the lines that stand for all' '2000001 vs1' "$(cat $vs/vs1/tmp/cron-ran)"
sed -i '/BEGIN VSD/,/END VSD/d' /etc/pam.d/common-session-noninteractive
cron_once
check 'without a session line it would run on the host (so that is the wall)' test -e /tmp/cron-ran
sed -i '1i SHELL=/usr/lib/vsd/vsd-job' /var/spool/cron/crontabs/alice@vs1
cron_once
refused 'but by the shell that vsd-crontabs names' test -e /tmp/cron-ran
cp -p /tmp/cron /tmp/common-session-noninteractive /etc/pam.d/

# ---- atd
mkdir -p /var/spool/cron/atjobs /var/spool/cron/atspool
chown daemon:daemon /var/spool/cron/atjobs /var/spool/cron/atspool
atd
echo 'id -u >/tmp/at-ran' | su hosty -c 'at now' >/dev/null 2>&1
echo 'id -u >/tmp/at-vs' | setpriv --reuid 2000001 --regid 2000001 --clear-groups at now >/dev/null 2>&1
for _ in $(seq 100); do
	[ ! -s /tmp/at-ran ] || break
	sleep 0.1
done
is 'at: a host user'\''s job runs' "$(id -u hosty)" "$(cat /tmp/at-ran)"
sleep 1
refused 'at: a VS user'\''s does not, on the host' test -e /tmp/at-vs
pkill -x atd

# ---- services that nobody listed
for service in dovecot systemd-user cockpit samba atd xdm; do
	[ -e /etc/pam.d/$service ] || cp /etc/pam.d/other /etc/pam.d/$service
	refused "$service: auth" sh -c "echo lab-alice-vs1 | pamtester $service alice@vs1 authenticate"
	refused "$service: account" pamtester $service alice@vs1 acct_mgmt
	refused "$service: session" pamtester $service alice@vs1 open_session
	logs "$service: the log says why" "vsd.conf has no line service.$service"
	check "$service: a host user's account" pamtester $service hosty acct_mgmt
done
done_testing
