#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 1 --sshd
# What a caller of vsd-guest can arrange: refused or right, never half-written.
. "$LAB_DIR/lib/tap.sh"
etc=/home/vsd/vs/vs1/etc
admin() { vssh admin@10.77.0.1 "$@"; }
n=0
# either NAME COMMAND...: what it was to add is there whole, or nothing of it is;
# $U in the command is a new name.
either() {
	n=$((n + 1)) name=$1
	admin "U=u$n; $2" >/dev/null 2>&1 </dev/null
	seen="$(grep -c "^u$n:" $etc/passwd) $(grep -c "^u$n:" $etc/group) $(grep -c "^u$n:" $etc/shadow)"
	case $seen in
	'1 1 1' | '0 0 0') tap_result 0 "$name ($seen)" ;;
	*) tap_result 1 "$name" "$seen" ;;
	esac
	is "$name: the next one works" 0 "$(admin "useradd n$n" >/dev/null 2>&1; echo $?)"
	admin "userdel -r n$n; userdel -r u$n" >/dev/null 2>&1
}
either 'no standard descriptors' 'useradd $U <&- >&- 2>&-'
either 'no descriptor free' 'ulimit -n 3; useradd $U'
either 'a file size of nothing' 'ulimit -f 0; useradd $U'
either 'no processor time' 'ulimit -t 0; useradd $U'
either 'no memory' 'ulimit -v 4000; useradd $U'
either 'no processes' 'ulimit -u 1; useradd $U'
either 'umask 0777' 'umask 0777; useradd $U'
either 'a long argv[0]' 'exec -a "$(head -c 60000 /dev/zero | tr "\0" a)" /usr/lib/vsd/vsd-guest useradd $U'
either 'another argv[0]' 'exec -a rm /usr/lib/vsd/vsd-guest useradd $U'
either 'a deleted working folder' 'mkdir /tmp/d; cd /tmp/d; rmdir /tmp/d; useradd $U'
either 'a hostile environment' 'LD_PRELOAD=/tmp/x.so LD_LIBRARY_PATH=/tmp PATH=/nowhere IFS=/ TMPDIR=/etc POSIXLY_CORRECT=1 /usr/sbin/useradd $U'
either 'killed at once' '(useradd $U & kill -9 $!)'
either 'stopped' '(useradd $U & kill -STOP $!; sleep .2; kill -CONT $!; wait)'
done_testing
