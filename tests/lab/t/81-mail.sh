#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --with services --profile services
# seconds: 300
# Mail between two servers' own exim, sent by the `sendmail` that programs use.
. "$LAB_DIR/lib/tap.sh"
. "$LAB_DIR/lib/services.sh"
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

smtp() { # FROM TO: as another host
	printf 'Subject: x\n\nx\n' | lab-client curl -sS --max-time 30 smtp://10.77.0.2 \
		--mail-from "$1" --mail-rcpt "$2" -T -
}
check 'mail from elsewhere is taken' smtp bob@vs1.example.test alice@vs2.example.test
refused 'for a user that is there' smtp bob@vs1.example.test nobody-here@vs2.example.test
refused 'and not passed on' smtp bob@vs1.example.test someone@vs1.example.test
refused 'a name that is a path is none' smtp bob@vs1.example.test '/etc/passwd@vs2.example.test'
done_testing
