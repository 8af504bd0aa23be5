#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd --vsftpd
# seconds: 400
# A server in which everything that its people can write was chosen to hurt, and every
# tool of the host run on it: nothing outside changes, and nothing waits.
# shellcheck disable=SC2154 # lib/ftp.sh assigns what is not here
. "$LAB_DIR/lib/tap.sh"
. "$LAB_DIR/lib/ftp.sh"
vs=/home/vsd/vs
v=$vs/vs1
make -s -C "$LAB_TOP" escape-probe || exit
for n in vs1 vs2; do
	install -m 0755 "$LAB_TOP/build/tests/escape/escape" $vs/$n/etc/escape
done

# What must stay as it is: names that a link followed outside would lead to.
mkdir -p /escape/.ssh /escape/public_html
for f in victim .profile .bashrc passwd .ssh/authorized_keys; do
	echo "keep $f" >/escape/$f
done
chmod -R go+rX /escape
cp -a /escape /root/escape
outside() {
	find /escape /root $vs/vs2 /home/vsd/skel /etc /usr/sbin /var/spool -xdev \
		-path /etc/vsd -prune -o -path /etc/vsd.conf -prune -o -path /var/spool/vsd -prune -o \
		-path $vs/vs2/var/log -prune -o -path '*/.ash_history' -prune -o ! -name '*.tar' ! -type s \
		-printf '%p %y %m %U %G %s %T@ %l\n' | grep -v -e ' /etc d' -e "^/root d" -e '^/etc/mtab' | sort
}

# ms COMMAND...: how long it takes, in milliseconds; its output in /tmp/ms.out
ms() {
	ms_start=$(date +%s%N)
	timeout 60 "$@" >/tmp/ms.out 2>&1 </dev/null
	ms_status=$?
	ms_took=$((($(date +%s%N) - ms_start) / 1000000))
}

# The same on vs2, which nobody has harmed, says what is slow anyway.
quick() { # NAME COMMAND...: NAME of the server stands as @ in it
	quick_name=$1
	shift
	ms sh -c "$(echo "$*" | sed 's/@/vs2/g; s/10\.77\.0\.N/10.77.0.2/g; s/%/2/g')"
	quick_base=$ms_took
	ms sh -c "$(echo "$*" | sed 's/@/vs1/g; s/10\.77\.0\.N/10.77.0.1/g; s/%/1/g')"
	[ $ms_took -lt $((quick_base * 4 + 1500)) ]
	tap_result $? "$quick_name: waits for nobody" "$ms_took ms, the other server $quick_base ms: $(tail -n 3 /tmp/ms.out)"
	[ $ms_status -lt 124 ]
	tap_result $? "$quick_name: ends by itself" "status $ms_status"
}

