#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd
# What people do over ssh, in their virtual server.
. "$LAB_DIR/lib/tap.sh"
vs=/home/vsd/vs/vs1

is 'alice lands in vs1' 'alice 2000001 /home/alice' \
	"$(vssh alice@10.77.0.1 'echo "$(id -un) $(id -u) $(pwd)"')"
is 'admin lands in vs2' 'admin 2000200 /root' \
	"$(vssh admin@10.77.0.2 'echo "$(id -un) $(id -u) $(pwd)"')"
[ "$LAB_ISOLATION" = chroot ] || # the host's, without a uts namespace
	has 'the host name is the VS'\''s' "$(vssh alice@10.77.0.2 hostname)" vs2
is 'the environment is the VS'\''s' '/home/alice alice alice /bin/bash' \
	"$(vssh alice@10.77.0.1 'echo "$HOME $USER $LOGNAME $SHELL"')"
is 'a qualified name by a host address' 'alice 2000201' \
	"$(vssh alice@vs2@10.88.0.1 'echo "$(id -un) $(id -u)"')"

is 'the exit status comes back' 7 "$(vssh alice@10.77.0.1 'exit 7'; echo $?)"
is 'stdin and stdout are whole' "$(head -c 300000 /usr/bin/ssh | md5sum)" \
	"$(head -c 300000 /usr/bin/ssh | vssh alice@10.77.0.1 cat | md5sum)"

is 'password' alice "$(pwssh password alice@10.77.0.1 lab-alice-vs1 'id -un' | tail -n 1)"
is 'a qualified name and password' alice \
	"$(pwssh password alice@vs1@10.88.0.1 lab-alice-vs1 'id -un' | tail -n 1)"
lacks 'the password of the other VS' \
	"$(pwssh password alice@10.77.0.2 lab-alice-vs1 'id -u')" 20002
more_sshd 2201 -o KbdInteractiveAuthentication=yes
is 'keyboard-interactive' bob \
	"$(pwssh keyboard-interactive bob@10.77.0.1 lab-bob-vs1 'id -un' -p 2201 | tail -n 1)"

is 'a terminal of the VS'\''s own' /dev/pts/0 "$(vssh -tt alice@10.77.0.1 tty 2>/dev/null | tr -d '\r')"
is 'which the host does not have' 0 "$(vssh -tt alice@10.77.0.1 'sleep 1' >/dev/null 2>&1 & sleep .5
	ls /dev/pts | grep -c '^[0-9]'; wait)"
cat >/tmp/job.exp <<'X'
set timeout 15
spawn -noecho ssh -i $env(LAB_KEY) -tt alice@10.77.0.1
expect "$ "
send "cat\r"; send "\x1a"
expect "Stopped"
send "kill %1; echo job-\$((40+2))\r"
expect "job-42"
send "sleep 60\r"; sleep 0.3; send "\x03"
send "echo int-\$((40+2))\r"
expect "int-42"
send "exit 5\r"
expect eof
exit [lindex [wait] 3]
X
check 'job control' sh -c 'expect /tmp/job.exp; [ $? -eq 5 ]'

echo content >/tmp/up
check 'scp by sftp' scp -q -i "$LAB_KEY" -o BatchMode=yes /tmp/up alice@10.77.0.1:new
check 'scp by scp' scp -q -O -i "$LAB_KEY" -o BatchMode=yes /tmp/up alice@10.77.0.1:old
is 'both are alice'\''s' '2000001 2000001' "$(stat -c %u $vs/home/alice/new $vs/home/alice/old | xargs)"
check 'scp back' sh -c 'scp -q -i "$LAB_KEY" -o BatchMode=yes alice@10.77.0.1:new /tmp/down && cmp /tmp/up /tmp/down'
has 'sftp sees the VS'\''s root' "$(echo 'ls -1 /home' | sftp -b - -i "$LAB_KEY" alice@10.77.0.1 2>&1)" /home/alice
echo 'put /tmp/up internal' | sftp -b - -i "$LAB_KEY" alice@10.77.0.1 >/dev/null 2>&1
more_sshd 2202 -o ForceCommand=internal-sftp
has 'internal sftp' "$(echo 'pwd' | sftp -b - -P 2202 -i "$LAB_KEY" alice@10.77.0.1 2>&1)" /home/alice
has 'internal sftp sees the VS only' "$(echo 'ls -1 /etc/vsd' | sftp -b - -P 2202 -i "$LAB_KEY" alice@10.77.0.1 2>&1)" priv
lacks 'and not the host' "$(echo 'ls -1 /etc/vsd' | sftp -b - -P 2202 -i "$LAB_KEY" alice@10.77.0.1 2>&1)" servers
more_sshd 2203 -o 'ForceCommand=echo forced as $(id -un)'
is 'ForceCommand' 'forced as alice' "$(vssh -p 2203 alice@10.77.0.1 ignored)"

