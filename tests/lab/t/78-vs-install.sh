#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 3
# seconds: 400
# Packages into one server: vsdadm vs_install, with the real dpkg and apt-get.
. "$LAB_DIR/lib/tap.sh"
. "$LAB_DIR/lib/pack.sh"
vs=/home/vsd/vs skel=/home/vsd/skel
# shellcheck disable=SC2034 # for pack
more='chmod 4755 /usr/bin/vsdtry; cp /bin/true /usr/bin/vsdtry-id; chmod 2755 /usr/bin/vsdtry-id'
pack vsdlib 1.0
pack vsdtry 1.0 vsdlib
more=
pack vsdmore 1.0
install() { vsdadm vs_install localhost "$@"; }
says() { bevs "$1" "$2" 2>&1 | tr -d '\r'; }
own() { vsdadm vs_info localhost "$1" | awk '$1 == "skel" { print $2 }'; }
left() { find /home/vsd -mindepth 1 -maxdepth 1 -name '.*.new'; ls -A /var/cache/vsd; ls /var/lib/vsd/refresh 2>/dev/null; }
shared=$(stat -c '%i %a %u %g' $skel/usr/bin/env) bash=$(sha256sum <$skel/usr/bin/bash)
host=$(sha256sum </var/lib/dpkg/status)
before=$(find $vs/vs2 -printf '%p %i %m %u %g\n' | sort | sha256sum)

for bad in -x A 'a;b' ../y; do
	install vs1 -- "$bad" >/dev/null 2>&1
	is "no package's name: $bad" 1 $?
done
refused 'no server' install vs9 vsdtry
refused 'a package that is nowhere' install vs1 nosuchpackage
is 'the server is as it was' "$skel" "$(own vs1)"
is 'and nothing is left' '' "$(left; ls -d $skel@* 2>/dev/null)"

echo mine >$vs/vs1/etc/motd
check 'vs_install' install vs1 vsdtry
is 'the server has it' 1.0 "$(says vs1 vsdtry)"
is 'its database says so, of what it needs too' '1.0 1.0' "$(version $vs/vs1 vsdtry) $(version $vs/vs1 vsdlib)"
is 'and dpkg in the server' 'ii' "$(bevs vs1 dpkg-query -W -f '${db:Status-Abbrev}' vsdtry | tr -d '\r ')"
is 'vs_info lists it' vsdtry "$(vsdadm vs_info localhost vs1 | awk '$1 == "packages" { print $2 }')"
is 'what it had changed stays' mine "$(cat $vs/vs1/etc/motd)"
is 'the other server has nothing of it' '' "$(version $vs/vs2 vsdtry; ls $vs/vs2/usr/bin/vsdtry 2>/dev/null)"
is 'nor any change' "$before" "$(find $vs/vs2 -printf '%p %i %m %u %g\n' | sort | sha256sum)"
is 'nor the skeleton' '' "$(version $skel vsdtry; ls $skel/usr/bin/vsdtry 2>/dev/null)"
is 'nor the host' "$host" "$(sha256sum </var/lib/dpkg/status)"
is 'no set-id bit but the helper'\''s comes in' "$vs/vs1/usr/lib/vsd/vsd-guest" "$(find $vs/vs1 -perm /6000 -type f)"
is 'shared inodes are as they were' "$shared" "$(stat -c '%i %a %u %g' $vs/vs1/usr/bin/env)"
is 'and their content' "$bash" "$(sha256sum <$skel/usr/bin/bash)"
is 'what it brought is root'\''s' '0:0' "$(stat -c %u:%g $vs/vs1/usr/bin/vsdtry)"
check 'all is well' vsdadm check localhost
check 'nothing is left' test -z "$(left)"

check 'another' install vs1 vsdmore
is 'beside the first' '1.0 1.0' "$(says vs1 vsdtry) $(says vs1 vsdmore)"
is 'and listed' 'vsdtry vsdmore' "$(vsdadm vs_info localhost vs1 | awk '$1 == "packages" { print $2, $3 }')"
check 'another server' install vs2 vsdmore
is 'has its own' '1.0 no' "$(says vs2 vsdmore) $([ -e $vs/vs2/usr/bin/vsdtry ] || echo no)"

