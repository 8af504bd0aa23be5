#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --with services --profile services
# seconds: 300
# Mail between two servers' own exim, sent by the `sendmail` that programs use.
. "$LAB_DIR/lib/tap.sh"
. "$LAB_DIR/lib/services.sh"
# Debian 13's dovecot has another language for its settings than the one that we ship.
case $(dovecot --version) in
2.[0-3].*) ;;
*)
	skip 'mail' "dovecot $(dovecot --version | cut -d' ' -f1): the settings in skel are for 2.3"
	done_testing
	;;
esac
log() { cat /home/vsd/vs/"$1"/home/web/log/exim/mainlog-*; }
for n in 1 2; do
	echo "vs$((3 - n)).example.test: 10.77.0.$((3 - n))" >>"/home/vsd/vs/vs$n/etc/exim4/conf/routes"
	service_on vs$n exim
done
for n in 1 2; do
	check "vs$n: exim answers on port 25" wait_until lab-client nc -z -w 5 10.77.0.$n 25
done
is 'it runs as admin' 2000000 "$(in_server vs1 ps -C exim4 -o uid= | sort -u | tr -d ' ')"
check 'alice sends' bevs -u alice vs1 sh -c \
	'printf "To: bob@vs2.example.test\nSubject: greeting\n\nhello\n" | /usr/sbin/sendmail -t'
arrived() { log vs2 | grep -q '<= alice@vs1.example.test'; }
check 'it arrives in vs2' wait_until arrived
has 'and is in its queue for bob' "$(in_server vs2 exim4 -bp)" bob@vs2.example.test
lacks 'but no longer in that of vs1' "$(in_server vs1 exim4 -bp)" bob@vs2.example.test

# --- dovecot: each mailbox is written as its owner ---
for vs in vs1 vs2; do
	service_on $vs dovecot
done
for n in 1 2; do
	check "vs$n: dovecot answers on port 143" wait_until lab-client nc -z -w 5 10.77.0.$n 143
done
check 'the queue is run' bevs vs2 exim4 -qff
new=/home/vsd/vs/vs2/home/bob/Maildir/new
greeting() { grep -qr '^Subject: greeting' $new; }
check 'the mail from vs1 is in bob'\''s Maildir' wait_until greeting
is 'owned by its reader' '2000202 2000202 600' "$(stat -c '%u %g %a' $new/*)"
in_server vs2 sh -c 'echo "bob:$(doveadm pw -p lab-mail)" >>/etc/dovecot/users'
has 'bob reads it by IMAP' "$(lab-client curl -sSk --max-time 20 --ssl-reqd -u bob:lab-mail \
	'imap://10.77.0.2/INBOX;MAILINDEX=1')" hello
refused 'not with another password' lab-client curl -sSk --max-time 20 -u bob:x imaps://10.77.0.2/
refused 'not without TLS' lab-client curl -sS --max-time 20 -u bob:lab-mail imap://10.77.0.2/
master=$(pgrep -u 2000200 -x dovecot | head -n 1)
is 'dovecot has SETUID and SETGID' 00000000000000c0 "$(awk '/^CapEff/ { print $2 }' "/proc/$master/status")"
is 'and can have nothing else' 00000000000000c0 "$(awk '/^CapBnd/ { print $2 }' "/proc/$master/status")"
is 'in the range'\''s user namespace' '2000200 2000200 200' "$(xargs <"/proc/$master/uid_map")"
is 'and no new power' 1 "$(awk '/^NoNewPrivs/ { print $2 }' "/proc/$master/status")"
refused 'alice may not' bevs -u alice vs1 /usr/lib/vsd/vsd-guest mailstore
refused 'nor admin on the host' setpriv --reuid 2000000 --regid 2000000 --clear-groups \
	/home/vsd/vs/vs1/usr/lib/vsd/vsd-guest mailstore
is 'it is the one setuid file' /home/vsd/skel/usr/lib/vsd/vsd-guest \
	"$(find /home/vsd/skel -perm /6000 -type f)"

smtp() { # FROM TO: as another host
	printf 'Subject: x\n\nx\n' | lab-client curl -sS --max-time 30 smtp://10.77.0.2 \
		--mail-from "$1" --mail-rcpt "$2" -T -
}
check 'mail from elsewhere is taken' smtp bob@vs1.example.test alice@vs2.example.test
refused 'for a user that is there' smtp bob@vs1.example.test nobody-here@vs2.example.test
refused 'and not passed on' smtp bob@vs1.example.test someone@vs1.example.test
refused 'a name that is a path is none' smtp bob@vs1.example.test '/etc/passwd@vs2.example.test'

# --- as people use it: names alone, aliases, ~/.forward, a closed home ---
holds() { grep -qr "^Subject: $2" "/home/vsd/vs/$1/Maildir/new"; }
send() { # SUBJECT RECIPIENT...: by alice of vs1
	bevs -u alice vs1 sh -c "subject=\$1; shift
		printf 'Subject: %s\n\nx\n' \"\$subject\" | /usr/sbin/sendmail \"\$@\"" sh "$@"
}
check 'to a name alone' send 'name alone' bob
check 'is to the user of this server' wait_until holds vs1/home/bob 'name alone'
refused 'but not for who comes from elsewhere' smtp alice@vs1.example.test bob
check 'to root' send 'for root' root
check 'is to admin' wait_until holds vs1/root 'for root'
bevs vs2 sh -c 'echo "both: alice, bob" >>/etc/aliases'
check 'to an alias of two' send 'for both' both@vs2.example.test
for user in alice bob; do
	check "is to $user" wait_until holds vs2/home/$user 'for both'
done
check 'to two at once' send 'two at once' alice@vs2.example.test bob@vs2.example.test
for user in alice bob; do
	check "is to $user" wait_until holds vs2/home/$user 'two at once'
done
# What waits is tried again: a reader who could not be written to would get it once more.
idle() { [ -z "$(bevs vs2 mailq)" ]; }
check 'and nothing waits' wait_until idle
for user in alice bob; do
	is "one copy of each for $user" 2 "$(grep -Elr '^Subject: (for both|two at once)' /home/vsd/vs/vs2/home/$user/Maildir/new | wc -l)"
done
bevs -u alice vs2 sh -c 'printf "%s, bob@vs1.example.test\n" "\\alice" >~/.forward'
check 'to who has a .forward' send forwarded alice@vs2.example.test
check 'goes where it says' wait_until holds vs1/home/bob forwarded
check 'and stays as well' wait_until holds vs2/home/alice forwarded
bevs -u bob vs2 sh -c 'echo alice@vs1.example.test >~/.forward; chmod 0700 ~'
check 'to a home that is closed' send closed bob@vs2.example.test
check 'it gets in' wait_until holds vs2/home/bob closed
check 'and does not wait' wait_until idle
bevs -u alice vs2 sh -c 'echo "|/usr/bin/touch /tmp/piped" >~/.forward'
check 'to a .forward with a program' send piped alice@vs2.example.test
forbidden() { log vs2 | grep -q 'pipe.*forbidden'; }
check 'which is refused' wait_until forbidden
refused 'and does not run' test -e /home/vsd/vs/vs2/tmp/piped
done_testing
