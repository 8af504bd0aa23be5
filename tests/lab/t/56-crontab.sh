#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd
# seconds: 400
# crontab in a server, and the host's own cron that runs what it holds, there.
. "$LAB_DIR/lib/tap.sh"
vs=/home/vsd/vs spool=/var/spool/cron/crontabs
admin() { vssh admin@10.77.0.1 "$@"; }
alice() { vssh alice@10.77.0.1 "$@"; }
sync=/usr/lib/vsd/vsd-crontabs
as_bob() { bevs -u bob vs1 sh -c "$1"; }
host=vs1
[ "$LAB_ISOLATION" = full ] || host=$(hostname) # there is no namespace for it

# ---- crontab
refused 'there is none' alice crontab -l
has 'and it says so' "$(alice crontab -l 2>&1)" "show the crontab of 'alice': there is none"
refused 'nothing to remove' alice crontab -r
check 'from standard input' sh -c 'printf "# mine\n*/5 1-3,7 * jan-Mar mon  echo a%%b\n@daily true\n" | ssh -i "$LAB_KEY" alice@10.77.0.1 crontab -'
is 'it is shown as it was' '# mine
*/5 1-3,7 * jan-Mar mon  echo a%b
@daily true' "$(alice crontab -l)"
is 'root'\''s, and for nobody to read' '0 0 600 0 700' "$(stat -c '%u %g %a' $vs/vs1/etc/vsd/crontabs/alice) $(stat -c '%u %a' $vs/vs1/etc/vsd/crontabs)"
check 'from a file' alice 'echo "1 2 3 4 5 x" >tab; chmod 0600 tab; crontab tab'
is 'it is that' '1 2 3 4 5 x' "$(alice crontab -l)"
refused 'a file that the caller may not read' alice 'crontab /etc/shadow'
refused 'nor admin' admin 'crontab /etc/shadow'
refused 'a file of alice'\''s is not bob'\''s to read' as_bob 'crontab /home/alice/tab'
check 'edited' alice 'echo "sed -i s/x/edited/ \$1" >ed; EDITOR="sh $HOME/ed" crontab -e'
is 'the edit is there' '1 2 3 4 5 edited' "$(alice crontab -l)"
has 'an edit of nothing' "$(alice 'EDITOR=true crontab -e')" 'no changes'
refused 'an editor that fails' alice 'EDITOR=false crontab -e'
refused 'an edit that is refused' alice 'echo "echo nonsense >\$1" >ed; EDITOR="sh $HOME/ed" crontab -e'
is 'the former stays' '1 2 3 4 5 edited' "$(alice crontab -l)"
is 'nothing is left in /tmp' '' "$(ls $vs/vs1/tmp | grep crontab)"
refused 'not another'\''s' alice crontab -u bob -l
refused 'nor that of nobody' alice crontab -u nosuch -l
check 'one'\''s own by name' alice crontab -u alice -l
is 'admin: anybody'\''s' '1 2 3 4 5 edited' "$(admin crontab -u alice -l)"
check 'admin sets it' admin 'echo "@hourly true" | crontab -u alice -'
check 'admin edits it' admin 'EDITOR="sed -i s/true/false/" crontab -u alice -e'
is 'it is so' '@hourly false' "$(alice crontab -l)"
check 'by sudo' admin 'sudo crontab -u alice -l'
refused 'of no user' admin 'echo "@daily x" | crontab -u nosuch -'
for misuse in '' '-x' '-l -e' '-l file' '- file' '-u'; do
	is "misuse: $misuse" 2 "$(admin "crontab $misuse" >/dev/null 2>&1 </dev/null; echo $?)"
done
check '--help' alice crontab --help

