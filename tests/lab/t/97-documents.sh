#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --bare --sshd --with nftables
# seconds: 500
# What README, the guide and the pages tell people to type is typed, in their order: the
# ten steps, the guide's every day, and each page's EXAMPLES.
. "$LAB_DIR/lib/tap.sh"
password=lab-first-server typed=0
make -s -C "$LAB_TOP" install DESTDIR= >/tmp/make.log 2>&1 || cat /tmp/make.log
sed -i 's/^interface = .*/interface = vsd0/' /usr/share/vsd/vsd.conf

# Questions for a password are answered, by whatever asks.
answer() {
	PW=$password COMMAND=$1 expect -c '
		set timeout 30
		log_user 1
		spawn -noecho sh -c $env(COMMAND)
		expect {
			-re "(assword|again)\[^\n]*: $" { send -- "$env(PW)\r"; exp_continue }
			timeout { exit 9 }
			eof
		}
		exit [lindex [wait] 3]'
}

# This kernel may have no controllers, and then says so.
limits='exit 0'
grep -qw memory /sys/fs/cgroup/cgroup.controllers 2>/dev/null || limits='no such controller'

type_in() { # COMMAND: as it stands there
	typed=$((typed + 1))
	case $1 in
	*passwd*localhost* | *' passwd '*) check "$1" answer "$1" ;;
	'ssh '*) has "$1" "$(pwssh password "${1#ssh }" $password 'id -un')" "$(echo "${1#ssh }" | cut -d@ -f1)" ;;
	'sftp '*) has "$1" "$(answer "echo pwd | $1 2>&1")" /home ;;
	*'crontab -l') has "$1" "$($1 2>&1)" 'crontab of '\''alice' ;;
	'vsd-genskel --profile'*)
		[ ! -e /home/vsd/skel ] || set -- "$1 --skel /home/vsd/other$typed"
		check "$1" sh -c "$1"
		;;
	*vsd-quota\ *) has "$1" "$($1; echo "exit $?")" 'exit 1' ;; # no lab's filesystem has quotas
	*memory=*) has "$1" "$($1 2>&1; echo "exit $?")" "$limits" ;;
	*'apt-get upgrade'*) check "${1#*&& }" sh -c "${1#*&& }" ;;
	*) check "$1" sh -c "$1" ;;
	esac
}

# What no lab can do: another host, its own systemd, a build, packages from the network.
is_elsewhere() {
	case $1 in
	'vsdadm vs_copy' | *make* | *systemctl* | *journalctl* | *other.example* | *elsewhere* | *--install* | *vs_install* | *debootstrap:* | '*/'* | \
		mailq | *authselect* | *rpmbuild* | *dpkg-* | *postconf* | *fence\ =*) return 0 ;;
	last | 'last '*) ! command -v last >/dev/null; return ;; # Debian 13's util-linux has none
	esac
	return 1
}

type_all() { # MINIMUM: of the commands on standard input, one a line
	typed=0
	while read -r command <&4; do
		is_elsewhere "$command" || type_in "$command"
	done 4</tmp/commands
	check "$1 or more of them" test $typed -ge "$1"
}

# What stands between backquotes, and has an argument.
quoted() { awk -F '`' '{ for (i = 2; i <= NF; i += 2) if ($i ~ / /) print $i }'; }

# ---- README: the ten steps
sed -n '/^Your first server in ten steps/,/^[^ ].*vs_copy/p' "$LAB_TOP/README.md" |
	sed -n 's/^    \([a-z]\)/\1/p' | sed 's/  *#.*//; s/&& make install//' >/tmp/commands
alice='vsdadm user_passwd localhost myhost alice' # "then her user_passwd"
sed -i "/user_add/a $alice" /tmp/commands
type_all 9
check 'the last of them was ssh' grep -q '^ssh alice' /tmp/commands

