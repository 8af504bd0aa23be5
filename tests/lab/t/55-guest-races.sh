#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 1 --sshd
# seconds: 300
# admin, who owns /home, swaps what lies there while vsd-guest works in it; and the
# host's root ends vsd-guest between any two of its changes.
. "$LAB_DIR/lib/tap.sh"
vs=/home/vsd/vs/vs1 etc=/home/vsd/vs/vs1/etc
admin() { vssh admin@10.77.0.1 "$@"; }
whole() {
	awk -F: 'FILENAME ~ /passwd$/ { if (NF != 7) bad = 1; if ($3 > 2000000) u[$1]++ }
		FILENAME ~ /group$/ && NF != 4 { bad = 1 }
		FILENAME ~ /shadow$/ { if (NF != 9) bad = 1; s[$1]++ }
		END { for (n in u) if (u[n] != 1 || s[n] != 1) bad = 1; exit bad }' \
		$etc/passwd $etc/group $etc/shadow
}
# All that is root's, and whose it is: nothing of it may change hands.
# The code is the same in both isolations, but for the way to it: some of all that, there.
some() { [ "$LAB_ISOLATION" = chroot ]; }
roots() { find $vs -xdev \( -path $vs/home -o -path $vs/tmp -o -path $vs/root \) -prune -o -uid 0 -printf '%p %U %G %m %l\n' | sort | md5sum; }

# ---- links, folders and files in the place of a home
admin 'useradd -m race && userdel -r race' # it makes what it keeps in etc
roots >/tmp/before
cat >$vs/root/swap <<'S'
while :; do
	for to in /etc /usr /var/log /etc/shadow /home/alice ..; do
		ln -sfn $to /home/race 2>/dev/null
		mv -T /home/race /home/race.away 2>/dev/null
		mkdir /home/race 2>/dev/null
		mv -T /home/race.away /home/race/in 2>/dev/null
		ln -sfn $to /home/race/.profile 2>/dev/null
		rm -rf /home/race /home/race.away 2>/dev/null
	done
done
S
printf 'alice of old\n' >$vs/home/alice/kept
chown 2000001:2000001 $vs/home/alice/kept
admin 'PATH=/usr/bin timeout 60 sh /root/swap' >/dev/null 2>&1 &
swapping=$!
rounds=$(some && echo 10 || echo 25)
added=$(admin 'n=0; for i in $(seq '"$rounds"'); do useradd -m race 2>/dev/null && n=$((n + 1)); userdel -r race 2>/dev/null || userdel race 2>/dev/null; done; echo $n')
check "homes were made all the while ($added of $rounds)" test "$added" -gt 0
kill $swapping 2>/dev/null
admin 'pkill -f /root/swap' >/dev/null 2>&1
wait $swapping 2>/dev/null
is "what is root's is root's" "$(cat /tmp/before)" "$(roots)"
is 'nothing was made in etc' '' "$(find $etc -xdev -cnewer /tmp/before -uid +1999999 -o -name '.new-home*' -o -name '.old-home*' | head)"
is "alice's home is alice's" 'alice of old' "$(cat $vs/home/alice/kept)"
check 'the account files are whole' whole
admin 'rm -rf /home/race /home/race.away'
check 'and all goes on' admin 'useradd -m race && userdel -r race'

# ---- ended before each change; what comes next finds all or nothing
pid=$(cut -d' ' -f1 /run/vsd/vs1/init)
there="nsenter -t $pid -m -p --root=/proc/$pid/root/vs"
[ "$LAB_ISOLATION" = full ] || there="chroot $vs"
guest() { # STRACE OPTIONS -- VERB...
	options=
	while [ "$1" != -- ]; do options="$options $1"; shift; done
	shift
	# shellcheck disable=SC2086 # options and commands are words
	$there true && strace -f -qq -o /dev/null $options $there setpriv --reuid 2000000 --regid 2000000 --clear-groups /usr/lib/vsd/vsd-guest "$@" >/dev/null 2>&1
}
check 'traced, and not ended' guest -e trace=none -- useradd t0
check 'by root' whole

# ---- swapped just before each change of an owner, which is held up for that
cat >$vs/root/swap <<'S'
while :; do
	if [ -d /home/held ] && [ ! -L /home/held ]; then
		sleep 0.1
		mv -T /home/held "/home/held.$(date +%N)" && ln -sn /etc /home/held && exit
	fi
	sleep 0.01
done
S
roots >/tmp/before
owner=fchown,fchownat,chown,lchown
for n in $(some && seq 4 || seq 12); do
	admin 'timeout 5 sh /root/swap' >/dev/null 2>&1 &
	swapping=$!
	guest -e trace=$owner -e "inject=$owner:delay_enter=400000:when=$n" -- useradd -m held
	wait $swapping
	check "swapped at change $n" test -L $vs/home/held
	admin 'userdel held; rm /home/held; rm -rf /home/held.*' >/dev/null 2>&1