# ---- what is refused, and what was there stays
bad() { # WHAT REASON TEXT, printf's; the parser is the same in both isolations
	[ "$LAB_ISOLATION" = full ] || return 0
	seen=$(printf "$3" | vssh alice@10.77.0.1 crontab - 2>&1) && tap_result 1 "$1" "taken" && return
	has "$1" "$seen" "$2"
}
bad 'four fields' 'line 1: the day of the week' '* * * * true\n'
bad 'minute 60' 'line 2: the minute' '\n60 * * * * x\n'
bad 'hour 24' 'the hour' '* 24 * * * x\n'
bad 'day 0' 'the day of the month' '* * 0 * * x\n'
bad 'month 13' 'the month' '* * * 13 * x\n'
bad 'day 8' 'the day of the week' '* * * * 8 x\n'
bad 'a range backwards' 'the minute' '5-4 * * * * x\n'
bad 'a step of 0' 'the minute' '*/0 * * * * x\n'
bad 'a step of one number' 'the minute' '5/2 * * * * x\n'
bad 'a number without end' 'the minute' '00000000000000000000000000005 * * * * x\n'
bad 'an empty element' 'the minute' '1,,2 * * * * x\n'
bad 'no command' 'no command' '* * * * *\n'
bad 'six fields' 'sixth field' '* * * * * * x\n'
bad 'an unknown word' "'@often' is no word" '@often x\n'
bad '@reboot' 'is a service' '@reboot x\n'
bad 'neither nor' 'neither a time' 'run it daily\n'
bad 'a control byte' 'control byte' '* * * * * echo \033[2J\n'
bad 'a carriage return' 'control byte' '* * * * * x\r\n'
bad 'a NUL' 'control byte' '* * * * * x\0y\n'
bad 'an option for sendmail' 'MAILTO: not an address' 'MAILTO=-Crooted\n'
bad 'two words for sendmail' 'MAILTO: not an address' 'MAILTO="a b"\n'
bad 'a header of the mail' 'MAILFROM: not an address' 'MAILFROM=a>b\n'
bad 'a shell without a path' 'SHELL: not an absolute path' 'SHELL=sh\n'
bad 'both quotes' 'both kinds' "X=a\"b'c\n"
bad 'a name that is none' 'neither a time' 'A-B=1\n'
bad 'a long line' 'longer than 900' "* * * * * $(head -c 900 /dev/zero | tr '\0' x)\n"
bad 'too many jobs' 'more than 64 jobs' "$(for i in $(seq 65); do printf '* * * * * x\\n'; done)"
bad 'too many variables' 'more than 64 variables' "$(for i in $(seq 65); do printf "A$i=1\\\\n"; done)"
bad 'too long' 'longer than 32768' "$(head -c 33000 /dev/zero | tr '\0' '#')\n"
is 'the former stays' '@hourly false' "$(alice crontab -l)"
for u in $(seq 4); do admin "useradd u$u; for i in \$(seq 63); do echo '@daily x'; done | crontab -u u$u -"; done
has 'the server'\''s jobs have an end' "$(for i in 1 2 3 4; do echo '@daily x'; done | admin crontab - 2>&1)" 'have 253 jobs already, and may have 256'