# ---- the pages' examples, of commands of the host
for page in "$LAB_TOP"/vsd-tools/host/*.8 "$LAB_TOP"/nss_vsd/*.8 "$LAB_TOP"/pam_vsd/*.8; do
	sed -n '/^\.Sh EXAMPLES/,/^\.Sh [^E]/p' "$page" | sed -n 's/^\.Dl \(# \)\?//p; s/^# //p'
done | sed "s/\\\\(aq/'/g" >/tmp/commands
# The page of vsdadm makes this server and user, which are there by now.
sed -i -e '/vs_create/d; s/^vsd-vsbatch && //; s/user_add localhost myhost alice/user_add localhost myhost dora/' /tmp/commands
(cd /tmp && mkdir -p /srv) && cd /tmp || exit 1
type_all 18

# ---- the other pages' examples
# What a page shows between its n-th .Bd and .Ed.
shown() { # PAGE N
	sed -n '/^\.Sh EXAMPLES/,/^\.Sh [^E]/p' "$LAB_TOP/$1" |
		awk -v n="$2" '/^\.Ed/ { on = 0 } on { print } /^\.Bd/ { on = ++b == n }'
}
is 'pam_vsd(8) shows the lines of sshd' '' \
	"$(shown pam_vsd/pam_vsd.8 1 | diff - /usr/share/vsd/pam/sshd | grep '^[<>]' | grep -v '^> #')"
shown vsd-tools/guest/vsd-shell.8 1 | sed -n 's/^# //p' >/tmp/shell
is 'vsd-shell(8) shows what it says' "$(shown vsd-tools/guest/vsd-shell.8 1 | sed 1d)" "$(sh /tmp/shell 2>&1)"
is 'vsalias(8) shows its columns' "$(shown vsd-tools/host/vsalias.8 1 | sed -n 's/^\(vs1.*\)eth0 .*/\1/p' | cut -c 34-)" \
	"$(vsalias --list | head -n 1 | sed 's/vsd0 .*//' | cut -c 34-)"
cp /etc/vsd.conf /tmp/vsd.conf
shown libvsd/vsd.conf.5 1 >/etc/vsd.conf
check 'the example of vsd.conf(5) is read' vsboot --status
cp /tmp/vsd.conf /etc/vsd.conf
cp /etc/freevsd.conf /tmp/freevsd.conf
shown conf/freevsd.conf.5 1 >>/etc/freevsd.conf
mkdir -p /usr/local/share/lessons
echo 42 | tee /usr/local/share/lessons/answers >/usr/local/share/lessons/questions
check 'the profile of freevsd.conf(5) is made' vsd-genskel --profile lessons --skel /home/vsd/lessons
has 'with what it includes' "$(find /home/vsd/lessons/ -path '*lessons/questions')" lessons/questions
rm -rf /home/vsd/lessons
cp /tmp/freevsd.conf /etc/freevsd.conf
shown libvsd/vsd-servers.5 1 | sed 's/myhost/shown/' >/etc/vsd/servers/shown
has 'the example of vsd-servers(5) is read' "$(vsdadm vs_info localhost shown 2>&1)" '2003400'
rm /etc/vsd/servers/shown
vsdadm check --repair localhost >/dev/null 2>&1

