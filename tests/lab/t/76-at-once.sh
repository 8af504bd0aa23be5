#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 1
# seconds: 300
# Two tools at once on one server: one after the other, whichever comes first, and each
# says what it met.
. "$LAB_DIR/lib/tap.sh"
mkdir -p /usr/local/share/try # a change, so that there is a skeleton to go back to
echo x >/usr/local/share/try/x
sed -i '1i include /usr/local/share/try' /etc/freevsd.conf
vsd-refreshskel >/dev/null
vs=/home/vsd/vs
n=20
make() { # a server of its own, $name
	n=$((n + 1)) name=try$n
	vsdadm vs_create localhost $name 10.77.0.$n $name.example.test 0 50 >/dev/null
	vsd-vsbatch >/dev/null
}
start() { # FILE COMMAND...
	f=/tmp/$1
	shift
	rm -f "$f.status"
	{ "$@" >"$f" 2>&1; echo $? >"$f.status"; } &
}
status() { for f; do cat "/tmp/$f.status"; done | sort | xargs; }
# nothing half done: what the registry has is there, and nothing else
whole() { vsdadm check localhost 2>&1 | tail -n 1
	find $vs /etc/vsd/servers -mindepth 1 -maxdepth 1 -name '.*'; ls -A /var/spool/vsd; ls /var/lib/vsd/rename 2>/dev/null; }

# --- each waits for who has what it changes ---
waits() { # LOCK COMMAND...
	lock=/var/lib/vsd/lock/$1
	shift
	rm -f /tmp/held
	{ flock 9; echo yes >/tmp/held; sleep 1.5; } 9>>"$lock" &
	wait_for /tmp/held
	start a "$@"
	sleep 0.7
	is "waits for ${lock##*/}: $*" '' "$(cat /tmp/a.status 2>/dev/null)"
	wait
	is 'and does it then' 0 "$(cat /tmp/a.status)"
}
make
waits registry vsdadm vs_set localhost $name max_users=40
waits registry vsdadm vs_disable localhost $name
waits registry vsdadm vs_rename localhost $name $name-a
waits "tree-$name-a" vsdadm vs_rename localhost $name-a $name
waits "tree-$name" vsdadm vs_export localhost $name /tmp/y.tar
waits "tree-$name" vsd-refreshskel --rollback
waits registry vsdadm vs_create localhost more 10.77.0.19 more.example.test 0 50
waits registry vsd-vsbatch
waits "tree-$name" vsdadm vs_delete localhost $name
waits registry vsdadm vs_delete localhost more
is 'all is well' 'all is well' "$(whole)"
{ flock 9; echo yes >/tmp/held; sleep 1; } 9>>/var/lib/vsd/lock/tree-.skeletons &
sleep 0.3
has 'a refresh does not wait for another' "$(vsd-refreshskel 2>&1)" 'another tool works on skeletons'
wait

for round in $(seq 6); do
	make
	start a vsdadm vs_delete localhost $name
	start b vsdadm vs_delete localhost $name
	wait
	is "two vs_delete: one of them does it ($round)" '0 1' "$(status a b)"
	is 'and all is well' 'all is well' "$(whole)"
	make
	start a vsdadm vs_rename localhost $name $name-a
	start b vsdadm vs_rename localhost $name $name-b
	wait
	is "two vs_rename: one of them does it ($round)" '0 1' "$(status a b)"
	is 'all is well' 'all is well' "$(whole)"
	make
	start a vsdadm vs_delete localhost $name
	start b vsdadm vs_rename localhost $name $name-b
	wait
	left=$(vsdadm vs_list localhost | awk -v n=$name '$1 == n || $1 == n "-b" { print $1 }')
	# The name is gone in each case; deleted, or another's turn
	case $(cat /tmp/a.status) in
	0) is "vs_delete and vs_rename: deleted ($round)" '' "$left" ;;
	*) is "vs_delete and vs_rename: renamed ($round)" "$name-b" "$left" ;;
	esac
	is 'all is well' 'all is well' "$(whole)"
done
for round in $(seq 4); do
	make
	start a vsdadm --rights login user_add localhost $name alice
	start b vsdadm --rights login user_add localhost $name bob
	start c vsdadm vs_set localhost $name max_users=40
	start d vsdadm vs_set localhost $name max_sessions=7
	wait
	is "users and settings at once ($round)" '0 0 0 0' "$(status a b c d)"
	is 'both users are there' 'alice bob' "$(vsdadm user_list localhost $name | awk '{ print $1 }' | grep -x -e alice -e bob | sort | xargs)"
	is 'and both settings' '40 7' "$(vsdadm vs_info localhost $name | awk '$1 == "max_users" || $1 == "max_sessions" { print $2 }' | xargs)"
	rm -f /tmp/x.tar
	start a vsdadm vs_export localhost $name /tmp/x.tar
	start b vsdadm vs_delete localhost $name
	start c vsd-refreshskel
	start d vsd-vsbatch
	wait
	is "export, delete, refresh, vsbatch ($round): deleted" '0 ' "$(cat /tmp/b.status) $(vsdadm vs_list localhost | awk -v n=$name '$1 == n')"
	case $(cat /tmp/a.status) in
	0) check 'the export is whole' tar tf /tmp/x.tar ;;
	*) is 'no export is half made' '' "$(ls /tmp/x.tar 2>/dev/null)" ;;
	esac
	is 'all is well' 'all is well' "$(whole)"
done
done_testing
