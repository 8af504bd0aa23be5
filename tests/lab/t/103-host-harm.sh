#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd --vsftpd
# seconds: 500
# A server in which everything that its people can write was chosen to hurt, then what only
# root could have written there, too, and every tool of the host run on it: nothing outside
# changes, nothing waits, and nothing of it comes to root's terminal as it is.
# shellcheck disable=SC2154 # lib/ftp.sh assigns what is not here
. "$LAB_DIR/lib/tap.sh"
. "$LAB_DIR/lib/ftp.sh"
vs=/home/vsd/vs
v=$vs/vs1
make -s -C "$LAB_TOP" escape-probe || exit
for n in vs1 vs2; do
	install -m 0755 "$LAB_TOP/build/tests/escape/escape" $vs/$n/etc/escape
	cp -a $vs/$n/home/alice/.ssh $vs/$n/home/bob/
	chown -R --reference=$vs/$n/home/bob $vs/$n/home/bob/.ssh
done

# What must stay as it is: names that a link followed outside would lead to.
mkdir -p /escape/.ssh /escape/public_html
for f in victim .profile .bashrc passwd .ssh/authorized_keys; do
	echo "keep $f" >/escape/$f
done
chmod -R go+rX /escape
cp -a /escape /root/escape
cd /escape || exit
outside() {
	find /escape /root $vs/vs2 /home/vsd/skel /etc /usr/sbin /var/spool -xdev \
		-path /etc/vsd -prune -o -path /etc/vsd.conf -prune -o -path /var/spool/vsd -prune -o \
		-path $vs/vs2/var/log -prune -o -path /root/kept -prune -o -path /var/spool/cron/crontabs -prune -o -path '*/.ash_history' -prune -o ! -name '*.tar' ! -type s \
		-printf '%p %y %m %U %G %s %T@ %l\n' | grep -v -e '^/etc d' -e '^/root d' -e '^/var/spool d' -e '^/etc/mtab' | sort
}

# ms COMMAND...: how long it takes, in milliseconds; its output in /tmp/ms.out
ms() {
	ms_start=$(date +%s%N)
	timeout 60 "$@" >/tmp/ms.out 2>&1 </dev/null
	ms_status=$?
	ms_took=$((($(date +%s%N) - ms_start) / 1000000))
}

# The same on vs2, which nobody has harmed, says what is slow anyway; there all of it works.
# $name, $n and $ip are the server's; t COMMAND...: what fails does not end the rest.
quick_t='bad=0; t() { "$@" || bad=1; }; '
quick() { # NAME SCRIPT [MILLISECONDS MORE]
	ms env name=vs2 n=2 ip=10.77.0.2 sh -c "$quick_t"'{ '"$2; } || bad=1; exit \$bad"
	quick_base=$ms_took
	is "$1: works" 0 "$ms_status$([ $ms_status = 0 ] || cat -v /tmp/ms.out)"
	ms env name=vs1 n=1 ip=10.77.0.1 sh -c "$quick_t"'{ '"$2; } || bad=1; exit \$bad"
	[ $ms_took -lt $((quick_base * 2 + 1000 + ${3:-0})) ]
	tap_result $? "$1: waits for nobody" "$ms_took ms, the other server $quick_base ms: $(tail -n 3 /tmp/ms.out)"
	[ $ms_status -lt 124 ]
	tap_result $? "$1: ends by itself" "status $ms_status"
	is "$1: says nothing that a terminal obeys" '' "$(LC_ALL=C grep -a '[^[:print:][:space:]]' /tmp/ms.out | cat -v)"
	echo "# $ms_took ms, the other server $quick_base ms, status $ms_status: $(tail -n 1 /tmp/ms.out | cut -c 1-100 | cat -v)"
}

