#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd --profile full --with login
# seconds: 300
# Exec rights: who may run perl and gcc, by every way of running them; the kernel says no.
. "$LAB_DIR/lib/tap.sh"
. "$LAB_DIR/lib/telnet.sh"
vs=/home/vsd/vs etc=/home/vsd/vs/vs1/etc skel=/home/vsd/skel
admin() { vssh admin@10.77.0.1 "$@"; }
alice() { vssh alice@10.77.0.1 "$@"; }
gid=$(getent group vsd-perl | cut -d: -f3)
install -d -m 0700 -o 2000002 -g 2000002 $vs/vs1/home/bob/.ssh
install -m 0600 -o 2000002 -g 2000002 "$LAB_KEY.pub" $vs/vs1/home/bob/.ssh/authorized_keys
bob() { vssh bob@10.77.0.1 "$@"; }

# ---- what holds it
has 'each right has a group' "$(cat /etc/vsd/exec-groups)" "perl:$gid"
is "the skeleton's perl is its group's, and nobody's to read" "0 $gid 710" "$(stat -c '%u %g %a' $skel/usr/bin/perl)"
is 'by all of its names, and the other builds of it' '' "$(find $skel -samefile $skel/usr/bin/perl ! -group vsd-perl; for f in $skel/usr/bin/perl5.*; do [ ! -f "$f" ] || find "$f" -type f -perm /7; done)"
is "the host's own is as it was" '0 0 755' "$(stat -Lc '%u %g %a' /usr/bin/perl)"
cc=$(bevs vs1 readlink -f /usr/bin/gcc | tr -d "\r")
is "gcc, behind its links" "vsd-gcc 710" "$(stat -c '%G %a' "$skel$cc")"
check 'the skeleton is in order' vsd-genskel --check
lacks 'and vsdadm check says so' "$(vsdadm check localhost 2>&1)" 'exec'

