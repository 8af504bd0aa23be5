#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd
# seconds: 500
# What a caller of vsd-guest can arrange: refused or right, never half-written.
. "$LAB_DIR/lib/tap.sh"
cc -O1 -D_GNU_SOURCE -o /tmp/caller "$LAB_DIR/probe/caller.c" || exit 1
vs=/home/vsd/vs etc=/home/vsd/vs/vs1/etc
install -m 0755 /tmp/caller $vs/vs1/root/caller
install -m 0755 /tmp/caller $vs/vs1/home/alice/caller
admin() { vssh admin@10.77.0.1 "$@"; }
alice() { vssh alice@10.77.0.1 "$@"; }
guest=/usr/lib/vsd/vsd-guest
put="setpriv --reuid 2000000 --regid 2000000 --clear-groups"
n=0
there() { # UID VERB...: in vs2
	in=$1
	shift
	set -- setpriv --reuid "$in" --regid "$in" --clear-groups $guest "$@"
	if [ "$LAB_ISOLATION" = full ]; then
		pid=$(cut -d' ' -f1 /run/vsd/vs2/init)
		nsenter -t "$pid" -m -p --root="/proc/$pid/root/vs" "$@"
	else
		chroot $vs/vs2 "$@"
	fi
}

# Every line of the account files is whole, and every user has one in each.
whole() {
	awk -F: 'FILENAME ~ /passwd$/ { if (NF != 7) bad = 1; if ($3 > 2000000) u[$1]++ }
		FILENAME ~ /group$/ && NF != 4 { bad = 1 }
		FILENAME ~ /shadow$/ { if (NF != 9) bad = 1; s[$1]++ }
		END { for (n in u) if (u[n] != 1 || s[n] != 1) bad = 1; exit bad }' \
		$etc/passwd $etc/group $etc/shadow &&
		[ "$(stat -c %u%g%a $etc/passwd $etc/group | xargs)" = '00644 00644' ] &&
		[ "$(stat -c %a $etc/shadow)" = "$shadow_mode" ]
}
shadow_mode=$(stat -c %a $etc/shadow)
# A root that may not raise a hard limit (a container's) has to live with it.
# `tiny`: where it may, the loader itself may still be in want.
hard=none tiny=none
! sh -c 'ulimit -c 0; ulimit -c unlimited' 2>/dev/null || hard=all tiny=either

# outcome NAME WANTED COMMAND...: what it was to add is there whole ("all"), or
# nothing of it is ("none"), or one of the two ("either"); $U in the command is a new
# name.  Then an ordinary call works.
outcome() {
	name=$1 wanted=$2
	said=$(admin "cd /root; /usr/sbin/userdel -r u$n >/dev/null 2>&1; U=u$((n + 1)); ($3)
		/usr/sbin/useradd n && /usr/sbin/userdel -r n && echo and-then" 2>&1 </dev/null)
	n=$((n + 1))
	judge "$name" "$wanted" u$n "$said"
	has "$name: the next one works, and all lines are whole" "$(echo "$said" | grep -x and-then) $(whole && echo whole)" 'and-then whole'
}

# judge NAME WANTED USER [WHAT WAS SAID]
judge() {
	seen="$(grep -c "^$3:" $etc/passwd) $(grep -c "^$3:" $etc/group) $(grep -c "^$3:" $etc/shadow) $(grep -c "[:,]$3\(,\|\$\)" $etc/vsd/priv) $(stat -c %u:%a $vs/vs1/home/$3 2>&1 | tail -c 12)"
	case $2,$seen in
	all,'1 1 1 1 '20000*:755 | either,'1 1 1 1 '20000*:755) tap_result 0 "$1" ;;
	none,'0 0 0 0 '*directory | either,'0 0 0 0 '*directory) tap_result 0 "$1" ;;
	*) tap_result 1 "$1" "$seen: ${4-}" ;;
	esac
}