# planted FLAG PATH...: each is there, and what it was meant to be (test -FLAG)
planted() {
	planted_as=$1 planted_not=''
	shift
	for p; do
		test "-$planted_as" "$p" || planted_not="$planted_not $p"
	done
	is "what was to be there is (-$planted_as)" '' "$planted_not"
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
: >'$(touch pwned)'; : >'`touch pwned`'; : >'; touch pwned'; : >-rf; : >'--reference=x'
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
truncate -s 4T endless
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
a=$v/home/alice r=$v/root
planted L $a/.ssh $a/.profile $a/victim $a/public_html $a/loop $a/odd/zero $a/odd/root $a/odd/to-fifo \
	$r/.ssh $r/links $v/home/dave $v/home/erin $v/home/web $v/tmp/passwd $v/etc/service/link
planted p $a/.bashrc $a/.forward $a/.pam_environment $a/.hushlogin $a/.k5login $a/mbox $a/odd/fifo \
	$r/.bashrc $r/.profile $r/.vimrc $v/home/carol $v/tmp/fifo $v/home/httpd $v/etc/service/fifo
planted e $r/huge $r/endless $a/many/3000 "$a/odd/; touch pwned" $a/odd/'$(touch pwned)' $a/odd/-rf "$a/odd/$(printf 'new\nline')" "$a/odd/*" $a/odd/\\ \
	"$a/odd/$(printf '\033]0;pwned\007\033[2J')" "$a/odd/$(printf '\377\376')" "$a/odd/$(printf 'x%.0s' $(seq 255))"
planted d $r/deep/d/d/d $a/dark
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
LC_ALL=C
export LC_ALL
quick 'getent' 't getent passwd >/dev/null; t getent passwd alice@$name; t getent group alice@$name; t getent shadow alice@$name; t id alice@$name'
quick 'ls' 'cd /home/vsd/vs/$name; ls -laR home etc tmp >/dev/null; ls -la home root; true'
quick 'vs_list' 't vsdadm vs_list localhost; t vsdadm vs_info localhost $name; t vsdadm -j vs_info localhost $name'
quick 'user_list' 't vsdadm user_list localhost $name; t vsdadm priv_list localhost $name'
quick 'vs_verify' 't vsdadm vs_verify localhost $name; t vsdadm -j vs_verify localhost $name'
quick 'check' 'vsdadm check localhost; vsdadm -j check localhost; true'
quick 'vsboot --status' 'vsboot --status $name'
quick 'vsd-refreshskel --dry-run' 'vsd-refreshskel --dry-run'
quick 'vsd-crontabs' '/usr/lib/vsd/vsd-crontabs'

# --- that log in ---
ssh='ssh -i $LAB_KEY -o BatchMode=yes'
quick 'ssh with a key' "$ssh alice@\$ip true"
quick 'su' 'su alice@$name -c true'
quick 'bevs' 't bevs $name true; t bevs -u alice $name true; t bevs -r $name true'
quick 'ftp' 'curl -sS -m 20 -u alice:lab-alice-vs$n ftp://$ip/ >/dev/null'
lacks 'ssh never takes the keys that a link outside leads to' "$(vssh alice@10.77.0.1 id 2>&1)" uid=

# --- while the home of one who logs in is something else, and /run and /dev/shm are full of it ---
bevs vs1 sh -c 'mv /home/bob /home/bob.was; cd /run; mkfifo utmp.x motd nologin crond.pid; ln -s /escape/victim sshd.pid
	cd /dev/shm && mkfifo sem.x && ln -s /escape/victim link' </dev/null >/dev/null 2>&1
inside=/proc/$(cut -d' ' -f1 /run/vsd/vs1/init)/root
[ "$LAB_ISOLATION" = full ] && inside=$inside/vs || inside=$v
planted p $inside/run/utmp.x $inside/run/motd $inside/run/nologin $inside/run/crond.pid $inside/run/fifo $inside/dev/shm/sem.x
planted L $inside/run/sshd.pid $inside/run/httpd.pid $inside/dev/shm/link
for home in 'ln -s /escape' 'ln -s bob' mkfifo 'mkdir -m 0' 'touch'; do
	bevs vs1 sh -c "rm -rf /home/bob; $home /home/bob" </dev/null >/dev/null 2>&1
	lacks "a home by $home is there" "$(stat -c '%F %a' $v/home/bob 2>&1)" 'directory 7'
	lacks 'and nothing else' "$(stat -c %F $v/home/bob 2>&1)" 'No such'
	quick "logins to a home by $home" "t $ssh bob@\$ip true"'; t su bob@$name -c true; t bevs -u bob $name true
		t curl -sS -m 20 -u bob:lab-bob-vs$n -T /etc/hostname ftp://$ip/put'
	quick "tools, with a home by $home" 't id bob@$name; t vsdadm user_list localhost $name
		t vsdadm user_mod localhost $name bob gecos=B; t vsdadm vs_verify localhost $name'
done
bevs vs1 sh -c 'rm -rf /home/bob; mv /home/bob.was /home/bob' </dev/null >/dev/null 2>&1
refused 'no upload came out' test -e /escape/put

# --- that change it ---
quick 'user_add' 'for u in carol dave frank; do t vsdadm user_add localhost $name $u; done'
quick 'user_mod' 'vsdadm user_mod localhost $name alice gecos=Other'
quick 'user_passwd' 'echo lab-new | vsdadm user_passwd localhost $name bob'
quick 'priv_set' 't vsdadm priv_set localhost $name bob ftp off; t vsdadm priv_set localhost $name bob ftp on'
quick 'vs_set' 'vsdadm vs_set localhost $name max_sessions=20'
quick 'user_del' 'for u in dave frank; do t vsdadm user_del localhost $name $u; done'
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
check 'they came and went to the end' kill $racer
same 'a race'

# --- what only root could write there ---
etc=$v/etc
as_root() { # takes the part of what is hostile: SCRIPT, in the server's etc
	cp -a $etc/passwd $etc/shadow $etc/group $etc/vsd /root/kept/
	(cd $etc && wide=$(head -c 65536 /dev/zero | tr '\0' w) sh -c "$1")
}
as_it_was() {
	rm -rf $etc/passwd $etc/shadow $etc/group $etc/vsd
	cp -a /root/kept/* $etc/
	rm -rf /root/kept/*
}
mkdir -m 0700 /root/kept
for n in vs1 vs2; do
	bevs -u bob $n sh -c 'echo "@daily true" | crontab -' </dev/null >/dev/null 2>&1
done
/usr/lib/vsd/vsd-crontabs >/dev/null
check 'bob has a crontab' test -s /var/spool/cron/crontabs/bob@vs1 -a -s $etc/vsd/crontabs/bob
asked='t getent passwd; t getent passwd bob@$name; t getent group bob@$name; t getent shadow bob@$name; t id bob@$name
	t vsdadm user_list localhost $name; t vsdadm -j user_list localhost $name; t vsdadm priv_list localhost $name
	t vsdadm -j priv_list localhost $name; vsdadm check localhost; t vsdadm vs_verify localhost $name'
logins="t $ssh bob@\$ip true"'; t timeout 9 su bob@$name -c true'
changed='t vsdadm user_mod localhost $name bob gecos=B; t vsdadm priv_set localhost $name bob ftp off
	t vsdadm priv_set localhost $name bob ftp on; t vsdadm user_add localhost $name gina; t vsdadm user_del localhost $name gina
	rm -rf /home/vsd/vs/$name/home/gina; echo lab-new | t vsdadm user_passwd localhost $name bob; /usr/lib/vsd/vsd-crontabs; true'
hostile() { # NAME SCRIPT
	as_root "$2"
	quick "$1: asked" "$asked"
	# refused, it is su itself that waits a second
	quick "$1: logins" "$logins" 1000
	hostile_seen=$(su bob@vs1 -c 'nice; umask' 2>&1)
	quick "$1: changed" "$changed"
	as_it_was
}
hostile 'lines of passwd' "sed -i '/^bob:/d' passwd
	printf 'bob:x:2000002:2000002:pri=-15,umask=0000\\033]0;pwned\\007,x:/home/bob:/bin/bash\\n' >>passwd
	{ echo \"bobs:x:2000041:2000041:\$wide:/home/bobs:/bin/sh\"; echo \"home:x:2000042:2000042::/\$wide:/bin/sh\"
	echo \"shell:x:2000043:2000043::/home:/\$wide\"; echo \"\$wide:x:2000044:2000044::/home:/bin/sh\"; echo \"\$wide\$wide\"
	printf 'dress:x:2000045:2000045:\\033[2J:/home/\\033[2J:/bin/\\033[2J\\n\\033[2J:x:2000046:2000046::/:/bin/sh\\n+::::::\\n-\\n::::::\\n'
	} >>passwd"
is 'GECOS sets neither priority nor mask' "0
$(su bob@vs2 -c umask)" "$hostile_seen"
hostile 'lines of shadow and group' "echo \"bobs:\$wide:1:2:3:4:5:6:\" >>shadow; echo \"\$wide:x:1::::::\" >>shadow
	{ echo \"crowd:x:2000051:\$(yes bob, | head -n 12000 | tr -d '\\n')\"; echo \"\$wide:x:2000052:bob\"; echo \"wide:\$wide:2000053:bob\"
	printf 'esc:\\033[2J:2000054:bob,\\033[2J\\n\\033[2J:x:2000055:bob\\nroot:x:0:bob\\nsudo:x:27:bob\\n+:::\\n'; } >>group"
hostile 'lines of priv' "{ echo \"login:x::admin,bob,\$wide\"; echo \"\$wide:x::bob\"; echo \"ftp:\$wide::bob\"; echo \"\$wide\"
	printf 'login:x::bob,\\033[2J\\nftp:x::,,,bob,bob,\\n\\033[2J:x::bob\\nroot:x::bob\\n:::\\n'; cat vsd/priv; } >priv && mv priv vsd/priv"
for file in passwd shadow group vsd/priv vsd/crontabs vsd/crontabs/bob; do
	for kind in mkfifo 'ln -s /escape/passwd' 'truncate -s 2G'; do
		hostile "etc/$file by $kind" "rm -rf $file && $kind $file"
	done
done
# vsftpd's own wait for who is refused, on both
as_root 'rm passwd; mkfifo passwd'
quick 'ftp, with a pipe as passwd' 't curl -sS -m 20 -u bob:lab-new ftp://$ip/; curl -sS -m 20 -u bob:wrong ftp://10.77.0.2/; true' 1000
as_it_was
hostile 'crontabs' "cd vsd/crontabs && echo \"* * * * * \$wide\" >bob && echo '* * * * * x' >root && printf '* * * * * \\033[2J\\n' >admin &&
	cp root '\$(touch pwned)' && cp root -- -rf && cp root \"\$(printf 'b\\nob')\" && cp root \"\$(printf '\\033[2J')\" && chmod 600 *"
is 'cron gets what users of the server have, or why not' 'admin@vs1
bob@vs1
bob@vs2' "$(ls /var/spool/cron/crontabs)"
is 'and no job of those' 0 "$(cat /var/spool/cron/crontabs/*@vs1 | grep -c '	')"
same 'what only root could write'

# --- that take all of it ---
quick 'vs_export' 'ulimit -f 400000; vsdadm vs_export localhost $name /root/$name.tar'
has 'what is too deep stays behind' "$(cat /tmp/ms.out)" 'deeper than what is looked at'
has 'and what has no end' "$(cat /tmp/ms.out)" "'/root/endless': holes and further names"
has 'and what is leased' "$(cat /tmp/ms.out)" "'/root/huge': a user has it leased"
has 'the rest comes along' "$(tar tf /root/vs1.tar 2>&1)" root/.vimrc
check 'the rest alone' test "$(stat -c %s /root/vs1.tar)" -lt 50000000
quick 'vs_copy' 't vsdadm vs_copy localhost $name ${name}y 10.77.0.4$n ${name}y.example.test; t vsd-vsbatch'
quick 'vsd-refreshskel' 'sed -i "1i exclude /usr/bin/$(echo tac factor | cut -d" " -f $n)" /etc/freevsd.conf; vsd-refreshskel'
quick 'vsboot --restart' 'vsboot --restart $name'
quick 'vs_rename' 't vsboot --stop $name; t vsdadm vs_rename localhost $name r$name; t vsdadm vs_rename localhost r$name $name; t vsboot --start $name'
quick 'vs_delete' 't vsdadm vs_delete localhost $name; t vsd-vsbatch'
refused 'it is gone' test -e $v
is 'no process of it is left' '' "$(pgrep -U "$(seq -s, 2000000 2000199)")"
is 'nothing outside is changed' '' "$(outside | diff /tmp/before - | grep '^[<>]' |
	grep -v -e "^. $vs/vs2" -e '^. /home/vsd/skel' -e '^. /etc/freevsd.conf' -e '^. /etc d ')"
refused 'no name was run' test -e /escape/pwned
done_testing