# --- the harm, by the server's own people ---
cat >$v/etc/harm <<'H'
cd /home/alice || exit
rm -rf .ssh .profile .bashrc
ln -s /escape/.ssh .ssh
ln -s /escape/.profile .profile
mkfifo .bashrc .forward .pam_environment .hushlogin .k5login mbox
ln -s /escape/victim victim
ln -s /escape public_html
ln -s . loop
mkdir many odd dark
(cd many && for i in $(seq 3000); do : >"$i"; done)
cd odd || exit
: >'$(touch /escape/pwned)'; : >'`touch /escape/pwned`'; : >'; touch /escape/pwned'; : >-rf; : >'--reference=x'
: >"$(printf 'new\nline')"; : >"$(printf '\033]0;pwned\007\033[2J')"; : >"$(printf '\377\376')"; : >' '; : >'*'; : >'\'
: >"$(printf 'x%.0s' $(seq 255))"
mkfifo fifo; ln -s fifo to-fifo; ln -s /dev/zero zero; ln -s /proc/self/root root
cd ../dark && mkdir in && chmod 0 in && chmod 0 ../dark
H
cat >$v/etc/harm.admin <<'H'
cd /root || exit
rm -rf .ssh .bashrc .profile
mkfifo .bashrc .profile .vimrc
ln -s /root/escape/.ssh .ssh
ln -s /root/escape links
truncate -s 200M huge
mkfifo /home/carol /tmp/fifo
ln -s /escape /home/dave
ln -s /escape /home/erin
rm -rf /home/httpd /home/web
ln -s /escape /home/web
mkfifo /home/httpd
for f in /etc/httpd/conf/*; do rm -f "$f"; mkfifo "$f"; done
ln -s /escape/passwd /tmp/passwd
mkdir -p /root/deep
cd /root/deep && for i in $(seq 1500); do mkdir d && cd -P d || break; done
for s in one two; do rm -rf /etc/service/$s; done
mkfifo /etc/service/fifo 2>/dev/null
ln -s /escape /etc/service/link 2>/dev/null
ln -s /escape/victim /run/httpd.pid; mkfifo /run/fifo
H
bevs -u alice vs1 sh /etc/harm </dev/null >/tmp/harm.out 2>&1
bevs vs1 sh /etc/harm.admin </dev/null >>/tmp/harm.out 2>&1
check 'it is planted' sh -c "[ -p $v/home/carol ] && [ -L $v/home/alice/.ssh ] && [ -d $v/root/deep/d/d/d ]"
bevs -u alice vs1 /etc/escape hold /home/alice /home/alice/many/1 /etc/passwd /etc/shadow /etc/group /etc/vsd/priv / /etc \
	/usr/bin/env </dev/null >/tmp/held 2>&1 &
bevs vs1 sh -c 'exec /etc/escape hold /root /home /root/huge /tmp /home/bob /home/bob/.profile /run /etc/vsd' </dev/null >/tmp/held2 2>&1 &
wait_for /tmp/held
wait_for /tmp/held2
is 'who goes by path is led out' 'keep victim' "$(cat $v/home/alice/victim)"
timeout 1 cat $v/home/alice/.bashrc >/dev/null 2>&1
is 'and who opens what is there waits' 124 $?
timeout 1 flock $v/home/alice true
is 'as does who locks it' 124 $?
outside >/tmp/before

# --- every tool that looks ---
quick 'getent passwd' 'getent passwd >/dev/null; getent passwd alice@@; getent group alice@@; getent shadow alice@@; id alice@@'
quick 'ls' 'ls -la /home/vsd/vs/@/home /home/vsd/vs/@/home/* /home/vsd/vs/@/root | tail -n 1'
quick 'vs_list' 'vsdadm vs_list localhost; vsdadm vs_info localhost @'
quick 'user_list' 'vsdadm user_list localhost @; vsdadm priv_list localhost @'
quick 'vs_verify' 'vsdadm vs_verify localhost @'
quick 'check' 'vsdadm check localhost; : @'
quick 'vsboot --status' 'vsboot --status @'
quick 'vsd-refreshskel --dry-run' 'vsd-refreshskel --dry-run; : @'

# --- that log in ---
quick 'ssh with a key' 'ssh -i "$LAB_KEY" -o BatchMode=yes alice@10.77.0.N true; true'
quick 'su' 'su alice@@ -c true'
quick 'bevs' 'bevs @ true; bevs -u alice @ true; bevs -r @ true'
quick 'ftp' "curl -sS -m 20 -u alice:lab-alice-vs% ftp://10.77.0.N/ >/dev/null; true"
lacks 'ssh never takes the keys that a link outside leads to' "$(vssh alice@10.77.0.1 id 2>&1)" uid=

# --- while the home of one who logs in is something else, and /run and /dev/shm are full of it ---
bevs vs1 sh -c 'mv /home/bob /home/bob.was; cd /run; mkfifo utmp.x motd nologin crond.pid; ln -s /escape/victim sshd.pid
	cd /dev/shm && mkfifo sem.x && ln -s /escape/victim link' </dev/null >/dev/null 2>&1
for home in 'ln -s /escape' 'ln -s bob' mkfifo 'mkdir -m 0' 'touch'; do
	bevs vs1 sh -c "rm -rf /home/bob; $home /home/bob" </dev/null >/dev/null 2>&1
	lacks "a home by $home is there" "$(stat -c '%F %a' $v/home/bob 2>&1)" 'directory 7'
	lacks 'and nothing else' "$(stat -c %F $v/home/bob 2>&1)" 'No such'
	quick "logins to a home by $home" 'ssh -i "$LAB_KEY" -o BatchMode=yes bob@10.77.0.N true; su bob@@ -c true; bevs -u bob @ true
		curl -sS -m 20 -u bob:lab-bob-vs% -T /etc/hostname ftp://10.77.0.N/put >/dev/null; true'
	quick "tools, with a home by $home" 'id bob@@; vsdadm user_list localhost @; vsdadm user_mod localhost @ bob gecos=B; vsdadm vs_verify localhost @; true'
done
bevs vs1 sh -c 'rm -rf /home/bob; mv /home/bob.was /home/bob' </dev/null >/dev/null 2>&1
refused 'no upload came out' test -e /escape/put

# --- that change it ---
quick 'user_add' 'vsdadm user_add localhost @ carol; vsdadm user_add localhost @ dave; vsdadm user_add localhost @ frank; true'
quick 'user_mod' 'vsdadm user_mod localhost @ alice gecos=Other; true'
quick 'user_passwd' 'echo lab-new | vsdadm user_passwd localhost @ bob'
quick 'priv_set' 'vsdadm priv_set localhost @ bob ftp off'
quick 'vs_set' 'vsdadm vs_set localhost @ max_sessions=20'
quick 'user_del' 'vsdadm user_del localhost @ dave; vsdadm user_del localhost @ frank; vsdadm user_del localhost @ alice; true'
# vs2 is worked on as well, to compare: what the tools did there is theirs to do
same() { # NAME
	is "$1: nothing outside is changed" '' "$(outside | diff /tmp/before - | grep '^[<>]' | grep -v "^. $vs/vs2")"
	refused "$1: no name was run" test -e /escape/pwned
}
same 'users'

# --- while a link comes and goes where a home is made and removed ---
bevs vs1 sh -c 'while :; do rm -rf /home/racer; ln -s /escape /home/racer; rm -f /home/racer; mkdir /home/racer; ln -s /escape /home/racer/x; mv /home/racer /home/r2 2>/dev/null; ln -s /escape /home/racer; rm -rf /home/r2; done' </dev/null >/dev/null 2>&1 &
racer=$!
for _ in $(seq 40); do
	vsdadm user_add localhost vs1 racer >/dev/null 2>&1
	vsdadm user_del localhost vs1 racer >/dev/null 2>&1
done
kill $racer
same 'a race'

# --- that take all of it ---
quick 'vs_export' 'rm -f /root/@.tar; vsdadm vs_export localhost @ /root/@.tar; true'
quick 'vs_copy' 'vsdadm vs_copy localhost @ @x 10.77.0.3% @x.example.test; vsd-vsbatch'
quick 'vsd-refreshskel' 'echo "# @" >>/etc/freevsd.conf; vsd-refreshskel; true'
sed -i '/^# vs[12]$/d' /etc/freevsd.conf
quick 'vsboot --restart' 'vsboot --restart @'
quick 'vs_delete' 'vsdadm vs_delete localhost @; vsd-vsbatch'
refused 'it is gone' test -e $v
is 'no process of it is left' '' "$(pgrep -U "$(seq -s, 2000000 2000199)")"
is 'nothing outside is changed' '' "$(outside | diff /tmp/before - | grep '^[<>]' |
	grep -v -e "^. $vs/vs2" -e '^. /home/vsd/skel' -e '^. /etc/freevsd.conf' -e '^. /etc d ')"
refused 'no name was run' test -e /escape/pwned
done_testing
