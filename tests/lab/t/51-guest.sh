#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd
# seconds: 300
# Users, groups, passwords, rights and processes, as the people of a server change them.
. "$LAB_DIR/lib/tap.sh"
vs=/home/vsd/vs
etc=$vs/vs1/etc
admin() { vssh admin@10.77.0.1 "$@"; }
alice() { vssh alice@10.77.0.1 "$@"; }
pw() { pwssh password "$1@10.77.0.1" "$2" "$3" 2>&1 | tail -n 1; }
# Numbers of processes as the server's people have them; without a pid namespace they are
# the host's, and nobody is shown another user's.
pids() { if [ "$LAB_ISOLATION" = full ]; then admin "pgrep $*"; else eval "pgrep -U $ids $*"; fi; }
ids=$(seq -s, 2000000 2000199),0 # sshd's child that runs vsd-guest is root's
line() { grep "^$2:" "$etc/$1"; }

# ---- what the page says of their options is what they take
page_options() {
	sed -n "s/^\\.It Cm $1 \\(.*\\)/\\1/p" "$LAB_TOP/vsd-tools/guest/vsd-guest.8" |
		grep -o 'Fl [a-zA-Z]*' | cut -c4- | fold -w 1 | sort -u | tr -d '\n'
}
help_options() {
	admin "$1 --help" | grep -o -e '-[a-zA-Z]*' | cut -c2- | fold -w 1 | sort -u | tr -d '\n'
}
for verb in useradd usermod userdel groupadd groupdel gpasswd passwd chpasswd chsh chfn; do
	is "$verb: the page has the options of --help" "$(page_options $verb)" "$(help_options $verb)"
done
has 'and there are some' "$(help_options useradd)" GMU

# What shadow's own checks find, but for the name root of the host's ids (simroot's ls).
stock_finds() { # [-q]
	{
		pwck -r "$@" -R $vs/vs1
		grpck -r -R $vs/vs1
	} 2>&1 | grep -v -e "'root:x:\(0\|65534\):.*? No" -e '^duplicate [a-z]* entry$' -e ': no changes'
}
is 'stock pwck and grpck find nothing' '' "$(stock_finds)"

# ---- each is called what people type, and points to a help that there is
for verb in 'useradd' 'passwd -x' 'chpasswd x' 'setrights x' 'listrights a b' 'crontab' 'rebootvs a b' 'simroot' 'sudo' 'sudo useradd'; do
	help=$(admin "$verb" 2>&1 </dev/null | sed -n "s/^Try '\(.*\)'.*/\1/p")
	check "$verb: $help" admin "$help"
done

# ---- useradd
check 'useradd, bare' admin useradd carol
is 'its line' 'carol:x:2000003:2000003::/home/carol:/bin/bash' "$(line passwd carol)"
is 'its group' 'carol:x:2000003:' "$(line group carol)"
is 'no password yet' '!' "$(line shadow carol | cut -d: -f2)"
is 'its home, from etc/skel' '2000003 2000003 755 .bash_logout .bashrc .profile' \
	"$(stat -c '%u %g %a' $vs/vs1/home/carol) $(cd $vs/vs1/home/carol && echo .[!.]*)"