# ---- in the server: what docs/admin.md and the guests' pages tell its admin to type
inside() { # COMMAND of admin's
	case $1 in
	*passwd\ carol) check "admin: $1" answer "bevs myhost bash -lc '$1'" ;;
	'vi '* | *' vi '*) has "admin: $1" "$(keys ':wq' "$1")" 'exit 0' ;;
	*' -i') has "admin: $1" "$(keys 'id -u; exit' "$1")" 0 ;;
	'kill PID') check "admin: $1" bevs myhost bash -lc 'sleep 99 & kill $!' ;;
	pkill*) bevs -u carol myhost sleep 99 & check "admin: $1" bevs myhost bash -lc "sleep 1; $1" ;;
	'crontab -u carol -l')
		bevs myhost bash -lc 'echo "1 1 * * * true" | crontab -u carol -'
		has "admin: $1" "$(bevs myhost bash -lc "$1")" '1 1 * * * true'
		;;
	'crontab -e') check "admin: $1" bevs myhost bash -lc "EDITOR=true $1" ;;
	'sv status httpd') check "admin: $1" bevs myhost bash -lc "sleep 6; $1" ;;
	*) check "admin: $1" bevs myhost bash -lc "$1" ;;
	esac
}
keys() { # KEYS COMMAND
	KEYS=$1 COMMAND=$2 expect -c '
		set timeout 15
		spawn -noecho bevs myhost bash -lc $env(COMMAND)
		expect -re .
		sleep 1
		send -- "$env(KEYS)\r"
		expect timeout { exit 9 } eof
		puts "exit [lindex [wait] 3]"' 2>&1
}
inside_all() { # MINIMUM: of the commands in /tmp/commands
	typed=0
	while read -r command <&4; do
		typed=$((typed + 1))
		is_elsewhere "$command" || inside "$command"
	done 4</tmp/commands
	check "$1 or more of them" test $typed -ge "$1"
}
# The first column of what is indented, and what its words between backquotes ask for.
sed -n 's/^    \([a-z]\)/\1/p' "$LAB_TOP/docs/admin.md" | sed "s/   *.*//; /'/!s/, /\\n/g" >/tmp/commands
sed -n '/^## Power/,$p' "$LAB_TOP/docs/admin.md" | tr '\n' ' ' | tr '`' '\n' |
	grep -E '^((setrights|sudo) |(who|w|last|ps|ss|rebootvs)( |$))' >>/tmp/commands
sed -i '/^passwd -l carol/a usermod -U carol' /tmp/commands # "unlocks"
# Apache itself is another test's.
printf '#!/bin/sh\nexec sleep 999\n' >/home/vsd/vs/myhost/usr/sbin/apache2
chmod 0755 /home/vsd/vs/myhost/usr/sbin/apache2
# A host with the big vim gives its servers none.
[ -e /home/vsd/vs/myhost/usr/bin/vi ] || cp "$(command -v busybox)" /home/vsd/vs/myhost/usr/bin/vi
inside_all 25
check 'docs/admin.md: what the host is asked for' vsdadm priv_set localhost myhost carol login on
for page in "$LAB_TOP"/vsd-tools/guest/*.8; do
	sed -n '/^\.Sh EXAMPLES/,/^\.Sh [^E]/p' "$page" | sed -n 's/^\.Dl //p; s/^\$ //p'
done >/tmp/commands
bevs myhost bash -lc 'userdel -r carol; useradd bob; sudo -u alice mkdir /home/alice/shared' >/dev/null 2>&1
inside_all 8
shown vsd-tools/guest/vsd-job.8 1 | bevs -u alice myhost crontab -
tap_result $? 'the crontab of vsd-job(8) is taken'

# ---- the guide: a new version, and when something does not work
sed -n '/^## A new version/,/^## Taking/p' "$LAB_TOP/docs/guide.md" | tr '\n' ' ' | tr '`' '\n' |
	grep -E '^(vsdadm|last|getent|vsboot) [-a-z]|^vsd-(install|refreshskel)' | sed '/redirect=/d; s/ *\([-a-z]*\) --live/ \1 --live/' >/tmp/commands
type_all "$(command -v last >/dev/null && echo 8 || echo 7)"

# ---- the guide: ten steps again, and every day
sed -n '/^## Ten steps/,/^## Every day/p' "$LAB_TOP/docs/guide.md" | quoted |
	sed -e '/vs_create/s/myhost 192.0.2.10 www/second 192.0.2.20 second/' \
		-e '/vs_create/!s/myhost/second/; s/192.0.2.10$/192.0.2.20/; s/^`--profile.*//' |
	grep -v '^--' | awk '/vs_create/ { print; print "vsd-vsbatch"; next } { print }' >/tmp/commands
type_all 8
sed -n '/^## Every day/,/^## Services/p' "$LAB_TOP/docs/guide.md" | grep '^|' | quoted |
	grep -v '^--' | sed 's/^\(bevs .*\)$/\1 <\/dev\/null/' |
	awk '/vs_rename/ { print "vsboot --stop myhost"; print; sub("myhost newname", "newname myhost"); print
		print "vsboot --start myhost"; next } { print }' >/tmp/commands
type_all 12
refused 'the server that was deleted is no more' test -e /home/vsd/vs/myhost
check 'vsd-uninstall' vsd-uninstall --yes
done_testing