for tool in rsync git; do
	[ -f "$vs/usr/bin/$tool" ] && command -v $tool >/dev/null || {
		skip "$tool over ssh" "no $tool"
		continue
	}
	case $tool in
	rsync) check 'rsync over ssh' rsync -e "ssh -i $LAB_KEY -o BatchMode=yes" /tmp/up alice@10.77.0.1:rsynced ;;
	git)
		vssh alice@10.77.0.1 'git init -q --bare r.git'
		cd /tmp || exit 1 # git looks at the folder that it is called in
		check 'git over ssh' env GIT_SSH_COMMAND="ssh -i $LAB_KEY -o BatchMode=yes" \
			git ls-remote alice@10.77.0.1:r.git
		export GIT_SSH_COMMAND="ssh -i $LAB_KEY -o BatchMode=yes"
		git init -q r && git -C r -c user.name=lab -c user.email=lab@example.test \
			commit -q --allow-empty -m first
		check 'git push' git -C r push -q alice@10.77.0.1:r.git HEAD:refs/heads/main
		is 'the commit is in the VS' "$(git -C r rev-parse HEAD)" \
			"$(vssh alice@10.77.0.1 'git -C r.git rev-parse main')"
		is 'and alice'\''s' 2000001 "$(stat -c %u $vs/home/alice/r.git/refs/heads/main)"
		vssh alice@10.77.0.1 'git -C r.git symbolic-ref HEAD refs/heads/main'
		check 'git clone' git clone -q alice@10.77.0.1:r.git cloned
		is 'brings it back' "$(git -C r rev-parse HEAD)" "$(git -C cloned rev-parse HEAD)"
		refused 'git does not reach the other VS' git clone -q alice@10.77.0.1:/home/vsd/vs/vs2/root x
		;;
	esac
done

# It names owners from what nss_vsd took along, of a list that it does not keep whole at once.
cp $vs/etc/passwd /tmp/passwd
seq 100 199 | sed 's,.*,many&:x:2000&:2000001:one of many:/home/many&:/bin/sh,' >>$vs/etc/passwd
for u in admin alice; do
	homes=$(echo 'ls -l /home' | sftp -b - -P 2202 -i "$LAB_KEY" $u@10.77.0.1 2>&1)
	has "internal sftp names owners to $u" "$homes" bob@vs1
	lacks "and numbers nobody to $u" "$homes" 20000
done
cat /tmp/passwd >$vs/etc/passwd

# sshd's own sftp never execs: no descriptor of the host's may be left in it.
(sleep 2) | sftp -P 2202 -i "$LAB_KEY" alice@10.77.0.1 >/dev/null 2>&1 &
client=$!
sleep 1
fds=$(for p in $(pgrep -U 2000001); do ls -l "/proc/$p/fd"; done)
has 'internal sftp holds descriptors' "$fds" socket:
lacks 'none of the tree as the host sees it' "$fds" /home/vsd
lacks 'none of the session count' "$fds" /run/vsd
wait $client

printf 'echo rc-ran-as-$(id -u) >/tmp/rc\n' >$vs/home/alice/.ssh/rc
chown 2000001:2000001 $vs/home/alice/.ssh/rc
vssh alice@10.77.0.1 true
is '~/.ssh/rc runs in the VS' rc-ran-as-2000001 "$(vssh alice@10.77.0.1 cat /tmp/rc)"
refused 'and leaves nothing on the host' test -e /tmp/rc
rm -f $vs/home/alice/.ssh/rc

eval "$(ssh-agent -s)" >/dev/null
ssh-add -q "$LAB_KEY" 2>/dev/null
has 'agent forwarding' "$(vssh -A alice@10.77.0.1 'test -S "$SSH_AUTH_SOCK" && echo "$SSH_AUTH_SOCK"')" /tmp/ssh-
if [ -f $vs/usr/bin/ssh-add ]; then
	key=$(ssh-keygen -lf "$LAB_KEY.pub")
	is 'the agent lists its key in the VS' "$key" "$(vssh -A alice@10.77.0.1 'ssh-add -l' 2>&1)"
	lacks 'and without -A nothing does' "$(vssh alice@10.77.0.1 'ssh-add -l' 2>&1)" "$key"
	vssh -A alice@10.77.0.1 'echo "$SSH_AUTH_SOCK" >/tmp/agent; sleep 3' &
	client=$!
	sleep 1
	cp -Rp $vs/home/alice/.ssh $vs/home/bob/.ssh && chown -R 2000002:2000002 $vs/home/bob/.ssh
	has 'nor for another user of the VS' \
		"$(vssh bob@10.77.0.1 'SSH_AUTH_SOCK=$(cat /tmp/agent) ssh-add -l' 2>&1)" 'Permission denied'
	wait $client
else
	skip 'ssh-add in the VS' 'none in the skeleton'
fi
kill "$SSH_AGENT_PID"

vssh -MNf -o ControlPath=/tmp/cm alice@10.77.0.1
is 'ControlMaster: two sessions of one login' 'alice alice' \
	"$(for i in 1 2; do vssh -S /tmp/cm alice@10.77.0.1 id -un; done | xargs)"
vssh -S /tmp/cm -O exit alice@10.77.0.1 2>/dev/null

vssh alice@10.77.0.1 'sleep 271 & wait' &
client=$!
sleep 1
has 'ps in the VS shows the VS' "$(vssh alice@10.77.0.1 'ps ax')" 'sleep 271'
lacks 'and nothing of the host' "$(vssh admin@10.77.0.1 'ps ax')" sshd
lacks 'and nothing of the other VS' "$(vssh admin@10.77.0.2 'ps ax')" 'sleep 271'
has 'the session is in the VS'\''s cgroup' "$(cat "/proc/$(pgrep -f '^sleep 271')/cgroup")" /vsd/vs1
[ "$LAB_ISOLATION" = chroot ] || is 'and in no host namespace' '' \
	"$(for n in mnt pid uts ipc; do [ "$(readlink "/proc/$(pgrep -f '^sleep 271')/ns/$n")" != "$(readlink /proc/self/ns/$n)" ] || echo $n; done)"
pkill -f '^sleep 271'
wait $client 2>/dev/null

done_testing
