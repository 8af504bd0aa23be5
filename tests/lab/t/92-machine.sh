#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --bare --with nspawn --packages
# seconds: 500
# The whole life on a machine with a real systemd: packages installed, the host
# configured, a server made, logins from another host, a reboot, logins again, and all
# of it taken back.  The script runs three times: in the lab, where it takes the
# packages and boots the system; there; and there again after its reboot.
if [ ! -d /run/systemd/system ]; then
	mkdir /srv/b
	cp -a "$LAB_PACKAGES"/*.deb /srv/b/
	rm -f /srv/b/*-dbgsym_*
	exec "$LAB_DIR/lib/nspawn-boot.sh" "$LAB_DIR/t/92-machine.sh" vsftpd
fi
. "$LAB_DIR/lib/tap.sh"
kept=/srv/kept # what is remembered over the reboot
user=alice password=lab-alice-vs1

# Another host: it is on the other side of a cable.
network() {
	ip link set lo up
	ip netns add client
	ip link add veth0 type veth peer name veth0 netns client
	ip addr add 10.88.0.1/24 dev veth0
	ip link set veth0 up
	ip -n client link set lo up
	ip -n client addr add 10.88.0.2/24 dev veth0
	ip -n client link set veth0 up
	ip -n client route add 10.77.0.0/16 via 10.88.0.1
	mkdir -p ~/.ssh
	read -r type key _ </etc/ssh/ssh_host_ed25519_key.pub
	echo "* $type $key" >~/.ssh/known_hosts
}

client() { ip netns exec client "$@"; }
key_ssh() { client ssh -i "$LAB_KEY" -o BatchMode=yes -o ConnectTimeout=10 "$@"; }
ftp() { client curl -sS -m 20 -u "$user:$password" "$@" 2>&1; }

within() { # SECONDS COMMAND...: until it is true
	tries=$(($1 * 10))
	shift
	for _ in $(seq $tries); do
		"$@" >/dev/null 2>&1 && return 0
		sleep .1
	done
	"$@"
}

# Processes with an id of a range that are not in their server's control group, or
# whose root is the host's.
strays() {
	ps -eo pid=,uid= | while read -r pid id; do
		[ "$id" -ge 2000000 ] && group=$(sed -n 's/^0:://p' "/proc/$pid/cgroup" 2>/dev/null) || continue
		case $group in
		/vsd/vs1 | /vsd/vs1/*)
			[ "$(stat -Lc %d:%i "/proc/$pid/root" 2>/dev/null)" != "$(stat -Lc %d:%i /)" ] || echo "root: $pid"
			;;
		*) echo "$pid $id $group: $(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null)" ;;
		esac
	done
}

logind_users() { loginctl list-users --no-legend | grep -w -e "$1" -e alice; }

logins() { # WHEN
	check "$1: sshd is up" within 20 client nc -z 10.77.0.1 22
	check "$1: so is vsftpd" within 20 client nc -z 10.77.0.1 21
	is "$1: alice logs in by her key" 'alice vs1 /home/alice' \
		"$(key_ssh alice@10.77.0.1 'id -un; hostname; pwd' | xargs)"
	has "$1: by her password" "$(pwssh password alice@10.77.0.1 $password 'id -un; hostname')" vs1
	is "$1: root of the host at the host's address" root "$(key_ssh root@10.88.0.1 id -un)"
	refused "$1: and not at the server's" key_ssh root@10.77.0.1 true
	head -c 100000 /dev/urandom >/tmp/up
	check "$1: she puts a file by ftp" ftp ftp://10.77.0.1/up -T /tmp/up
	ftp ftp://10.77.0.1/up -o /tmp/down
	check "$1: and gets it" cmp /tmp/up /tmp/down
	is "$1: it is hers" 2000001 "$(stat -c %u /home/vsd/vs/vs1/home/alice/up)"
	is "$1: in her server's root" vs1 "$(ftp ftp://10.77.0.1//etc/hostname)"
}

# Logins by each way while logind looks.
logind() {
	has 'the host'\''s stacks start sessions of logind' "$(cat /etc/pam.d/common-session)" pam_systemd.so
	uid=$(id -u alice@vs1)
	key_ssh alice@10.77.0.1 'mkdir -p ~/.config/systemd/user/default.target.wants
		printf "[Service]\nExecStart=/bin/touch /tmp/ran-on-the-host\n" >~/.config/systemd/user/evil.service
		ln -s ../evil.service ~/.config/systemd/user/default.target.wants/'
	key_ssh alice@10.77.0.1 sleep 4 &
	su -l alice@vs1 -c 'sleep 4' </dev/null &
	client curl -sS --limit-rate 20K -u $user:$password ftp://10.77.0.1/up -o /dev/null &
	key_ssh root@10.88.0.1 sleep 4 &
	sleep 2.5
	has 'logind knows of a session of root' "$(loginctl list-users --no-legend)" root
	is 'while alice has processes by three ways' 1 "$(($(pgrep -cu "$uid") >= 3))"
	is 'none of them outside her server' '' "$(strays)"
	is 'logind knows nothing of her' '' "$(logind_users "$uid")"
	refused 'she has no user manager' systemctl is-active "user@$uid"
	check 'nor a folder in /run/user' test ! -e "/run/user/$uid"
	wait
	check 'her unit did not run on the host' test ! -e /tmp/ran-on-the-host
}

etc() { diff -r --no-dereference $kept/etc /etc | grep -v -e 'ld\.so\.cache' -e default-syslog; }

network
if [ ! -d $kept ]; then
	mkdir $kept
	cp -a /etc $kept/etc
	check 'the packages install' sh -c 'dpkg -i /srv/b/*.deb'
	is 'and start and enable nothing' 'inactive disabled' \
		"$(systemctl is-active vsd.target) $(systemctl is-enabled vsd.target)"
	check 'the folder of what runs is there' test -d /run/vsd
	sed -i 's/^interface = .*/interface = vsd0/' /usr/share/vsd/vsd.conf
	check 'vsd-install' vsd-install
	is 'the server starts with the host' enabled "$(systemctl is-enabled vsd.target)"
	check 'vsd-genskel' vsd-genskel --profile minimal
	check 'vs_create' vsdadm vs_create localhost vs1 10.77.0.1 vs1.example.test 100 50
	check 'vsd-vsbatch' vsd-vsbatch
	check 'user_add' vsdadm --rights login,ftp user_add localhost vs1 $user
	echo $password | vsdadm user_passwd localhost vs1 $user
	check 'it boots' vsboot --start vs1
	check 'and takes a key' bevs -u $user vs1 sh -c \
		"umask 077; mkdir -p ~/.ssh; echo '$(cat "$LAB_KEY.pub")' >~/.ssh/authorized_keys"
	logins 'on the first day'
	logind
	is 'nothing has failed' '' "$(systemctl list-units --failed --plain --no-legend 'vsd*')"
	# shellcheck disable=SC2154 # tap.sh assigns them
	echo "tap_n=$tap_n tap_bad=$tap_bad" >$kept/tap
	: >/run/test-reboots
	systemctl --no-block reboot
	exit 0
fi

. $kept/tap
is 'after the reboot the server runs by itself' 'active active' \
	"$(systemctl is-active vsd.target) $(systemctl is-active vsd@vs1)"
check 'vsboot sees it' vsboot --status vs1
logins 'after the reboot'
is 'nothing has failed' '' "$(systemctl list-units --failed --plain --no-legend 'vsd*')"
is 'no process of a range is outside its server' '' "$(strays)"

check 'vsd-uninstall' vsd-uninstall --yes
is 'no unit of ours is left at work' '' \
	"$(systemctl list-units --plain --no-legend --state=active,activating,failed 'vsd*')"
lacks 'nor an address' "$(ip -o addr)" 10.77.0.1
is 'root logs in' root "$(key_ssh root@10.88.0.1 id -un)"
refused 'alice does not' key_ssh alice@10.88.0.1 true
check 'the packages go' dpkg -P vsd-tools libpam-vsd libnss-vsd
is '/etc is as it was before them' '' "$(etc)"
is 'and nothing of ours is anywhere' '' \
	"$(ls -d /home/vsd/* /etc/vsd* /var/lib/vsd /var/spool/vsd /run/vsd /usr/lib/vsd /usr/share/vsd 2>/dev/null)"
done_testing