# ---- what the host's cron is given
has 'said' "$($sync)" 'alice@vs1: given to cron'
is 'once' '' "$($sync)"
is 'the user'\''s file' '2000001 crontab 600' "$(stat -c '%u %G %a' $spool/alice@vs1)"
is 'numbers and a command, and our shell' 'SHELL="/usr/lib/vsd/vsd-job"
HOME="/home/alice"
MAILTO="alice"
0 * * * *	false' "$(sed 1d $spool/alice@vs1)"
alice 'printf "LD_PRELOAD=/home/alice/x.so\nSHELL=/bin/bash\nMAILTO=me@example.org\nPATH = \"/x y\" \n 05 1-3 1 feb,MAR fri x\n" | crontab -'
$sync >/dev/null
is 'its variables under a prefix' 'VSD_E_LD_PRELOAD="/home/alice/x.so"
VSD_E_SHELL="/bin/bash"
MAILTO="me@example.org"
VSD_E_PATH="/x y"
5 1-3 1 2,3 5	x' "$(sed 1,4d $spool/alice@vs1)"
tab=$vs/vs1/etc/vsd/crontabs
printf '* * * * * x\n\033x\n' >$tab/bob
chmod 0600 $tab/bob
has 'what lies in a server is not believed' "$($sync)" 'bob@vs1: refused'
is 'cron gets no job of it' '# refused: line 2: it holds a control byte' "$(sed 1d $spool/bob@vs1)"
for u in u1 u2 u3; do echo '@daily z' >>$tab/$u; done
rm $tab/bob
$sync >/dev/null
is 'all that the server may have' 256 "$(cat $spool/*@vs1 | grep -c '	')"
(umask 077; echo '@daily x' >$tab/bob)
$sync >/dev/null
is 'and no more' 1 "$(cat $spool/*@vs1 | grep -c '# refused: the server.s users have too many jobs')"
ln -sf /etc/shadow $tab/bob
$sync >/dev/null
has 'a link is not followed' "$(cat $spool/bob@vs1)" '# refused: '
rm $tab/bob; mkfifo $tab/bob; chmod 0600 $tab/bob
check 'a FIFO is not waited for' timeout 10 $sync
rm $tab/bob
has 'what is gone in the server is taken away' "$($sync)" 'bob@vs1: taken from cron'
admin crontab -u u4 -r
echo '* * * * * root true' >$spool/bob@vs1
as_bob 'echo "@daily x" | crontab -'
refused 'a file of somebody else'\''s' $sync
is 'stays' '* * * * * root true' "$(cat $spool/bob@vs1)"
ln -sf /etc/passwd $spool/bob@vs1
refused 'a link there' $sync
check 'is not written through' getent passwd root
rm $spool/bob@vs1
vsdadm vs_disable localhost vs1 >/dev/null
$sync >/dev/null
is 'a disabled server has no jobs' '' "$(ls $spool | grep @vs1)"
vsdadm vs_enable localhost vs1 >/dev/null
vsboot --start vs1 >/dev/null
for u in $(seq 4); do admin "userdel -r u$u"; done

# ---- its jobs, by the real cron; bob's is given to it by the line in /etc/cron.d
check 'vsd-install has told cron' grep -q vsd-crontabs /etc/cron.d/vsd
cat >/tmp/tab <<'X'
FOO = 'a b'
* * * * * { id -un; id -u; id -G; hostname; pwd; echo "$HOME $LOGNAME $USER $SHELL $FOO"; } >seen 2>/dev/null; mv seen out
* * * * * a=$(readlink /proc/$$/fd/1 | tr -d 0-9) b=$(readlink /proc/$PPID/fd/1 2>&1 || echo hidden) c=$(readlink /proc/$PPID/exe 2>&1 || echo hidden); echo $a $b $c >fds
* * * * * cat >input%one%two
* * * * * head -c 1000000 /dev/zero | tr '\0' x; sleep 300 &
X
rm -f $vs/vs1/usr/bin/msmtp
printf '#!/bin/sh\nid -un >/home/alice/mailer\necho "$@" >>/home/alice/mailer\ncat >/home/alice/mail\n' >$vs/vs1/usr/bin/msmtp
chmod 0755 $vs/vs1/usr/bin/msmtp
check 'alice' sh -c 'ssh -i "$LAB_KEY" alice@10.77.0.1 crontab - </tmp/tab'
check 'admin' admin 'echo "* * * * * id -un >/root/out" | crontab -'
as_bob 'echo "* * * * * id -un >/home/bob/out" | crontab -'
$sync >/dev/null
# A minute more, for the line in /etc/cron.d; that one is the same in both isolations.
[ "$LAB_ISOLATION" = chroot ] || rm -f $spool/bob@vs1
rm -f /run/crond.pid
cron
for _ in $(seq 130); do
	[ ! -s $vs/vs1/home/bob/out ] || break
	sleep 1
done
for _ in $(seq 100); do # its mail comes last
	! grep -qs 'is cut off' $vs/vs1/home/alice/mail || break
	sleep 0.1
