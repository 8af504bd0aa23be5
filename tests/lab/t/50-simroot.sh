#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd
# Simulated root: stock commands with power over the server's files, and no more.
. "$LAB_DIR/lib/tap.sh"
vs=/home/vsd/vs
admin() { vssh admin@10.77.0.1 "$@"; }
alice() { vssh alice@10.77.0.1 "$@"; }
guest=/usr/lib/vsd/vsd-guest

# ---- who one is, and what is seen
is 'simroot: admin, not root' 'admin 2000000 2000000' "$(admin 'simroot id -un; simroot id -u; simroot id -g' | xargs)"
is 'its five capabilities' 000000000000001f "$(admin simroot sed -n '"s/^CapEff:\t//p"' /proc/self/status)"
is 'no new privileges' 1 "$(admin simroot sed -n '"s/^NoNewPrivs:\t//p"' /proc/self/status)"
is "root's files list as root's" 'root root' "$(admin 'ls -ld /etc' | awk '{ print $3, $4 }')"
is 'ls is the wrapped one' /usr/lib/vsd/admin/ls "$(admin 'command -v ls')"
is 'in a login shell too' /usr/lib/vsd/admin/ls "$(echo 'command -v ls' | admin bash -l)"
is 'and not for alice' /usr/bin/ls "$(alice 'command -v ls')"

