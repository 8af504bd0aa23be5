#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd --with nss
# The host's own commands, on the names and ids of servers' users.
. "$LAB_DIR/lib/tap.sh"
vs=/home/vsd/vs

# ---- getent
is 'getent passwd by name' \
	'alice@vs1:x:2000001:2000001:Lab alice:/home/vsd/vs/vs1/./home/alice:/usr/lib/vsd/vsd-shell' \
	"$(getent passwd alice@vs1)"
is 'by uid' alice@vs2 "$(getent passwd 2000201 | cut -d: -f1)"
is 'getent group' 'alice@vs1:x:2000001:' "$(getent group alice@vs1)"
is 'by gid' alice@vs1 "$(getent group 2000001 | cut -d: -f1)"
is 'a group of the server that names its users' 'users@vs1:x:2000100:alice@vs1,bob@vs1' "$(
	echo 'users:x:2000100:alice,bob' >>$vs/vs1/etc/group
	getent group users@vs1)"
is 'getent initgroups' 'alice@vs1 2000100' "$(getent initgroups alice@vs1 | xargs)"
has 'getent shadow, for root' "$(getent shadow alice@vs1)" 'alice@vs1:$y$'
is 'for nobody else' '' "$(setpriv --reuid 65534 --regid 65534 --clear-groups getent shadow alice@vs1)"
(umask 077; echo 'admin:!::' >$vs/vs1/etc/gshadow)
is 'getent gshadow, of a server that has one' 'admin@vs1' "$(getent gshadow admin@vs1 | cut -d: -f1)"
is 'the whole passwd: host, vs1, vs2' 'root admin@vs1 alice@vs1 bob@vs1 admin@vs2 alice@vs2 bob@vs2' \
	"$(getent passwd | grep -e '^root:' -e '^[a-z]*@' | cut -d: -f1 |
		grep -x -e root -e 'admin@.*' -e 'alice@.*' -e 'bob@.*' | xargs)"
is 'the whole shadow' 4 "$(getent shadow | grep -c -e '^alice@' -e '^bob@')"
has 'the whole group' "$(getent group | cut -d: -f1 | xargs)" 'users@vs1'
for bad in alice@ @vs1 alice@vs9 alice@vs1@vs2 root@vs1 ALICE@vs1 alice; do
	refused "getent passwd '$bad'" getent passwd "$bad"
done
is 'uids between the ranges and beyond are nobody' '' \
	"$(getent passwd 2000150; getent passwd 1999999; getent passwd 2000400; getent passwd 4294967294)"

# ---- id, groups
is 'id' 'uid=2000001(alice@vs1) gid=2000001(alice@vs1) groups=2000001(alice@vs1),2000100(users@vs1)' \
	"$(id alice@vs1)"
is 'id of a uid' alice@vs1 "$(id -un 2000001)"
is 'groups' 'alice@vs1 : alice@vs1 users@vs1' "$(groups alice@vs1)"
is 'a host user keeps their groups' "$(sed -n 's/^adm:[^:]*:\([0-9]*\):.*/\1/p' /etc/group)" "$(
	useradd -G adm hosty && id -G hosty | cut -d' ' -f2)"
# Another source beside the files, as a directory's is.
mkdir -p /var/lib/extrausers
: >/var/lib/extrausers/passwd
echo 'staffers:x:7001:hosty' >/var/lib/extrausers/group
cp /etc/nsswitch.conf /tmp/nsswitch.conf
sed -i '/^initgroups/d; s/^group:.*/group: files [SUCCESS=merge] extrausers [NOTFOUND=continue]/' /etc/nsswitch.conf
before=$(id -G hosty)
has 'without us a user of the host has groups of each source' "$before" 7001
vsd-install >/dev/null
is 'and has them after vsd-install' "$before" "$(id -G hosty)"
sed -i 's/^initgroups.*/initgroups: vsd [SUCCESS=return] files/' /etc/nsswitch.conf
lacks 'an older one had shut them out' "$(id -G hosty)" 7001
check 'vsd-install mends that' vsd-install
is 'and they are there again' "$before" "$(id -G hosty)"
is 'a VS user has only those of the server' 'alice@vs1 2000100' "$(
	echo 'staffers:x:7001:hosty,alice@vs1' >/var/lib/extrausers/group
	getent initgroups alice@vs1 | xargs)"
cp /tmp/nsswitch.conf /etc/nsswitch.conf

# ---- what files and processes are shown as
is 'ls -l' 'alice@vs1 alice@vs1 bob@vs1 bob@vs1' \
	"$(ls -l $vs/vs1/home | awk '$NF == "alice" || $NF == "bob" { print $3, $4 }' | xargs)"
is 'ls -ln' 2000001 "$(ls -ln $vs/vs1/home | awk '$NF == "alice" { print $3 }')"
is 'stat' 'admin@vs2:admin@vs2' "$(stat -c %U:%G $vs/vs2/root)"
vssh alice@10.77.0.1 sleep 291 &
for _ in $(seq 50); do
	pgrep -f '^sleep 291' >/dev/null && break
	sleep 0.1
done
has 'ps aux' "$(ps auxww | grep '[s]leep 291' | head -n 1)" alice
is 'ps -u' 'sleep' "$(ps -u alice@vs1 -o comm= | grep -x sleep)"
is 'pgrep -u' "$(pgrep -f '^sleep 291')" "$(pgrep -u alice@vs1 -f '^sleep 291')"
kill "$(pgrep -f '^sleep 291')"