done
is 'a job: user, group, server, home, environment' "alice
2000001
2000001
$host
/home/alice
/home/alice alice alice /bin/sh a b" "$(cat $vs/vs1/home/alice/out)"
is 'its output is a pipe, and who has cron'\''s file is not to be looked into' 'pipe:[] hidden hidden' "$(cat $vs/vs1/home/alice/fds)"
is 'its standard input' 'one
two' "$(cat $vs/vs1/home/alice/input)"
is 'admin'\''s' admin "$(cat $vs/vs1/root/out)"
is 'bob'\''s, which cron had to learn of' bob "$(cat $vs/vs1/home/bob/out)"
is 'and was told' 2000002 "$(stat -c %u $spool/bob@vs1)"
mailed=$(stat -c %s $vs/vs1/home/alice/mail)
check "of a megabyte of output cron mails 64 KiB (${mailed:-nothing})" test "${mailed:-0}" -gt 65536 -a "${mailed:-0}" -lt 67000
has 'and says that there was more' "$(tail -n 2 $vs/vs1/home/alice/mail)" 'the rest of the output is cut off'
is 'by the server'\''s sendmail, as alice, to alice' 'alice alice' "$(sed -e 's/.* //' $vs/vs1/home/alice/mailer | xargs)"
has 'its subject names user and host as they are here' "$(grep '^Subject: ' $vs/vs1/home/alice/mail)" "Cron <alice@${host%%.*}> head"
is 'and so does its other header' 'X-Cron-Env: <LOGNAME=alice>' "$(grep '^X-Cron-Env: <LOGNAME' $vs/vs1/home/alice/mail)"
pid=$(pgrep -u 2000001 -n -f 'sleep 300')
has 'what a job left running is in the server'\''s cgroup' "$(cat "/proc/$pid/cgroup")" /vsd/vs1
lacks 'and has no file of the host'\''s' "$(readlink /proc/"$pid"/fd/* | xargs)" /tmp
pkill -x cron

# ---- a session that did not enter
refused 'on the host the job'\''s shell refuses' setpriv --reuid 2000001 --regid 2000001 --clear-groups /usr/lib/vsd/vsd-job -c 'touch /tmp/ran'
refused 'by the server'\''s copy' setpriv --reuid 2000001 --regid 2000001 --clear-groups $vs/vs1/usr/lib/vsd/vsd-job -c 'touch /tmp/ran'
refused 'and runs nothing' test -e /tmp/ran
has 'vsdadm check says where cron'\''s users go' "$(vsdadm check localhost)" 'cron                     confined by pam_vsd, enter=session'

# ---- the end of a user, and of a server
check 'userdel' admin userdel -r bob
refused 'bob'\''s crontab is gone' test -e $tab/bob
$sync >/dev/null
refused 'and from cron' test -e $spool/bob@vs1
check 'there is a bob again' vsdadm user_add localhost vs1 bob
has 'the next of that name has none' "$(as_bob 'id -un; crontab -l' 2>&1 | xargs)" "bob crontab: show the crontab of bob: there is none"
check 'vsdadm user_del' vsdadm user_del localhost vs1 alice
refused 'takes it from cron at once' test -e $spool/alice@vs1
refused 'and from the server' test -e $tab/alice
vsboot --stop vs1 >/dev/null
check 'a server is renamed' vsdadm vs_rename localhost vs1 vs9
refused 'its crontabs are gone under the old name' test -e $spool/admin@vs1
$sync >/dev/null
check 'and there under the new' test -e $spool/admin@vs9
vsdadm vs_disable localhost vs9 >/dev/null
check 'vs_delete' vsdadm vs_delete localhost vs9
is 'nothing of it is left with cron' '' "$(ls $spool)"
bevs vs2 sh -c 'echo "@daily x" | crontab -'
$sync >/dev/null
is 'another server' admin@vs2 "$(ls $spool)"
check 'vsd-uninstall --keep-data' vsd-uninstall --keep-data
is 'nothing is left with cron' '' "$(ls $spool; ls /etc/cron.d/vsd 2>/dev/null)"
done_testing