is 'its right' ftp "$(admin listrights carol)"
check 'a group' admin groupadd staff
is 'its gid is an id of its own' 'staff:x:2000004:' "$(line group staff)"
check 'useradd with all options' admin useradd -m -s /bin/sh -c "'Dave D'" -g staff -G carol,bob -u 2000050 -d /home/dd -e 2030-01-02 dave
is 'its line' 'dave:x:2000050:2000004:Dave D:/home/dd:/bin/sh' "$(line passwd dave)"
is 'its groups' 'carol:x:2000003:dave bob:x:2000002:dave' "$(line group carol) $(line group bob)"
is 'its end' 21916 "$(line shadow dave | cut -d: -f8)"
is 'id says so' 'uid=2000050(dave) gid=2000004(staff) groups=2000004(staff),2000002(bob),2000003(carol)' "$(admin id dave)"
check 'without a home' admin useradd -M eve
refused 'none is made' test -e $vs/vs1/home/eve
cp -a $etc /tmp/etc-before
for bad in 'carol' "'a b'" 'root' '-u 0 x' '-u 2000000 x' '-u 2000200 x' '-u 1 x' '-u 2000001 x' "-c 'a:b' x" "-s sh x" \
	'-d home x' '-d /home/../../x/y x' '-g 0 x' '-g root x' '-G root x' '-G disk x' '-G staff, x' '-p x x' '-o -u 2000001 x' 'x y' '' \
	'-d /etc/x x' '-d /home/vsd/x x' '-d /usr/x x'; do
	refused "useradd $bad" admin "useradd $bad"
done
is 'and nothing changed' '' "$(diff -r --no-dereference $etc /tmp/etc-before)"
ln -s /etc $vs/vs1/home/link
refused 'a home behind a link' admin useradd -d /home/link/y y
refused 'alice may not' alice useradd y
refused 'who is no member' admin gpasswd -d alice staff
rm $vs/vs1/home/link

# ---- usermod, gpasswd, groupdel
check 'usermod' admin usermod -c "'Carol C'" -s /bin/sh -aG staff carol
is 'its line' 'carol:x:2000003:2000003:Carol C:/home/carol:/bin/sh' "$(line passwd carol)"
is 'in the group' 'staff:x:2000004:carol' "$(line group staff)"
check 'gpasswd -a' admin gpasswd -a alice staff
check 'gpasswd -d' admin gpasswd -d carol staff
is 'the members' 'staff:x:2000004:alice' "$(line group staff)"
check 'usermod -G is all of them' admin usermod -G bob alice
is 'out of the other' 'staff:x:2000004:' "$(line group staff)"
check 'usermod -d -m' admin usermod -m -d /home/carola carol
is 'the home has moved' '2000003' "$(stat -c %u $vs/vs1/home/carola/.profile)"
refused 'groupdel of an own group' admin groupdel staff
check 'groupadd -g' admin groupadd -g 2000060 www
check 'groupdel' admin groupdel www
is 'it is gone' '' "$(line group www)"
for bad in '-g 0 g' '-g 2000200 g' '-g 2000001 g' 'root' "'a:b'"; do refused "groupadd $bad" admin "groupadd $bad"; done
refused 'usermod of root' admin usermod -s /bin/sh root
refused 'usermod -u' admin usermod -u 2000070 carol
refused "admin's home stays" admin usermod -d /home admin

is 'pwck and grpck find nothing' '' "$(stock_finds -q)"

# ---- passwords
check 'passwd USER' sh -c "echo 'carol-1' | ssh -i $LAB_KEY -o BatchMode=yes admin@10.77.0.1 passwd carol"
check 'passwd -u USER' sh -c "echo 'carol-2' | ssh -i $LAB_KEY -o BatchMode=yes admin@10.77.0.1 passwd -u carol"
lacks 'no login without the right' "$(pw carol carol-2 'echo is-in')" is-in
vsdadm priv_set localhost vs1 carol login on
is 'with it she gets in' carol "$(pw carol carol-2 'id -un')"
is 'status' 'carol P' "$(admin passwd -S carol | cut -d' ' -f1,2)"
check 'lock' admin passwd -l carol
lacks 'locked' "$(pw carol carol-2 'echo is-in')" is-in
check 'unlock' admin usermod -U carol
is 'unlocked' carol "$(pw carol carol-2 'id -un')"
refused 'own: not without the old one' sh -c "printf 'wrong\nnew-pass\n' | ssh -i $LAB_KEY -o BatchMode=yes alice@10.77.0.1 passwd"
check 'own' sh -c "printf 'lab-alice-vs1\nnew-pass\n' | ssh -i $LAB_KEY -o BatchMode=yes alice@10.77.0.1 passwd"
is 'it holds' alice "$(pw alice new-pass 'id -un')"
has 'own, on a terminal' "$(expect -c '
	log_user 1
	set timeout 20
	spawn -noecho ssh -tt -i $env(LAB_KEY) alice@10.77.0.1 passwd
	expect "Current password" { send "new-pass\r" }
	expect "New password" { send "third-pass\r" }
	expect "again" { send "third-pass\r" }
	expect eof
	exit [lindex [wait] 3]'; echo "status=$?")" 'status=0'
