#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# bench-inside, in a lab with two servers: inside.sh PROGRAM ROUNDS USERS
# What simulated root adds to a command, useradd beside shadow's own on the same
# tree, and lookups with one server full of users.
set -eu
program=$1 rounds=$2 users=$3
vs=/home/vsd/vs
install -m 0755 "$program" $vs/vs1/root/inside
admin() { ssh -i "$LAB_KEY" -o BatchMode=yes admin@10.77.0.1 "$@"; }

# figure WHAT PEER GOAL: the lines of the program as they are, and one for the table (result.py)
figure() {
	awk -v what="$1" -v peer="$2" -v goal="$3" '{ print }
		/A \/ B/ { printf "=\t%s\t%s\t%s\t%s\t%s\tx\t%s\t-\n", what, peer, $4, $5, $6, goal
			printf "=\t%s\t%s, difference\t%s\t-\t-\tms\t%s\t-\n", what, peer, $(NF - 1), what == "simroot /bin/true" ? "<= 2.5" : "-" }'
}

echo "# simroot: A with it, B without; goal A - B <= 2.5 ms"
admin "./inside $rounds /usr/lib/vsd/vsd-guest simroot /bin/true -- /bin/true" |
	figure 'simroot /bin/true' /bin/true -
echo "# a wrapped command: A /usr/lib/vsd/admin/ls /root, B /usr/bin/ls /root"
admin "./inside $rounds /usr/lib/vsd/admin/ls -d /root -- /usr/bin/ls -d /root" | grep -v "^/root" |
	figure "admin's ls" ls -

# Both in the same server, by turns; each useradd writes the same three files and
# makes a home.  vsd-guest is called in the server as admin, by two programs more (nsenter,
# setpriv); useradd as root of the host, by one of these.
pid=$(cut -d' ' -f1 /run/vsd/vs1/init)
cat >/tmp/guest <<G
#!/bin/sh
n=\$(cat /tmp/n); echo \$((n + 1)) >/tmp/n
exec nsenter -t $pid -m -p --root=/proc/$pid/root/vs setpriv --reuid 2000000 --regid 2000000 --clear-groups /usr/lib/vsd/vsd-guest useradd -m g\$n
G
cat >/tmp/shadow <<S
#!/bin/sh
n=\$(cat /tmp/n); echo \$((n + 1)) >/tmp/n
exec setpriv --reuid 0 useradd --prefix $vs/vs1 -K UID_MIN=2000100 -K UID_MAX=2000190 -K GID_MIN=2000100 -K GID_MAX=2000190 -m s\$n
S
chmod 755 /tmp/guest /tmp/shadow
vsdadm vs_set localhost vs1 max_users=199 >/dev/null
echo 0 >/tmp/n
echo "# useradd -m: A vsd-guest's, B shadow's --prefix on the same tree; goal A / B <= 1.2"
"$program" 40 /tmp/guest -- /tmp/shadow | figure 'useradd -m' "shadow's --prefix" '<= 1.2'

vsdadm vs_set localhost vs2 max_users=$users >/dev/null
echo "# lookups, a fresh process each: A alice@vs2, B alice@vs1; before vs2 is filled"
sed -i '/^s[0-9]/d; /^g[0-9]/d' $vs/vs1/etc/passwd
"$program" "$rounds" alice@vs2 = alice@vs1
n=$(($(grep -c ':20002[0-9][0-9]:\|:20003[0-9][0-9]:' $vs/vs2/etc/passwd) - 1))
ssh -i "$LAB_KEY" -o BatchMode=yes admin@10.77.0.2 "/usr/sbin/useradd x0; for i in \$(seq 2 $users); do /usr/sbin/useradd -M x\$i 2>/dev/null || break; done" || :
echo "# with $(awk -F: '$3 > 2000200 && $3 < 2000400' $vs/vs2/etc/passwd | wc -l) users in vs2 (there were $n)"
"$program" "$rounds" alice@vs2 = alice@vs1
last=$(awk -F: '$3 > 2000200 && $3 < 2000400 { n = $1 } END { print n }' $vs/vs2/etc/passwd)
echo "# its last user"
"$program" "$rounds" "$last@vs2" = alice@vs1 | figure "lookup, a server of $users users" 'of 3' -
