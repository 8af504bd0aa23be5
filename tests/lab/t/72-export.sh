#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd
# seconds: 240
# vs_export, vs_import, vs_copy: a server elsewhere, with other ids, and nothing worse.
. "$LAB_DIR/lib/tap.sh"
vs=/home/vsd/vs
long=$(printf 'x%.0s' $(seq 150))
boot() { vsboot --start "$1" >/dev/null; }

# --- a server with something of its own ---
bevs -u alice vs1 sh -c "mkdir -p ~/mail/$long && echo letter >~/mail/$long/1 && ln -s mail/$long ~/short &&
	mkfifo ~/pipe && chmod 700 ~/mail && echo '#!/bin/sh' >~/tool && chmod 4755 ~/tool && ln ~/mail/$long/1 ~/twin"
bevs vs1 sh -c 'echo "# mine" >>/etc/httpd/conf/httpd.conf; mkdir -m 2775 /home/group; mkdir /home/empty'
bevs -u alice vs1 perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => "/home/alice/sock", Listen => 1)' 2>/dev/null ||
	bevs -u alice vs1 python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("/home/alice/sock")'
echo pkg >$vs/vs1/usr/bin/pkg
chmod 4755 $vs/vs1/usr/bin/pkg
touch -d '2020-02-02 02:02:02' $vs/vs1/home/alice/tool
has 'vs_export of a server that runs' "$(vsdadm vs_export localhost vs1 /root/vs1.tar 2>&1)" \
	"take along '/home/alice/sock': a socket stays behind"
is 'for root alone' '0 600' "$(stat -c '%u %a' /root/vs1.tar)"
check 'tar reads it' tar tf /root/vs1.tar
size=$(stat -c %s /root/vs1.tar)
check "and it is small ($size bytes)" test "$size" -lt 400000
lacks 'nothing shared is in it' "$(tar tf /root/vs1.tar)" usr/bin/env
lacks 'nor a private file that nobody changed' "$(tar tf /root/vs1.tar)" etc/profile
refused 'never over a file that is there' vsdadm vs_export localhost vs1 /root/vs1.tar
refused 'a server that is not there' vsdadm vs_export localhost vs9 /root/vs9.tar
is 'leaves nothing' '' "$(ls /root/vs9.tar 2>/dev/null)"

# --- into another range ---
check 'vs_import' vsdadm vs_import localhost /root/vs1.tar vs5 10.77.0.5 vs5.example.test
check 'made by vsd-vsbatch' vsd-vsbatch
first=$(vsdadm vs_info localhost vs5 --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["uid"])')
is 'in a range of its own' yes "$([ "$first" -gt 2000200 ] && echo yes)"
a=$vs/vs5/home/alice
is 'alice is who she was, over there' "$((first + 1))" "$(awk -F: '$1 == "alice" { print $3 }' $vs/vs5/etc/passwd)"
is 'with her group' "$((first + 1))" "$(awk -F: '$1 == "alice" { print $3 }' $vs/vs5/etc/group)"
is 'and her hash' "$(grep ^alice: $vs/vs1/etc/shadow)" "$(grep ^alice: $vs/vs5/etc/shadow)"
is 'her files are hers' "$((first + 1)):$((first + 1)) 700" "$(stat -c '%u:%g %a' $a/mail)"
is 'deep ones too' letter "$(cat "$a/mail/$long/1")"
is 'links, pipes and second names' "mail/$long fifo letter" "$(readlink $a/short) $(stat -c %F $a/pipe) $(cat $a/twin)"
is 'with their times' '2020-02-02 02:02:02' "$(stat -c %y $a/tool | cut -c1-19)"
is 'and without set-id bits' '755 755' "$(stat -c %a $a/tool $vs/vs5/usr/bin/pkg | xargs)"
is 'a folder hands its group on' "$first 2775" "$(stat -c '%u %a' $vs/vs5/home/group)"
is 'empty ones come too' "$first" "$(stat -c %u $vs/vs5/home/empty)"
has 'what admin changed' "$(tail -n 1 $vs/vs5/etc/httpd/conf/httpd.conf)" '# mine'
is 'its own name' vs5 "$(cut -d. -f1 $vs/vs5/etc/hostname)"
has 'its own address' "$(cat $vs/vs5/etc/hosts)" 10.77.0.5
lacks 'not the old one' "$(cat $vs/vs5/etc/hosts)" 10.77.0.1
is 'rights came along' 'login ftp' "$(vsdadm priv_list localhost vs5 alice | xargs)"
is 'no id of the other range' '' "$(find $vs/vs5 -xdev \( -uid +1999999 -a -uid -$first \) -o -uid +$((first + 199)))"
check 'its people are at home: vs_verify' vsdadm vs_verify localhost vs5
boot vs5
is 'alice logs in' "alice /home/alice" "$(vssh alice@10.77.0.5 'id -un; pwd' | xargs)"
is 'as on no other server' "$((first + 1))" "$(vssh alice@10.77.0.5 'id -u')"