# --- descriptors
outcome 'no standard descriptors' all 'useradd $U <&- >&- 2>&-'
outcome 'thousands of descriptors' all 'ulimit -n $(ulimit -Hn); ./caller files=5000 -- /usr/sbin/useradd $U'
# The loader needs one, before there is anything of ours.
outcome 'all that the limit lets' none './caller files -- /usr/sbin/useradd $U'
outcome 'all but one' all 'ulimit -Sn 200; ./caller files=196 -- /usr/sbin/useradd $U'
most='ulimit -Sn 200; ./caller files=196 -- /usr/lib/vsd/vsd-guest simroot /bin/echo ok'
is 'simroot with all but one' ok "$(admin "$most" 2>&1)"
is 'and what it runs has the limit' 200 "$(admin 'ulimit -Sn 200; simroot sh -c "ulimit -Sn"')"
outcome 'stdin a FIFO that nobody writes to' all 'rm -f f; mkfifo f; useradd $U <>f'
outcome 'stdout a full pipe' all 'rm -f f; mkfifo f; exec 3<>f; dd if=/dev/zero of=f bs=4096 count=16 2>/dev/null; useradd $U >f 2>&1'
outcome 'stdout that may not grow' all 'ulimit -Sf 0; useradd $U >out 2>&1'

# --- arguments and environment
outcome 'argc 0' none "./caller argc0 -- $guest"
outcome 'a long argv[0]' all "./caller long0 -- $guest useradd \$U"
outcome 'another argv[0]' none "exec -a rm $guest useradd \$U"
outcome 'an empty argv[0]' all "exec -a '' $guest useradd \$U"
outcome 'a hostile environment' all 'env -i $(for v in LD_PRELOAD LD_LIBRARY_PATH LD_AUDIT LD_DEBUG LD_DEBUG_OUTPUT LD_PROFILE LD_BIND_NOW \
	LD_ORIGIN_PATH GLIBC_TUNABLES MALLOC_TRACE MALLOC_PERTURB_ GCONV_PATH LOCPATH NLSPATH LANGUAGE LANG LC_ALL TZ TZDIR HOSTALIASES RES_OPTIONS \
	LOCALDOMAIN GETCONF_DIR RESOLV_HOST_CONF TMPDIR TMP PATH IFS ENV BASH_ENV CDPATH SHELLOPTS PS4 HOME USER LOGNAME SHELL SHADOW PWD OLDPWD COLUMNS \
	POSIXLY_CORRECT _2_GNU_nonoption_argv_flags_ JANSSON NSS_FILES_passwd UMASK TAR_OPTIONS XDG_RUNTIME_DIR; do echo "$v=/root/out/../../%s%n"; done) /usr/sbin/useradd $U'
outcome 'an environment of a megabyte' all 'for i in 1 2 3 4 5 6 7 8 9 10; do export V$i="$(head -c 100000 /dev/zero | tr "\0" v)"; done; /usr/sbin/useradd $U'
refused 'nothing was written where the environment pointed' test -e $vs/vs1/root/out.0