# A refresh of all: the servers keep what they have, and get what is new
pack vsdlib 2.0
pack vsdtry 2.0 vsdlib
mkdir -p /usr/local/share/try
echo x >/usr/local/share/try/x
sed -i '1i include /usr/local/share/try' /etc/freevsd.conf
out=$(vsd-refreshskel 2>/tmp/err) || cat /tmp/err
has 'vsd-refreshskel lists them' "$out" "$skel@1"
is 'new files reach all' 'x x x' "$(cat $vs/vs[123]/usr/local/share/try/x | xargs)"
is 'packages of one are kept, and upgraded' '2.0 2.0' "$(says vs1 vsdtry) $(version $vs/vs1 vsdtry)"
is 'and one inode with all, where they are the same' 1 "$(stat -c %i $vs/vs[123]/usr/local/share/try/x | sort -u | wc -l)"
is 'a package for all' 0 "$(vsd-refreshskel --install vsdlib >/dev/null 2>&1; echo $?)"
is 'reaches each' '2.0 2.0 2.0' "$(for n in 1 2 3; do version $vs/vs$n vsdlib; done | xargs)"
is 'and is none of a server'\''s own' 'vsdtry vsdmore' "$(vsdadm vs_info localhost vs1 | awk '$1 == "packages" { print $2, $3 }')"
check 'back to before' vsd-refreshskel --rollback --server vs2
is 'is the server'\''s alone' '2.0 no' "$(version $vs/vs1 vsdlib) $(version $vs/vs2 vsdlib | grep . || echo no)"
check 'none any more' vsd-refreshskel --server vs1 --install ''
is 'go, from the database too' '' "$(ls $vs/vs1/usr/bin/vsdtry 2>/dev/null; version $vs/vs1 vsdtry)"
check 'all is well' vsdadm check localhost
vsdadm vs_verify localhost vs1 >/tmp/out 2>&1
lacks 'vs_verify finds nothing odd' "$(cat /tmp/out)" 'outside'

# Killed at any moment, then done again or repaired
killed=0
for ms in 100 300 600 900 1300 1800 2400 3100 3900 4800; do
	! killed_after "$((ms / 1000)).$(printf %03d $((ms % 1000)))" vsd-refreshskel --server vs3 --install vsdtry ||
		killed=$((killed + 1))
	flock /var/lib/vsd/lock/tree-.skeletons true # what it has started may still be at work
	[ ! -e /var/lib/vsd/refresh ] || vsd-refreshskel >/dev/null 2>&1
	vsdadm check --repair localhost >/dev/null 2>&1
	is "after $ms ms: old or new" whole "$([ "$(version $vs/vs3 vsdtry)" = "$([ ! -e $vs/vs3/usr/bin/vsdtry ] || echo 2.0)" ] && echo whole)"
	is 'and all is well' '' "$(vsdadm check localhost 2>&1 >/dev/null)"
done
check 'it was killed on its way' test $killed -gt 2
check 'the next run installs' install vs3 vsdtry
is 'it is there' 2.0 "$(says vs3 vsdtry)"

# Copied: a server's packages go along; deleted: nothing of its skeleton stays
out=$(vsdadm vs_copy localhost vs3 vs4 10.77.0.4 vs4.example.test)
has 'vs_copy says what to do' "$out" 'vs_install vsdtry afterwards'
check 'the copy is made' vsd-vsbatch
is 'with what was installed' 2.0 "$(awk '/echo/ { print $2 }' $vs/vs4/usr/bin/vsdtry)"
check 'vs_install makes it the skeleton'\''s again' install vs4 vsdtry
is 'and the database is true' '2.0' "$(version $vs/vs4 vsdtry)"
id=$(own vs3)
check 'vs_delete' vsdadm vs_delete localhost vs3
is 'takes its skeleton along' '' "$(ls -d "$id" /home/vsd/."${id##*/}".previous 2>/dev/null)"
mkdir /home/vsd/.skel.new
has 'what a killed tool left is told' "$(vsdadm check localhost 2>&1)" '/home/vsd/.skel.new'
check 'and repaired' vsdadm check --repair localhost
is 'is gone' '' "$(left)"
done_testing