# --- vs_copy ---
check 'vs_copy' vsdadm vs_copy localhost vs1 vs6 10.77.0.6 vs6.example.test
is 'its file is in the spool' 1 "$(find /var/spool/vsd -name '*.tar' | wc -l)"
check 'made by vsd-vsbatch' vsd-vsbatch
is 'which then is empty' '' "$(ls -A /var/spool/vsd)"
is 'all that is in one is in the other' "$(cd $vs/vs5 && find home/alice home/group -printf '%p %y %m %s\n' | sort)" \
	"$(cd $vs/vs6 && find home/alice home/group -printf '%p %y %m %s\n' | sort)"
refused 'a name that is taken' vsdadm vs_copy localhost vs1 vs2 10.77.0.7 vs7.example.test
refused 'an address that is taken' vsdadm vs_copy localhost vs1 vs7 10.77.0.2 vs7.example.test
is 'leaves nothing in the spool' '' "$(ls -A /var/spool/vsd)"
check 'a copy that is dropped' vsdadm vs_copy localhost vs1 vs7 10.77.0.7 vs7.example.test
vsd-vsbatch --drop 1
is 'takes its file with it' '' "$(ls -A /var/spool/vsd)"

# --- archives that mean harm ---
cat >/tmp/evil.py <<'X'
import sys
def block(name, kind=b'0', data=b'', uid=0, gid=0, mode=0o644, link=b''):
    def o(n, w): return b'%0*o\0' % (w - 1, n)
    h = (name.ljust(100, b'\0') + o(mode, 8) + o(uid, 8) + o(gid, 8) + o(len(data), 12) + o(0, 12) +
         b' ' * 8 + kind + link.ljust(100, b'\0') + b'ustar\00000').ljust(512, b'\0')
    h = h[:148] + b'%06o\0 ' % sum(h) + h[156:]
    return h + data + b'\0' * (-len(data) % 512)
head = b''.join(b'%s = %s\n' % (k, v) for k, v in (
    (b'version', b'1'), (b'uid', b'3000000'), (b'count', b'200'), (b'skeleton', b'0' * 32),
    (b'profile', b'x'), (b'fqdn', b'x.example'), (b'quota_mb', b'0'), (b'max_users', b'5')))
start = block(b'.vsd-export', data=head)
def pax(**kw):
    out = b''
    for k, v in kw.items():
        for n in range(1, 10000):
            r = b'%d %s=%s\n' % (n, k.encode(), v)
            if len(r) == n: out += r
    return block(b'pax', b'x', out)
