#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --bare --sshd --with nftables
# seconds: 500
# What README, the guide and the pages tell people to type is typed, in their order: the
# ten steps, the guide's every day, and each page's EXAMPLES.
. "$LAB_DIR/lib/tap.sh"
password=lab-first-server typed=0
make -s -C "$LAB_TOP" install DESTDIR= >/tmp/make.log 2>&1 || cat /tmp/make.log
ldconfig
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
	'vsd-genskel --profile'*) check "$1" sh -c "$1 --skel /home/vsd/other" ;;
	*memory=*) has "$1" "$($1 2>&1; echo "exit $?")" "$limits" ;;
	*'apt-get upgrade'*) check "${1#*&& }" sh -c "${1#*&& }" ;;
	*) check "$1" sh -c "$1" ;;
	esac
}

# What no lab can do: another host, its own systemd, a build, packages from the network.
is_elsewhere() {
	case $1 in
	'vsdadm vs_copy' | *make* | *systemctl* | *journalctl* | *other.example* | *elsewhere* | *--install* | *vs_install* | *debootstrap:* | '*/'* | \
		*/var/log/wtmp* | *authselect* | *rpmbuild* | *dpkg-* | *postconf* | *sudo\ vi* | *fence\ =*) return 0 ;;
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
