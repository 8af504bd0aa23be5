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

# ---- who it is: no uid 0, which could write what servers share
is 'admin, and nobody else' '2000000 2000000 2000000 2000000' "$(r 'awk "/^Uid:/ { print \$2, \$3, \$4, \$5 }" /proc/self/status')"
is 'with five capabilities, and no way to more' '000000000000001f 000000000000001f 1' \
	"$(r 'awk "/^Cap(Eff|Bnd):/ || /^NoNewPrivs:/ { print \$2 }" /proc/self/status' | xargs)"
check 'it writes a file of 0600 of a user' sh -c 'bevs -r vs1 sh -c "umask 077; echo x >/home/alice/own; chown alice:alice /home/alice/own; echo more >>/home/alice/own"'
is 'which is that user'\''s' '2000001 600' "$(stat -c '%u %a' $vs/home/alice/own)"

# ---- what is not the server's own
sum=$(sha256sum <$vs/usr/bin/ls) pattern=$(cat /proc/sys/kernel/core_pattern)
cannot 'a shared file is not written' 'echo x >>/usr/bin/ls' denied
cannot 'not by its mode' 'chmod 777 /usr/bin/ls' Read-only
cannot 'nor by its owner' 'chown admin /usr/bin/ls' Read-only
cannot 'nor taken away' 'rm -f /usr/bin/ls' Read-only
cannot 'nor replaced' 'mv /bin/sh /usr/bin/ls' Read-only
is 'it is as it was' "$sum" "$(sha256sum <$vs/usr/bin/ls)"
cannot "root's own files" 'echo x >>/etc/passwd' denied
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