done
is "what is root's is root's" "$(cat /tmp/before)" "$(roots)"
is 'and etc is root'\''s' '0 0 755' "$(stat -c '%u %g %a' $etc)"

calls=renameat,renameat2,unlinkat,fchown,fchmod,mkdirat,fsync
killed=0
tab=$etc/vsd/crontabs/admin
old_tab='0 1 * * * true' new_tab='0 2 * * * true'
# shellcheck disable=SC2016 # a hash is no variable
hash='$6$abcdefgh$aT4RmVNGwZZMYNfmnpD9cWfZRBa3LTnOVLaLEkRKgvIEkL6xSGSVHcUoo/XZvmHyvHs7mKSGLb1nmHBxgr8gb1'
if some; then
	set -- "useradd k" "setrights bob +telnet" "userdel k"
else
	set -- "useradd k" "chfn -f Name bob" "usermod -s /bin/sh -aG alice bob" "groupadd kg" "gpasswd -a bob kg" \
		"groupdel kg" "setrights bob +telnet" "setrights bob -telnet" "passwd -l bob" "passwd -u bob" \
		"chpasswd -e" "crontab -" "usermod -m -d /home/k2 k" "userdel -r k"
	admin 'echo "'"$old_tab"'" | crontab -'
	printf 'bob:%s\nalice:%s\n' "$hash" "$hash" >/tmp/in.chpasswd
	echo "$new_tab" >/tmp/in.crontab
fi
tabs() { case $(cat "$tab") in "$old_tab" | "$new_tab") ;; *) return 1 ;; esac; }
for verb; do
	in=/tmp/in.${verb%% *}
	[ -e "$in" ] || in=/dev/null
	for n in $(seq 60); do
		# shellcheck disable=SC2086 # a verb and its words
		guest -e trace=$calls -e "inject=$calls:signal=KILL:when=$n" -- $verb <"$in"
		[ $? -eq 137 ] || break
		killed=$((killed + 1))
		whole || tap_result 1 "$verb, killed at change $n" "$(cat $etc/passwd $etc/group)"
		[ "$in" != /tmp/in.crontab ] || tabs || tap_result 1 "$verb, killed at change $n" "$(cat $tab)"
	done
	check "$verb: by itself it is never ended" test "$n" -lt 60
	# shellcheck disable=SC2086 # a verb and its words
	admin $verb <"$in" >/dev/null 2>&1
	check "$verb: whole at the end" whole
done
some || is 'both passwords are the new ones' 2 "$(grep -cF ":$hash:" $etc/shadow)"
some || is 'the crontab is the new one' "$new_tab" "$(cat $tab)"
check "killed at $killed changes" test $killed -ge 20

# ---- stopped by the host's root between two changes, and then let go, or ended
stop() { # N NAME: it stands at its N-th call of some kind; its pid goes to $stopped
	guest -e trace=$calls -e "inject=$calls:signal=STOP:when=$1" -- useradd "$2" >/dev/null 2>&1 &
	job=$! stopped=
	# Traced, it stops for a moment at each call: the same one twice is meant.
	for _ in $(seq 50); do
		was=$stopped
		sleep 0.2
		stopped=$(ps -C vsd-guest -o pid=,stat= | awk '$2 ~ /^[Tt]/ { print $1; exit }')
		[ -z "$stopped" ] || [ "$stopped" != "$was" ] || break
	done
	pkill -KILL -x strace # it stays stopped, and nobody's
	wait $job 2>/dev/null
	[ -n "$stopped" ]
}
ended() {
	for _ in $(seq 50); do
		case $(ps -o stat= -p "$stopped") in
		'' | Z*) return 0 ;;
		esac
		sleep 0.1
	done
	return 1
}
for n in $(some && seq 1 || seq 3); do
	stop $n go$n
	is "stopped at change $n" 0 $?
	has 'who comes next waits, and is told' "$(admin useradd other 2>&1)" 'etc/.pwd.lock: held by another program'
	check 'nothing is half written' whole
	check 'people come in' vssh alice@10.77.0.1 id
	kill -CONT "$stopped"
	check 'let go, it ends' ended
	check 'the user is there' admin id go$n
	stop $n end$n
	kill -KILL "$stopped"
	check 'another is ended there' ended
	check 'nothing is half written' whole
	check 'and nothing is held' admin "useradd after$n && userdel -r after$n"
done
check 'a user who was half made is there, or is made' admin 'id k2 2>/dev/null || useradd -m k2'
done_testing