# ---- what it can do
alice 'mkdir -m 0700 private; echo a >private/f; chmod 0600 private/f; mkdir -p tree/deep; chmod 0700 tree; echo x >tree/deep/x'
is "read alice's 0600 file" a "$(admin 'cat /home/alice/private/f')"
is 'by the place of the wrapped one' a "$(admin '/usr/lib/vsd/admin/cat /home/alice/private/f')"
check 'edit it' admin 'simroot sh -c "echo b >>/home/alice/private/f"'
is 'access(2) says that it can be written' True \
	"$(admin 'simroot python3 -c "import os; print(os.access(\"/home/alice/private/f\", os.W_OK))"')"
is 'and that /etc/passwd cannot' False "$(admin 'simroot python3 -c "import os; print(os.access(\"/etc/passwd\", os.W_OK))"')"
is 'it stays hers' '2000001 600 2' "$(admin 'simroot stat -c "%u %a" /home/alice/private/f; simroot sh -c "wc -l </home/alice/private/f"' | xargs)"
is 'a redirection alone has no power' 1 "$(admin 'echo >/home/alice/private/f' 2>/dev/null; echo $?)"
check 'mkdir, touch, cp, ln, mv, rmdir in her folder' admin 'd=/home/alice/private; mkdir $d/d && touch $d/t && cp $d/f $d/g && ln $d/g $d/h && mv $d/h $d/i && rmdir $d/d'
check 'recursive chown' admin 'chown -R bob:bob /home/alice/tree'
is 'it is bob'\''s' '2000002 2000002' "$(stat -c '%u %g' $vs/vs1/home/alice/tree/deep/x)"
check 'chmod and chgrp' admin 'chgrp alice /home/alice/tree/deep && chmod 2750 /home/alice/tree/deep'
is 'a setgid folder' '2750 2000001' "$(stat -c '%a %g' $vs/vs1/home/alice/tree/deep)"
check 'tar of all homes with owners' admin 'tar -C / -cf /root/homes.tar home/alice home/bob'
check 'and out again' admin 'mkdir /root/out && tar -C /root/out -xpf /root/homes.tar'
is 'owners kept' '2000001 2000002' "$(stat -c %u $vs/vs1/root/out/home/alice/private/f $vs/vs1/root/out/home/bob | xargs)"
check 'rsync of all homes' admin 'simroot rsync --super -a /home/alice /home/bob /root/copy/'
is 'owners kept' 2000001 "$(stat -c %u $vs/vs1/root/copy/alice/private/f)"
check 'find and du see all' admin 'find /home/alice/private -name f | grep -q f && du -s /home/alice/private'
check 'rm -r of a 0700 tree' admin 'rm -r /home/alice/tree /root/out /root/copy'
check 'sudo is simroot' admin 'sudo cat /home/alice/private/f'
check 'with options of sudo' admin 'sudo -n -E -u root -- cat /home/alice/private/f'
is 'sudo -i' 'admin /root' "$(echo 'echo $(id -un) $(pwd)' | admin sudo -i)"
is 'sudo -s' admin "$(echo 'id -un' | admin sudo -s)"
is 'sudo -u USER' 'alice 2000001 /home/alice alice' "$(admin 'sudo -u alice sh -c "echo \$(id -un) \$(id -g) \$HOME \$USER"')"
is 'without power' 0000000000000000 "$(admin sudo -u alice sed -n '"s/^CapEff:\t//p"' /proc/self/status)"
is 'in her groups' 'alice bob' "$(bevs vs1 sudo gpasswd -a alice bob >/dev/null; admin sudo -u alice id -Gn)"
is 'sudo -u USER -i' '/home/alice alice' "$(echo 'echo $(pwd) $(id -un)' | admin sudo -u alice -i)"
refused "another's file is not hers" admin 'sudo -u bob cat /home/alice/private/f'
for u in nobody root2 0 2000001 '../x' "''"; do refused "sudo -u $u" admin "sudo -u $u true"; done
refused 'not alice' alice 'sudo -u bob true'
admin 'sudo gpasswd -d alice bob' >/dev/null
check 'a setgid folder' admin 'simroot install -d -m 2770 -g bob /home/alice/shared && touch /home/alice/shared/f'
is 'gives its group on' '2000002 2770' "$(stat -c %g $vs/vs1/home/alice/shared/f) $(stat -c %a $vs/vs1/home/alice/shared)"
check 'an ACL' admin 'simroot setfacl -m u:bob:r /home/alice/private/f && simroot setfacl -m u:bob:x /home/alice/private'
has 'which is there' "$(admin simroot getfacl -p /home/alice/private/f)" user:bob:r--
is 'and lets bob in' a "$(bevs -u bob vs1 head -n 1 /home/alice/private/f)"
check 'taken away' admin 'simroot setfacl -b /home/alice/private/f /home/alice/private'
refused 'bob is out' bevs -u bob vs1 cat /home/alice/private/f
check 'a default one' admin 'simroot setfacl -d -m u:bob:rwx /home/alice/private && touch /home/alice/private/new'
has 'is handed down' "$(admin simroot getfacl -p /home/alice/private/new)" user:bob:
refused 'not one for root' admin 'simroot setfacl -m u:0:r /home/alice/private/f'
refused 'nor for a user of another server' admin 'simroot setfacl -m u:2000200:r /home/alice/private/f'
refused "nor on root's file" admin 'simroot setfacl -m u:alice:rw /etc/passwd'
check 'a wrapped command within simroot' admin 'simroot bash -c "PATH=/usr/lib/vsd/admin:/usr/bin; ls /home/alice/private"'
check 'sudo within sudo' admin 'sudo sudo simroot ls /home/alice/private'

# ---- what it cannot
refused 'write a shared file' admin 'simroot sh -c "echo x >>/usr/bin/env"'
refused 'remove one' admin 'rm -f /usr/bin/env'
refused 'remove /etc/passwd' admin 'rm -f /etc/passwd'
refused 'write /etc/passwd' admin 'simroot sh -c "echo x >>/etc/passwd"'
refused 'read /etc/shadow' admin 'cat /etc/shadow'
refused 'give to root' admin 'chown root /home/alice/private/f'
refused 'give to another server' admin 'chown 2000200 /home/alice/private/f'
refused 'make a device' admin 'simroot mknod /root/d c 1 3'
refused 'mount' admin 'simroot mount -t tmpfs t /mnt'
refused 'chroot' admin 'simroot chroot / true'
refused 'become root' admin 'simroot setpriv --reuid 0 true'
refused 'become alice' admin 'simroot setpriv --reuid 2000001 true'
if [ "$LAB_ISOLATION" = full ]; then # no promise of the other, which has no mount there
	refused 'move the folder that makes host paths right' admin 'mv /home/vsd /home/x'
fi
refused 'a user namespace in it' admin 'simroot unshare -U true'

# ---- as if it were not there
is 'the exit status' 7 "$(admin 'simroot sh -c "exit 7"'; echo $?)"
is 'death by a signal' 143 "$(admin 'simroot sh -c "kill -TERM \$\$"; echo $?')"
is 'no such command' 127 "$(admin 'simroot nosuch' 2>/dev/null; echo $?)"
is 'not a program' 126 "$(admin 'simroot /etc/passwd' 2>/dev/null; echo $?)"
is 'the working folder' /home "$(admin 'cd /home && simroot pwd')"
is 'standard input' in "$(echo in | admin simroot cat)"
is 'standard error' err "$(admin 'simroot sh -c "echo err >&2"' 2>&1 >/dev/null)"
is 'another descriptor' sub "$(admin 'bash -c "cat <(echo sub)"')"
is 'the environment' there "$(admin 'X=there simroot sh -c "echo \$X"')"
is 'the umask' 0027 "$(admin 'umask 027; simroot sh -c umask')"
is 'limits' 77 "$(admin 'ulimit -n 77; simroot sh -c "ulimit -n"')"
is 'an ignored signal' yes "$(admin 'trap "" INT; simroot sh -c "kill -INT \$\$; echo yes"')"
is 'one process, the caller'\''s' same "$(admin 'sh -c "echo \$\$ >/tmp/p; exec simroot sh -c \"[ \\\$\\\$ = \\\$(cat /tmp/p) ] && echo same\""')"
is 'the terminal: ^C, ^Z, fg' 'size 24 80 stopped resumed interrupted' "$(expect -c '
	log_user 0
	set timeout 20
	spawn -noecho ssh -tt -i $env(LAB_KEY) admin@10.77.0.1
	expect "\\$ " { send "PS1=R; stty rows 24 cols 80; stty -echo; simroot stty size | sed s/^/size=/\r" }
	set got ""
	expect -re {size=(\d+) (\d+)} { append got "size $expect_out(1,string) $expect_out(2,string)" }
	send "simroot sh -c \"echo go1; sleep 30\"\r"
	expect "go1" { sleep 0.3; send "\032" }
	expect "Stopped" { append got " stopped"; send "fg\r" }
	expect "simroot sh" { append got " resumed"; sleep 0.3; send "\003"; sleep 0.3; send "echo st=\$?\r" }
	expect "st=130" { append got " interrupted" }
	send "exit\r"
	expect eof
	puts "$got"; exit')"

# ---- who may
refused 'not alice' alice 'simroot true'
has 'and why' "$(alice simroot true 2>&1)" 'only admin may'
refused 'not alice, by the wrapped name' alice '/usr/lib/vsd/admin/cat /home/bob/.profile'
refused 'not on the host' setpriv --reuid 2000000 --regid 2000000 --clear-groups $guest simroot true
refused 'not by the copy of a server on the host' setpriv --reuid 2000000 --regid 2000000 --clear-groups $vs/vs1/usr/lib/vsd/vsd-guest simroot true
if [ "$LAB_ISOLATION" = full ]; then
	pid=$(cut -d' ' -f1 /run/vsd/vs2/init)
	in_vs2() { nsenter -t "$pid" -m -p --root="/proc/$pid/root/vs" setpriv --reuid "$1" --regid "$1" --clear-groups $guest simroot true; }
else
	in_vs2() { chroot --userspec="$1:$1" --groups= $vs/vs2 $guest simroot true; }
	helper=$vs/vs1/run/vsd/lib/vsd-guest
	is 'which is set-id there' "root 4755" "$(stat -c '%U %a' $helper)"
	for id in 2000000 65534; do
		refused "id $id on the host, by the mount on which it is set-id" setpriv --reuid $id --regid $id --clear-groups $helper simroot true
	done
	has 'and by no other way' ",$(findmnt -no OPTIONS -T $vs/vs1/usr/lib/vsd)," ',nosuid,'
	has 'it is read-only' ",$(awk -v d=$vs/vs1/run/vsd/lib '$2 == d { print $4 }' /proc/self/mounts)," ',ro,'
fi
refused "vs1's admin in vs2" in_vs2 2000000
check "vs2's admin there (so that is the wall)" in_vs2 2000200
refused 'an id of nobody' in_vs2 2000999
check 'as root of the server (bevs -r)' bevs -r vs1 cat /home/alice/private/f
is 'a command of the helper, by bevs -r' 2000000 "$(bevs -r vs1 useradd byroot >/dev/null && stat -c %u $vs/vs1/root)"
check 'has made the user' grep -q ^byroot: $vs/vs1/etc/passwd
check 'passwd, without the old one' sh -c 'echo by-the-root-1 | bevs -r vs1 passwd -u admin'
is 'it is the new one' admin "$(PW=by-the-root-1 expect -c '
	log_user 0
	spawn -noecho ssh -o PubkeyAuthentication=no admin@10.77.0.1 id -un
	expect "assword:" { send -- "$env(PW)\r" }
	expect eof { puts [lindex [split [string trim $expect_out(buffer)] "\r\n"] end] }')"
check 'of another user' sh -c 'echo by-the-root-2 | bevs -r vs1 /usr/bin/passwd alice'
refused 'of none' sh -c 'echo by-the-root-3 | bevs -r vs1 passwd nosuch'
has 'its other forms are the helper'\''s' "$(bevs -r vs1 passwd -S alice)" 'alice P '
mkdir -p $vs/vs1/usr/local/bin
printf '#!/bin/sh\n: >/root/whose; id -un\n' >$vs/vs1/usr/local/bin/passwd
chmod 755 $vs/vs1/usr/local/bin/passwd
is 'a command of that name that comes first is run, and by no power of the host' 'root 2000000' "$(bevs -r vs1 passwd | tr -d '\r') $(stat -c %u $vs/vs1/root/whose)"
rm $vs/vs1/usr/local/bin/passwd
refused 'misuse' admin simroot
done_testing