is 'it holds' alice "$(pw alice third-pass 'id -un')"
has 'a terminal: ^C ends it, and the echo is back' "$(expect -c '
	log_user 1
	set timeout 20
	spawn -noecho ssh -tt -i $env(LAB_KEY) alice@10.77.0.1
	expect "\\$ " { send "PS1=R; passwd\r" }
	expect "Current password" { sleep 0.3; send "\003"; sleep 0.5; send "echo st=\$?; stty -a | grep -o .echo.\r" }
	expect -re {st=(\d+).* echo } { puts "ended $expect_out(1,string)" }
	send "exit\r"
	expect eof')" 'ended 130'
# A question that nobody answers is the caller's own process: nothing is held.
ask() { # WORDS: asks alice for them, 12 s later; its pid is then in $asking
	(sleep 12; printf '%s' "$1") | vssh alice@10.77.0.1 'exec passwd' >/tmp/asked 2>&1 &
	asked=$!
	sleep 2
	asking=$(pids -f "'^passwd'") # alice does not see it: it is root's as well
}
ask ''
check 'whose it is may stop it' alice "/bin/kill -STOP $asking"
check 'and nothing waits for it' admin chfn -f Bob bob
check 'and end it' alice "/bin/kill -KILL $asking"
for _ in $(seq 20); do # what was ended is seen until its parent has looked
	left=$(pids -fc "'^passwd'")
	[ "$left" != 0 ] || break
	sleep 0.1