# --- limits, umask, working folder
outcome 'a file size of nothing, for now' all 'ulimit -Sf 0; useradd $U'
outcome 'a file size of nothing' "$hard" 'ulimit -f 0; useradd $U'
outcome 'no processor time' $tiny 'ulimit -t 0; useradd $U'
outcome 'a second of it' "$hard" 'ulimit -t 1; useradd $U'
outcome 'minutes of it' all 'ulimit -t 120; useradd $U'
outcome 'timers and a limit of processor time' either './caller timers -- /usr/sbin/useradd $U'
outcome 'the same, with the signals ignored' "$hard" './caller ignore timers -- /usr/sbin/useradd $U'
outcome 'files of a kilobyte' "$hard" 'ulimit -f 1; useradd $U'
outcome 'no memory' $tiny 'ulimit -v 4000; useradd $U'
outcome 'little memory' "$hard" 'ulimit -v 30000; useradd $U'
outcome 'little data' "$hard" 'ulimit -d 8000; useradd $U'
outcome 'no stack' $tiny 'ulimit -s 16; useradd $U'
outcome 'little stack' "$hard" 'ulimit -s 600; useradd $U'
outcome 'few descriptors' $hard 'ulimit -n 20; useradd $U'
[ $hard = all ] || has 'and which it is' "$(admin 'ulimit -n 20; useradd x' 2>&1)" 'descriptors (ulimit -n)'
outcome 'no processes' all 'ulimit -u 1; exec useradd $U'
outcome 'no locked memory, no core, no queues' all 'ulimit -l 0; ulimit -c unlimited; ulimit -i 0; ulimit -q 0; useradd $U'
outcome 'the last to get the processor' all './caller idle -- /usr/sbin/useradd $U'
outcome 'umask 0' all 'umask 0; useradd $U'
outcome 'umask 0777' all 'umask 0777; useradd $U'
outcome 'a deleted working folder' all 'mkdir /tmp/d; cd /tmp/d; rmdir /tmp/d; useradd $U'
outcome 'children that are not its own' all './caller children=50 -- /usr/sbin/useradd $U'

# --- signals and tracing
outcome 'every signal ignored and held' all './caller ignore -- /usr/sbin/useradd $U'
outcome 'its terminal gone' all 'setsid -w useradd $U'
after='0 300 600 900 1200 1500 2000 3000 5000 8000'
admin "for us in $after; do ./caller kill=\$us -- /usr/sbin/useradd k\$us; ./caller stop=\$us -- /usr/sbin/useradd s\$us; done" >/dev/null 2>&1
for us in $after; do
	judge "killed after $us microseconds" either k$us
	judge "stopped after $us microseconds" all s$us
done
check 'all lines are whole' whole
# Traced at the moment of exec, it gains nothing, says so and does nothing.
outcome 'stopped, traced, limited and slowed down by its like' either './caller harass -- /usr/sbin/useradd $U'
outcome 'traced from the start' none './caller trace -- /usr/sbin/useradd $U'
has 'and why' "$(admin './caller trace -- /usr/sbin/useradd x' 2>&1)" 'a tracer is attached'
alice 'for us in 0 500 1000 2000; do ./caller kill=$us -- /usr/bin/chfn -f $us; done' >/dev/null 2>&1
check "alice's chfn, killed: all lines are whole" whole
check 'and the next one works' alice chfn -f Alice

# --- who, and where
cp -a $etc /tmp/etc-before
for verb in 'useradd x' 'passwd alice' 'chsh -s /bin/sh' 'setrights alice +ftp' 'kill 1' listrights rebootvs mailstore 'simroot true'; do
	refused "on the host: $verb" $put $guest $verb
	refused "by the server's copy on the host: $verb" $put $vs/vs1$guest $verb
	# With the other isolation that is what being inside is.
	[ "$LAB_ISOLATION" = chroot ] || refused "in a plain chroot: $verb" chroot $vs/vs1 setpriv --reuid 2000000 --regid 2000000 --clear-groups $guest $verb
done
check "vs2's own admin in vs2 (so that it is the wall)" there 2000200 listrights
for verb in 'useradd x' 'passwd alice' 'setrights alice +ftp' listrights 'simroot true'; do
	# shellcheck disable=SC2086 # a verb and its words
	for who in "2000000 vs1's admin in vs2" '1999999 an id of no server' '65534 nobody'; do
		refused "${who#* }: $verb" there "${who%% *}" $verb
	done
done
for verb in 'useradd x' passwd 'passwd alice' 'chsh -s /bin/sh' 'chfn -f x' 'setrights alice +ftp' 'simroot true'; do
	# shellcheck disable=SC2086 # likewise
	refused "an id that is no user's: $verb" there 2000350 $verb
done
check 'and nothing changed' diff -r --no-dereference $etc /tmp/etc-before
done_testing