# ---- without it
cat >/tmp/s.pl <<'P'
#!/usr/bin/perl
print "ran\n";
P
install -m 0755 -o 2000001 -g 2000001 /tmp/s.pl $vs/vs1/home/alice/s.pl
printf '#!/usr/bin/env perl\nprint "ran\\n";\n' >$vs/vs1/home/alice/e.pl
chmod 755 $vs/vs1/home/alice/e.pl
printf 'int main(void) { return 0; }\n' >$vs/vs1/home/alice/x.c
chown 2000001:2000001 $vs/vs1/home/alice/*
ways='perl -e "print qq{ran\n}"
/usr/bin/perl s.pl
perl <s.pl
./s.pl
./e.pl
env perl s.pl
sh -c "exec perl s.pl"
set -- /usr/bin/perl5.*; $1 s.pl'
# each way: NAME WHO WANTED
each_way() {
	printf '%s\n' "$ways" | while read -r way; do
		[ "$("$2" "cd /home/alice; $way" 2>/dev/null </dev/null)" = "$3" ] || echo "$way"
	done
}
is 'alice runs perl by no way' '' "$(each_way x alice '')"
loader=$(alice 'ls /lib*/ld-linux*.so* /lib/*/ld-linux*.so* 2>/dev/null' | head -n 1)
check 'the loader runs what may be read (so that this is a way)' alice "$loader /usr/bin/id"
refused 'not by the loader' alice "$loader /usr/bin/perl -e 1"
refused 'not by a copy' alice 'cp /usr/bin/perl p && ./p -e 1'
refused 'nor by a link' alice 'ln /usr/bin/perl p && ./p -e 1'
refused 'admin cannot give it away' admin 'cp /usr/bin/perl /tmp/p || simroot cp /usr/bin/perl /tmp/p || simroot chmod 755 /usr/bin/perl || simroot chgrp alice /usr/bin/perl'
refused 'nor by what it runs' admin 'perl -e "sleep 20" & sleep .5; cp /proc/$!/exe /tmp/p; r=$?; kill $!; exit $r'
refused 'gcc' alice 'gcc -o x x.c'
refused 'cc' alice 'cc -o x x.c'
refused 'behind make' alice 'make x'
check 'what nobody holds runs' alice 'make --version'

telnet_start
vsdadm priv_set localhost vs1 alice telnet on
by_telnet() { telnet_as 10.77.0.1 alice lab-alice-vs1 'echo i''s-in; perl -e "print qq{r}.qq{an}"'; }
if telnet_enters; then
	out=$(by_telnet)
	has 'by telnet she is in' "$out" is-in
	lacks 'and does not either' "$out" ran
else
	skip 'by telnet' 'the login of util-linux opens its terminal by name after the session'
fi

# ---- with it
is 'admin has it' '' "$(each_way x admin ran)"
check 'admin compiles' admin 'cd /home/alice && gcc -o /tmp/x x.c && /tmp/x && make -f /dev/null -s --eval "t: ; cc -o /tmp/y x.c" t'
is 'simroot too' ran "$(admin 'simroot /home/alice/s.pl')"
has 'listrights' "$(alice listrights)" 'perl: admin'
alice 'sleep 4; ./s.pl' >/tmp/before 2>&1 &
before=$!
sleep 1.5
check 'setrights +perl' admin setrights alice +perl
wait $before
lacks 'not in a session that there was' "$(cat /tmp/before)" ran
is 'but in the next' '' "$(each_way x alice ran)"
is 'id names it' vsd-perl "$(alice 'id -Gn' | tr ' ' '\n' | grep vsd-)"
check 'groups is content' alice groups
refused 'and not gcc' alice 'make x'
check 'bob is in' bob true
refused 'nobody else' bob 'perl -e 1'
refused 'not in another server' vssh alice@10.77.0.2 'perl -e 1'
refused 'it still may not be read' alice 'cat /usr/bin/perl'
check 'by su' su - alice@vs1 -c ./s.pl
check 'by bevs' bevs -u alice vs1 /home/alice/s.pl
! telnet_enters || has 'by telnet' "$(by_telnet)" ran
check 'setrights +gcc' admin setrights alice +gcc
check 'gcc behind make' alice 'make x && ./x'
check 'setrights -perl' admin setrights alice -perl
is 'no more' '' "$(each_way x alice '')"
refused 'by su' su - alice@vs1 -c ./s.pl
refused 'by bevs' bevs -u alice vs1 /home/alice/s.pl
check 'from the host' vsdadm priv_set localhost vs1 alice perl on
check 'on' alice ./s.pl
check 'from the host' vsdadm priv_set localhost vs1 alice perl off
refused 'off' alice ./s.pl

# ---- what a server's files cannot say
echo "mine:x:$gid:bob" >>$etc/group
refused 'a group of that gid' bob 'perl -e 1'
sed -i '$d' $etc/group
sed -i "s/^\\(bob:x:2000002:\\)[0-9]*/\\1$gid/" $etc/passwd
refused 'an own group of that gid' bob 'perl -e 1'
sed -i "s/^\\(bob:x:2000002:\\)[0-9]*/\\12000002/" $etc/passwd
echo 'disk:x::bob' >>$etc/vsd/priv
out=$(bob id)
has 'bob has his groups' "$out" 2000002
lacks 'a right by the name of a group of the host' "$out" disk

# ---- a right that comes later, while servers run
check 'alice runs diff' alice 'diff x.c x.c'
echo 'exec.compare = /usr/bin/diff' >>/etc/vsd.conf
has 'check tells that nothing holds it' "$(vsdadm check localhost 2>&1)" 'exec.compare is held by no group'
refused 'a skeleton is not made without its group' vsd-refreshskel
check 'vsd-install makes the group' vsd-install
has 'check tells that anybody may run it' "$(vsdadm check localhost 2>&1)" 'anybody may run /usr/bin/diff'
check 'vsd-refreshskel' vsd-refreshskel
refused 'alice runs it no more' alice 'diff x.c x.c'
check 'vsdadm priv_set' vsdadm priv_set localhost vs1 alice compare on
check 'until she has the right' alice 'diff x.c x.c'
vsboot --restart vs1 >/dev/null
check 'who starts anew has it for admin' sh -c "grep -q '^compare:x::alice' $etc/vsd/priv && grep -q '^compare:x::admin' $vs/vs2/etc/vsd/priv || { vsboot --restart vs2 && grep -q '^compare:x::admin' $vs/vs2/etc/vsd/priv; }"
lacks 'all is well' "$(vsdadm check localhost 2>&1)" exec.
done_testing