done
is 'it has ended' 0 "$left"
wait $asked
(echo third-pass; sleep 4; echo fourth-pass) | vssh alice@10.77.0.1 passwd >/tmp/asked 2>&1 &
asked=$!
sleep 2
check 'while alice thinks, admin locks her' admin passwd -l alice
wait $asked
has 'and she stays locked' "$(cat /tmp/asked)" 'changed meanwhile'
is 'by her hash' '!' "$(line shadow alice | cut -d: -f2 | cut -c1)"
check 'unlocked' admin usermod -U alice
refused "another's" sh -c "echo x | ssh -i $LAB_KEY -o BatchMode=yes alice@10.77.0.1 passwd bob"
refused "root's" sh -c "echo x | ssh -i $LAB_KEY -o BatchMode=yes admin@10.77.0.1 passwd root"
refused 'lock oneself' alice passwd -l
shadow_of() { sed -n "s/^$1://p" $etc/shadow; }
before=$(shadow_of alice)
batch() { printf "$1" | vssh admin@10.77.0.1 "${2:-chpasswd}" 2>&1; }
is 'chpasswd' '' "$(batch 'carol:car:ol-3\nbob:bob-3\n')"
is 'she gets in, and her password may have a colon' carol "$(pw carol car:ol-3 'id -un')"
is 'chpasswd -e, the last line without its end' '' "$(batch "bob:$(openssl passwd -6 bob-4)" 'chpasswd -e')"
has 'the hash as it was' "$(shadow_of bob)" '$6$'
is 'he gets in' bob "$(pw bob bob-4 'id -un')"
is 'by sudo' '' "$(batch 'carol:carol-2\n' 'sudo chpasswd')"
is 'of nothing' '' "$(batch '')"
cp -a $etc/shadow /tmp/shadow
bad_batch() { # WHAT REASON LINES [COMMAND]: nobody's is changed by a list that has a wrong line
	has "chpasswd: $1" "$(batch "bob:new-5\n$3" "${4-}")" "$2"
	check "chpasswd: $1: nothing is changed" cmp $etc/shadow /tmp/shadow
}
bad_batch 'nobody' "chpasswd: set passwords by 'standard input': line 2: no such user" 'zoe:x\n'
bad_batch 'root' 'line 2: no such user' 'root:x\n'
bad_batch "admin's own" 'your own account: passwd' 'admin:x\n'
bad_batch "nor by another name of admin's" 'your own account' 'www-data:x\n'
bad_batch 'no password' 'is empty' 'carol:\n'
bad_batch 'no colon' 'line 2: not USER:PASSWORD' 'carol\n'
bad_batch 'an empty line' 'line 2: not USER' '\n'
bad_batch 'a NUL' 'line 2: not USER' 'carol:a\0b\n'
bad_batch 'a carriage return' 'control byte' 'carol:x\r\n'
bad_batch 'too long' 'too long' "carol:$(head -c 600 /dev/zero | tr '\0' x)\n"
bad_batch 'no hash' 'line 1: that is no hash' '' 'chpasswd -e'
bad_batch 'half a hash' 'line 1: that is no hash' '' "sed 's/.*/bob:\$6\$abc\$/' | chpasswd -e"
bad_batch 'a tab' 'control byte' 'carol:a\tb\n'
bad_batch 'too much' 'longer than 262144' "$(head -c 270000 /dev/zero | tr '\0' x)"
bad_batch 'an option it has not' "Try 'chpasswd --help'" '' 'chpasswd -c SHA512'
has 'not alice' "$(echo alice:x | vssh alice@10.77.0.1 /usr/sbin/chpasswd 2>&1)" 'only admin may'
is 'hers is what it was' "$before" "$(shadow_of alice)"
check 'expire' admin passwd -e carol
is 'it is' 0 "$(line shadow carol | cut -d: -f3)"
check 'chsh, own' alice chsh -s /bin/sh
refused 'to what is no shell' alice chsh -s /usr/bin/env
refused 'nor to the guard that runs it' alice chsh -s /usr/lib/vsd/vsd-shell
refused "another's" alice chsh -s /bin/sh bob
check 'chfn, own' alice chfn -f "'Alice A'"
is 'both' 'Alice A:/home/alice:/bin/sh' "$(line passwd alice | cut -d: -f5-)"
refused 'a colon' alice chfn -f a:b

# ---- rights
check 'setrights' admin setrights carol +telnet -ftp
is 'listrights' 'login telnet' "$(admin listrights carol | sort | xargs)"
has 'listrights, all, by anybody' "$(alice listrights)" 'telnet: admin carol'
has 'listrights of nobody' "$(alice listrights zoe 2>&1)" "listrights: show the rights of 'zoe': no such user"
refused 'not login' admin setrights bob +login
refused 'nor off' admin setrights carol -login
refused 'unknown' admin setrights carol +perlx
refused 'nobody' admin setrights zoe +ftp
refused 'not alice' alice setrights alice +telnet
cp $etc/vsd/priv /tmp/priv
refused 'all or nothing' admin setrights carol +ftp +nosuch
check 'nothing' cmp $etc/vsd/priv /tmp/priv

# ---- processes
alice 'sleep 281; true' & session=$!
sleep 1.5
pid=$(pids -f "'^sleep 281'")
refused 'bob cannot' vssh -o PreferredAuthentications=none bob@10.77.0.1 true
refused 'an unknown signal' admin "/usr/lib/vsd/admin/kill -NOSUCH $pid"
refused 'pid 1' admin '/usr/lib/vsd/admin/kill -9 1'
refused 'nobody' admin '/usr/lib/vsd/admin/kill -9 99999'
check 'kill' admin "/usr/lib/vsd/admin/kill -TERM $pid"
wait $session
is 'it has ended' '' "$(pgrep -f '^sleep 281')"
alice 'sleep 282; true' & session=$!
sleep 1.5
if [ "$LAB_ISOLATION" = full ]; then
	check 'pkill' admin 'pkill -9 -f "^sleep 282"'