cases = {
    'good': start + block(b'home/new', data=b'x', uid=1, gid=1),
    'dotdot': start + block(b'home/../../../../../tmp/out', data=b'x'),
    'absolute': start + block(b'/tmp/out', data=b'x'),
    'paxdots': start + pax(path=b'home/../../../out') + block(b'a'),
    'throughlink': start + block(b'home/l', b'2', link=b'/tmp') + block(b'home/l/out', data=b'x'),
    'uplink': start + block(b'home/l', b'2', link=b'../../../../..') + block(b'home/l/tmp/out', data=b'x'),
    'hardlink': start + block(b'home/h', b'1', link=b'etc/shadow'),
    'device': start + block(b'home/d', b'3'),
    'owner': start + block(b'home/o', uid=201),
    'bigowner': start + block(b'home/o', uid=2000000),
    'helper': start + block(b'usr/lib/vsd/vsd-guest', data=b'x', mode=0o4755),
    'selflink': start + block(b'home/vsd/vs', b'2', link=b'/etc'),
    'runfolder': start + block(b'run/x', data=b'x'),
    'control': start + block(b'home/a\nb', data=b'x'),
    'nohead': block(b'home/x', data=b'x'),
    'short': start + block(b'home/x', data=b'y' * 600)[:700],
    'noend': start + block(b'home/x', data=b'y'),
    'passwd': start + block(b'etc/passwd', data=b'admin:x:3000000:3000000::/root:/bin/sh\n', uid=1),
    'passwdlink': start + block(b'etc/passwd', b'2', link=b'/home/p'),
}
name = sys.argv[1]
sys.stdout.buffer.write(cases[name] + (b'' if name in ('short', 'noend') else b'\0' * 1024))
X
env=$(stat -c '%i %s %a %u %Y' /home/vsd/skel/usr/bin/env)
for evil in dotdot absolute paxdots throughlink uplink hardlink device owner bigowner helper selflink \
	runfolder control nohead short noend passwd passwdlink; do
	python3 /tmp/evil.py $evil >/root/evil.tar
	if vsdadm vs_import localhost /root/evil.tar vs8 10.77.0.8 vs8.example.test >/dev/null 2>/tmp/err; then
		vsd-vsbatch >/dev/null 2>/tmp/err
		vsd-vsbatch --drop "$(vsd-vsbatch --list | cut -d' ' -f1)" >/dev/null 2>&1
	fi
	is "refused: $evil" "no server, no job, no tree, one line" \
		"$(vsdadm vs_info localhost vs8 >/dev/null 2>&1 || echo no) server, $(
		ls -A /var/spool/vsd | grep . || echo no) job, $(ls -Ad $vs/*vs8* $vs/.[a-z]* 2>/dev/null || echo no) tree, $(
		[ "$(wc -l </tmp/err)" = 1 ] && echo one || cat /tmp/err) line"
done
is 'nothing was written outside' '' "$(find / -xdev -name out -newer /root/vs1.tar -not -path '/proc/*' 2>/dev/null)"
is 'nothing shared was touched' "$env" "$(stat -c '%i %s %a %u %Y' /home/vsd/skel/usr/bin/env)"
python3 /tmp/evil.py good >/root/good.tar
chown 1 /root/good.tar
refused 'an archive that is not root'\''s' vsdadm vs_import localhost /root/good.tar vs8 10.77.0.8 vs8.example.test
chown 0 /root/good.tar
has 'one from another skeleton is told of' "$(vsdadm vs_import localhost /root/good.tar vs8 10.77.0.8 \
	vs8.example.test)" 'another skeleton (profile x)'
check 'and made' vsd-vsbatch
is 'its file is there' x "$(cat $vs/vs8/home/new)"
for n in 1 2 3; do vsdadm vs_export localhost vs2 /root/k$n.tar; done >/dev/null
is 'the same server gives the same file' 1 "$(sha256sum /root/k?.tar | cut -d' ' -f1 | sort -u | wc -l)"

# Each name of a long file would be a file of its own in the archive.
fallocate -l 400M $vs/vs2/home/long1
for n in 2 3 4 5; do ln $vs/vs2/home/long1 $vs/vs2/home/long$n; done
is 'of five names of a long file three fit' 2 \
	"$(vsdadm vs_export localhost vs2 /root/long.tar 2>&1 | grep -c "'/home/long.': holes and further names")"
is 'those come along' 3 "$(tar tf /root/long.tar | grep -c long)"
rm -f $vs/vs2/home/long? /root/long.tar

# --- killed while it imports ---
killed=0
for ms in $(seq 1 4 90); do
	vsdadm vs_info localhost vs9 >/dev/null 2>&1 && vsdadm vs_delete localhost vs9 >/dev/null
	[ -n "$(vsd-vsbatch --list)" ] || vsdadm vs_copy localhost vs1 vs9 10.77.0.9 vs9.example.test >/dev/null
	! killed_after "$(printf 0.%03d "$ms")" vsd-vsbatch || killed=$((killed + 1))
done
check "it was killed on its way ($killed times)" test $killed -gt 2
vsd-vsbatch >/dev/null
is 'and is whole in the end' letter "$(cat "$vs/vs9/home/alice/mail/$long/1")"
is 'nothing is left' '' "$(ls -A /var/spool/vsd; find $vs -mindepth 1 -maxdepth 1 -name '.*')"
is 'all is well' 'all is well' "$(vsdadm check localhost | tail -n 1)"
for call in 'vs_export localhost vs1 x.tar' 'vs_import localhost x.tar a 1.2.3.4 a.b' 'vs_copy localhost vs1' \
	'vs_export localhost vs1'; do
	# shellcheck disable=SC2086 # words
	vsdadm $call >/dev/null 2>&1
	is "misuse is exit 2: vsdadm $call" 2 $?
done
done_testing