# ---- names given to commands
touch /tmp/f
check 'chown' chown alice@vs1:users@vs1 /tmp/f
is 'which sets the ids' '2000001 2000100' "$(stat -c '%u %g' /tmp/f)"
check 'install -o' install -o bob@vs2 -g bob@vs2 /tmp/f /tmp/g
is 'find -user' "$vs/vs1/home/bob" "$(find $vs -maxdepth 3 -path '*/home/*' -user bob@vs1)"
is 'find -group' /tmp/f "$(find /tmp -maxdepth 1 -group users@vs1)"
is 'find -nouser finds none of theirs' '' "$(find $vs/vs1/home $vs/vs2/home -nouser)"
tar -C $vs/vs1/home --numeric-owner -cf /tmp/n.tar alice 2>/dev/null
tar -C $vs/vs1/home -cf /tmp/a.tar alice
has 'tar keeps the name' "$(tar -tvf /tmp/a.tar | head -n 1)" alice@vs1/alice@vs1
tar -C /tmp --owner=bob@vs1 --group=users@vs1 -cf /tmp/o.tar f
has 'tar --owner' "$(tar --numeric-owner -tvf /tmp/o.tar)" 2000002/2000100
mkdir /tmp/x && tar -C /tmp/x -xf /tmp/a.tar
is 'tar restores by name' 2000001 "$(stat -c %u /tmp/x/alice)"
check 'setfacl' setfacl -m u:alice@vs1:r,g:users@vs1:r /tmp/g
has 'getfacl' "$(getfacl -p /tmp/g)" 'user:alice@vs1:r--'
check 'rsync' rsync -a $vs/vs1/home/alice/ /tmp/r/
is 'keeps the owner' alice@vs1 "$(stat -c %U /tmp/r)"
check 'rsync --chown' rsync --chown=bob@vs2:bob@vs2 /tmp/f /tmp/r2
is 'sets it' bob@vs2 "$(stat -c %U /tmp/r2)"
check 'cp -a' cp -a $vs/vs1/home/alice /tmp/c
check 'a crontab line or a config may name them: getent in a script' sh -c 'test "$(id -u bob@vs2)" = 2000202'

# ---- a long-lived process sees every change
python3 - >/tmp/live <<'X'
import pwd, subprocess, sys
def uid(name):
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        return None
def run(*a):
    subprocess.run(a, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(uid("carol@vs1"))
run("vsdadm", "user_add", "localhost", "vs1", "carol")
print(uid("carol@vs1"))
run("vsdadm", "user_del", "localhost", "vs1", "carol")
print(uid("carol@vs1"))
run("vsdadm", "vs_create", "localhost", "vs3", "10.77.0.3", "vs3.example.test", "100", "50")
print(uid("admin@vs3"))
run("vsd-vsbatch")
print(uid("admin@vs3"))
run("vsdadm", "vs_delete", "localhost", "vs3")
print(uid("admin@vs3"))
X
is 'users and servers come and go' 'None 2000003 None None 2000400 None' "$(xargs </tmp/live)"

# ---- a VS user who is called sshd, and a client at the server's address
check 'a user named sshd' vsdadm user_add localhost vs1 sshd
unprivileged() { # the uid of sshd's process that speaks with a client nobody knows yet
	{ echo SSH-2.0-nobody; sleep 10; } | nc 10.77.0.1 22 >/dev/null 2>&1 &
	for _ in $(seq 50); do
		seen=$(ps axo uid=,args= | awk '/sshd: .*\[net\]/ { print $1 }')
		[ -z "$seen" ] || break
		sleep 0.1
	done
	pkill -n -x nc
	wait $! 2>/dev/null
	echo "$seen"
}
is 'sshd takes the host user of that name' "$(sed -n 's/^sshd:[^:]*:\([0-9]*\):.*/\1/p' /etc/passwd)" "$(unprivileged)"
sed -i 's/^passwd:.*/passwd: vsd files/' /etc/nsswitch.conf
is 'with vsd before files it took the VS user' "$(id -u sshd@vs1)" "$(unprivileged)"
has 'vsdadm check says so' "$(vsdadm check localhost 2>&1)" 'vsd stands before files'
cp /tmp/nsswitch.conf /etc/nsswitch.conf
vsdadm user_del localhost vs1 sshd

# ---- nscd, whose process has no client
mkdir -p /run/nscd
nscd
for _ in $(seq 50); do
	[ ! -S /run/nscd/socket ] || break
	sleep 0.1
done
is 'through nscd: a qualified name' vs1 "$(vssh alice@vs1@10.77.0.1 hostname)"
refused 'but no bare one' vssh alice@10.77.0.1 true
out=$(vsdadm check localhost 2>&1)
has 'vsdadm check names the line: passwd' "$out" 'write enable-cache passwd no'
has 'and group' "$out" 'write enable-cache group no'
check 'a user whom it has named' getent passwd bob@vs2
vsdadm user_del localhost vs2 bob
is 'and names still, when there is no such user' bob@vs2 "$(getent passwd bob@vs2 | cut -d: -f1)"
has 'gets in nowhere' "$(pwssh password bob@vs2@10.77.0.2 lab-bob-vs2 true 2>&1)" 'Permission denied'
logs 'by what pam_vsd reads itself' 'vs=vs2 service=sshd' 3
nscd -K
sed -i -E 's/^(\s*enable-cache\s+(passwd|group)\s+)yes/\1no/' /etc/nscd.conf
nscd
for _ in $(seq 50); do
	[ ! -S /run/nscd/socket ] || break
	sleep 0.1
done
is 'with those lines a bare name' vs1 "$(vssh alice@10.77.0.1 hostname)"
lacks 'and check is content' "$(vsdadm check localhost 2>&1)" nscd
nscd -K
done_testing