else
	refused 'pkill finds nobody: /proc is the host'"\'"'s' admin 'pkill -9 -f "^sleep 282"'
	pkill -f '^sleep 282'
fi
wait $session
alice 'sleep 283; true' & session=$!
sleep 1.5
check 'setrights --now' admin setrights alice -telnet --now
is 'of what alice did not have: what she runs goes on' 1 "$(pgrep -fc '^sleep 283')"
check 'setrights --now' admin setrights alice -ftp --now
wait $session
is 'has ended what alice ran' '' "$(pgrep -f '^sleep 283')"

# ---- userdel
alice 'mkdir -m 0700 deep; echo x >deep/f'
vssh alice@10.77.0.1 'sleep 284; true' & session=$!
sleep 20 | vssh alice@10.77.0.1 'exec passwd' >/dev/null 2>&1 &
sleep 1.5
is 'alice is asked for her password' 1 "$(pids -fc "'^passwd'")"
began=$(date +%s)
check 'userdel -r' admin userdel -r alice
check 'it waits for nobody else, whose processes go on' [ $(($(date +%s) - began)) -lt 4 ]
wait $session
is 'and no more' 0 "$(pids -fc "'^passwd'")"
is 'what ran has ended' '' "$(pgrep -f '^sleep 284')"
refused 'the home is gone' test -e $vs/vs1/home/alice
is 'the lines are gone' '' "$(grep -h alice $etc/passwd $etc/group $etc/shadow $etc/vsd/priv)"
check 'userdel' admin userdel carol
check 'the home is left' test -e $vs/vs1/home/carola
has 'which nobody else gets' "$(admin useradd carola 2>&1)" "home '/home/carola': it is there already"
is 'nor is anybody half made' '' "$(grep -h carola $etc/passwd $etc/group $etc/shadow $etc/vsd/priv)"
check 'the next one' admin useradd fay
is 'has an id that nobody had' 2000061 "$(line passwd fay | cut -d: -f3)"
refused 'an id whose files are left' admin useradd -u 2000003 gus
check 'one whose files are gone' admin useradd -u 2000001 gus
refused 'admin' admin userdel admin
refused 'root' admin userdel root
chown 2000002 $vs/vs1/home/dd
refused 'a home of somebody else' admin userdel -r dave
check 'stays' test -e $vs/vs1/home/dd/.profile
check 'sudo useradd' admin sudo useradd hal

