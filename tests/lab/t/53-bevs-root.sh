#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd
# bevs -r: power over what the server's users own, and over nothing else; and the terminal
# that bevs gives whoever has one.
. "$LAB_DIR/lib/tap.sh"
vs=/home/vsd/vs/vs1
# Without a terminal of its caller's, and with one.
r() { bevs -r vs1 sh -c "$1" </dev/null 2>&1; }
on_tty() { script -qec "bevs $*" /dev/null </dev/null | tr -d '\r\0' | sed 's/\^@//g'; }
cannot() { # WHAT COMMAND REASON: it fails, and for this reason
	seen=$(r "$2; echo status=\$?")
	lacks "$1" "$seen" 'status=0'
	has 'as the kernel says' "$seen" "$3"
}

# ---- who it is: 0 in there, and admin to the host and on every file; the host's 0, which
# could write what servers share, is nothing in there
is 'root, and nobody else' '0 0 0 0 root' "$(r 'awk "/^Uid:/ { print \$2, \$3, \$4, \$5 }" /proc/self/status; id -un' | xargs)"
is 'its groups too' '0 0 0 0 root' "$(r 'awk "/^Gid:/ { print \$2, \$3, \$4, \$5 }" /proc/self/status; id -gn' | xargs)"
is 'as the environment says' 'root root /root' "$(r 'echo $USER $LOGNAME $HOME')"
bevs -r vs1 sh -c 'exec sleep 77' </dev/null &
for _ in $(seq 50); do
	pid=$(pgrep -xf 'sleep 77') && break
	sleep 0.05
done
is 'admin on the host' '2000000 2000000 2000000 2000000' "$(awk '/^Uid:/ { print $2, $3, $4, $5 }' "/proc/$pid/status")"
is 'and in the server' admin "$(bevs vs1 ps -C sleep -o user= | xargs)"
kill "$pid"
wait
is 'each of the others is as outside' '0 2000000 1 2000001 2000001 199' "$(r 'cat /proc/self/uid_map' | xargs)"
is 'which is so of groups' '0 2000000 1 2000001 2000001 199' "$(r 'cat /proc/self/gid_map' | xargs)"
is 'what it makes is admin'\''s' '2000000 2000000' "$(r 'echo x >/root/made'; stat -c '%u %g' $vs/root/made)"
is 'what it gives to root, too' '2000000 2000000' "$(r 'echo x >/home/alice/made; chown alice /home/alice/made; chown root:root /home/alice/made'; stat -c '%u %g' $vs/home/alice/made)"
is 'a copy with owners' '2000000 2000001' "$(r 'mkdir /root/a /root/b; touch /root/a/1 /root/a/2; chown alice /root/a/2; tar -C /root/a -cf - . | tar -C /root/b -xf -'; stat -c %u $vs/root/b/1 $vs/root/b/2 | xargs)"
is 'root'\''s files, and admin'\''s, list as root'\''s' 'root root' "$(r 'stat -c %U /etc/passwd /root' | xargs)"
is 'with five capabilities, and no way to more' '000000000000001f 000000000000001f 1' \
	"$(r 'awk "/^Cap(Eff|Bnd):/ || /^NoNewPrivs:/ { print \$2 }" /proc/self/status' | xargs)"
check 'it writes a file of 0600 of a user' sh -c 'bevs -r vs1 sh -c "umask 077; echo x >/home/alice/own; chown alice:alice /home/alice/own; echo more >>/home/alice/own"'
is 'which is that user'\''s' '2000001 600' "$(stat -c '%u %a' $vs/home/alice/own)"

# ---- what is not the server's own
sum=$(sha256sum <$vs/usr/bin/ls) pattern=$(cat /proc/sys/kernel/core_pattern)
cannot 'a shared file is not written' 'echo x >>/usr/bin/ls' denied
cannot 'not by its mode' 'chmod 777 /usr/bin/ls' Read-only
cannot 'nor by its owner' 'chown alice /usr/bin/ls' Read-only
cannot 'nor taken away' 'rm -f /usr/bin/ls' Read-only
cannot 'nor replaced' 'mv /bin/sh /usr/bin/ls' Read-only
cannot 'nor taken from the helper' 'cp /bin/sh /usr/lib/vsd/vsd-guest' 'Read-only'
is 'it is as it was' "$sum" "$(sha256sum <$vs/usr/bin/ls)"
cannot "root's own files" 'echo x >>/etc/passwd' denied
cannot 'which it cannot take' 'chown root /etc/passwd' 'not permitted'
cannot 'nor open by their mode' 'chmod 666 /etc/passwd' 'not permitted'
cannot 'nor move' 'mv /etc /old' denied
cannot 'nor read, where they are shut' 'cat /etc/shadow' denied
cannot '/proc/sys' 'echo x >/proc/sys/kernel/core_pattern' 'Read-only'
cannot 'the host name' 'echo x >/proc/sys/kernel/hostname' 'Read-only'
is 'which is as it was' "$pattern" "$(cat /proc/sys/kernel/core_pattern)"

# ---- nor does it get out
cannot 'no other root' 'chroot / true' 'not permitted'
cannot 'no namespace of its own' 'unshare -m true' 'not permitted'
cannot 'not by a user namespace' 'unshare -U true' 'not permitted'
cannot 'nor the first process'\''s' 'nsenter -t 1 -m true' denied
cannot 'nor by its root' 'ls /proc/1/root/' denied
cannot 'no device' 'mknod /root/sda b 8 0' 'not permitted'
cannot 'no file of an owner outside' 'touch /root/f; chown 2000200 /root/f' 'Invalid argument'
lacks 'it sees no other server' "$(r 'ls /home/vsd/vs; ps ax; hostname')" vs2
is 'above / is /' "$(r 'stat -c %i /')" "$(r 'cd /; stat -c %i ../../..')"

# ---- the terminal
# shellcheck disable=SC2086 # an option and its value
for who in '' -r '-u alice'; do
	has "bevs $who: a terminal of the server's" "$(on_tty $who vs1 tty)" /dev/pts/
	has 'which it has opened' "$(on_tty $who vs1 sh -c "'[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo all'")" all
	is 'none, without one of the caller'\''s' 'not a tty' "$(bevs $who vs1 tty </dev/null)"
	check 'but one to open, where there is none' bevs $who vs1 sh -c 'true </dev/tty'
done
is 'its number is the server'\''s, not the host'\''s' /dev/pts/0 "$(on_tty vs1 tty)"
done_testing