# ---- habits: they do what is meant, or say what does
is 'su USER -c' 'bob 2000002 0000000000000000' "$(admin 'su bob -c "id -un; id -u; sed -n \"s/^CapEff:\t//p\" /proc/self/status"' | xargs)"
is 'su - USER, and its words' '/home/bob -bash a b' "$(admin "su - bob -c 'echo \$(pwd) \$0 \$1 \$2' -- -bash a b")"
is 'su -s SHELL' '/usr/bin/dash' "$(admin 'su -s /usr/bin/dash bob -c "readlink /proc/\$\$/exe"')"
is 'su is simulated root' 'admin 000000000000001f' "$(echo 'id -un; sed -n "s/^CapEff:\t//p" /proc/self/status' | admin su | xargs)"
is 'sudo su - USER' bob "$(echo 'id -un' | admin sudo su - bob)"
has 'not of root, who is none' "$(admin su root -c "'touch /etc/x'" 2>&1)" 'Permission denied'
for u in nobody root2 0 2000001 ../x; do refused "su $u" admin "su $u -c true"; done
has 'not alice' "$(bevs -u bob vs1 su alice -c true 2>&1)" "su: run 'su': only admin may"
has 'a relative shell' "$(admin su -s sh bob -c true 2>&1)" "Try 'su --help'"
check 'adduser' admin adduser --disabled-password --gecos "'Kim K,,,'" --shell /bin/sh kim
is 'its line' 'Kim K:/home/kim:/bin/sh' "$(line passwd kim | cut -d: -f5-)"
check 'adduser asks for a password' sh -c "echo 'lee-pass' | ssh -i $LAB_KEY -o BatchMode=yes admin@10.77.0.1 sudo adduser lee"
is 'it has one' P "$(admin passwd -S lee | cut -d' ' -f2)"
check 'addgroup' admin addgroup choir
check 'adduser USER GROUP' admin adduser kim choir
is 'in it' kim "$(line group choir | cut -d: -f4)"
check 'deluser USER GROUP' admin deluser kim choir
is 'out of it' '' "$(line group choir | cut -d: -f4)"
check 'delgroup' admin delgroup choir
check 'chage -E' admin chage -E 2030-01-02 kim
is 'it is usermod -e' 21916 "$(line shadow kim | cut -d: -f8)"
check 'deluser --remove-home' admin deluser --remove-home kim
refused 'no home' test -e $vs/vs1/home/kim
check 'deluser' admin deluser lee
mkdir -p $vs/vs1/etc/sv/try && printf '#!/bin/sh\nexec sleep 991\n' >$vs/vs1/etc/sv/try/run && chmod -R 755 $vs/vs1/etc/sv/try
chown -R 2000000:2000000 $vs/vs1/etc/sv/try
check 'systemctl enable' admin sudo systemctl enable --now try.service
for _ in $(seq 80); do admin systemctl is-active try >/dev/null 2>&1 && break || sleep 0.2; done
has 'systemctl status' "$(admin systemctl status try)" 'run: '
before=$(pgrep -f '^sleep 991')
check 'service X restart' admin service try restart
[ "$before" != "$(pgrep -f '^sleep 991')" ]
tap_result $? 'is another process'
has 'systemctl of no service' "$(admin systemctl restart nosuch 2>&1)" "no service 'nosuch' here"
has 'of one that is off' "$(admin service apache2 restart 2>&1)" "'httpd' is off: ln -s /etc/sv/httpd /etc/service/"
check 'systemctl disable' admin systemctl disable try
is 'hostname' "$(admin cat /proc/sys/kernel/hostname)" "$(admin hostname)"
for c in 'hostname x:fqdn=' 'apt install x:vs_install localhost vs1' 'mount x:no filesystems' 'shutdown -h now:vsboot --stop vs1' \
	'vipw:usermod' 'newgrp x:next login' 'visudo:setrights' 'groupmod -n a b:groupadd' 'newusers:chpasswd' 'sudo apt-get update:vs_install' \
	'chage -M 9 bob:usermod -e'; do
	said=$(admin "${c%%:*}" 2>&1 && echo succeeds)
	has "${c%%:*}" "$said" "${c#*:}"
	lacks "${c%%:*}: is a failure" "$said" succeeds
done

# ---- how many
check 'vs_set max_users' vsdadm vs_set localhost vs1 max_users=6
check 'one more' admin useradd ida
has 'no more' "$(admin useradd joe 2>&1)" 'the server has its 6 users'
check 'the other server is as it was' vssh admin@10.77.0.2 useradd joe

rm $etc/vsd/max_users
check 'a server of before that was written has what is usual' admin useradd joe

# ---- rebootvs
check 'rebootvs' admin rebootvs
refused 'of no service' admin rebootvs nosuch
has 'not alice' "$(bevs -u joe vs1 /usr/lib/vsd/vsd-guest rebootvs 2>&1)" 'rebootvs'\'': only admin may'
is 'pwck and grpck find nothing, after all that' '' "$(stock_finds -q)"
check 'all is well with the server' vsboot --status vs1
is 'and with the host' '' "$(vsdadm check localhost | grep -v -e 'all is well' -e sshd -e service | grep 'vs1:')"
done_testing
