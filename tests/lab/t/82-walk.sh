#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 1 --sshd --with services --profile full
# seconds: 400
# A first day in a server, by hand: look around, run python3 and perl, compile, add a
# user, log in as that user, edit httpd.conf, rebootvs, see the page.
. "$LAB_DIR/lib/tap.sh"
. "$LAB_DIR/lib/services.sh"
vs=/home/vsd/vs/vs1
admin() { vssh admin@10.77.0.1 "$@"; }
page() { lab-client curl -sS --max-time 20 http://10.77.0.1; }

# ---- who and where
is 'by password' admin "$(pwssh password admin@10.77.0.1 lab-admin-vs1 whoami | tail -n 1)"
is 'whoami, home, host name' 'admin /root vs1' "$(admin 'echo $(whoami) $HOME $(hostname)')"
# Wholly (the admin lines of freevsd.conf): each tree that is admin's from its top on, and what is admin's of the rest.
owns='/etc/aliases /etc/dovecot /etc/exim4/conf /etc/httpd /etc/msmtprc /etc/mysql /etc/nginx /etc/php /etc/redis /etc/service /etc/sv
/home /root /tmp /var/lib/dovecot /var/lib/mysql /var/lib/nginx /var/lib/postgresql /var/lib/redis /var/spool/exim4'
is 'what admin owns' "$(printf '%s\n' $owns)" "$(admin 'find / -xdev -user admin 2>/dev/null' | sort |
	awk 'top == "" || index($0, top "/") != 1 { print top = $0 }')"
is 'at /home it begins with' "$(printf '%s\n' /home /home/httpd /home/web)" \
	"$(admin 'find /home -maxdepth 1 -user admin' | sort)"
is 'and of the system nothing' '' \
	"$(admin 'find /usr /bin /sbin /lib /var/log /etc/passwd /etc/shadow /etc/vsd -user admin 2>/dev/null')"
has 'root'\''s files are root'\''s' "$(admin 'ls -ld /etc /usr')" 'root root'
has 'ps' "$(admin 'ps aux')" 'ps aux'
has 'df' "$(admin 'df -h /')" /
check 'free, uptime, id, groups, who' admin 'free >/dev/null && uptime >/dev/null && id >/dev/null && groups >/dev/null && who'

# ---- languages
is 'perl' '3628800' "$(admin 'perl -e "my \$n = 1; \$n *= \$_ for 1..10; print \$n"')"
is 'python3' '[0, 1, 4]' "$(admin 'python3 -c "import json, ssl, sqlite3; print(json.dumps([n * n for n in range(3)]))"')"
admin 'cat >hello.c && printf "hello: hello.c\n\tcc -O2 -o hello hello.c\n" >Makefile' <<'X'
#include <stdio.h>
int main(void) { return puts("compiled here") < 0; }
X
is 'make and gcc' 'compiled here' "$(admin 'make -s hello && ./hello')"
check 'git' admin 'git init -q r && cd r && git config user.email a@example.test && git config user.name A && git commit -q --allow-empty -m one && git log --oneline | grep -q one'
check 'an editor' admin 'TERM=xterm; export TERM; command -v vi || command -v nano'

# ---- a user
check 'useradd' admin 'useradd -m -c "Carol C" carol'
cat >/tmp/passwd.exp <<'X'
set timeout 20
spawn -noecho ssh -i $env(LAB_KEY) -o BatchMode=yes -tt admin@10.77.0.1 passwd -u carol
expect "assword" { send "a good one 7\r" }
expect "again" { send "a good one 7\r" }
expect eof
exit [lindex [wait] 3]
X
check 'passwd -u carol' expect /tmp/passwd.exp
lacks 'who may log in is the host'\''s to say' \
	"$(pwssh password carol@10.77.0.1 'a good one 7' 'echo came-in')" came-in
check 'which it does' vsdadm priv_set localhost vs1 carol login on
is 'carol logs in' 'carol /home/carol' \
	"$(pwssh password carol@10.77.0.1 'a good one 7' 'echo $(whoami) $PWD' | tail -n 1)"
is 'admin looks after carol'\''s files' kept \
	"$(pwssh password carol@10.77.0.1 'a good one 7' 'umask 077; echo kept >mine' >/dev/null
	admin 'cat /home/carol/mine')"
lacks 'carol does not read what is admin'\''s' "$(admin 'umask 077; echo of-admin >/root/mine'
	pwssh password carol@10.77.0.1 'a good one 7' 'cat /root/mine /etc/shadow')" of-admin
has 'setrights takes the login away' "$(admin 'setrights carol -ftp && listrights carol')" login

# ---- the web
service_on vs1 httpd
check 'the page is there' wait_until page
admin 'echo "<h1>edited by hand</h1>" >/home/httpd/docs/index.html
	echo "RedirectMatch ^/old http://example.org/new" >>/etc/httpd/conf/httpd.conf
	echo "<h1>first</h1>" >/home/httpd/docs/first.html'
has 'edited: seen at once' "$(page)" 'edited by hand'
check 'rebootvs' admin rebootvs
obeyed() { lab-client curl -sS --max-time 20 http://10.77.0.1/old | grep -q example.org/new; }
check 'and httpd.conf is obeyed' wait_until obeyed
check 'reboot is a habit' admin reboot
check 'which the server survives' wait_until obeyed
has 'the log is admin'\''s to read' "$(admin 'cat /home/web/log/access/current')" 'GET / '
check 'sudo is a habit too' admin 'sudo chown carol /home/httpd/docs/first.html'
is 'and works' "$(admin 'id -u carol')" "$(stat -c %u $vs/home/httpd/docs/first.html)"
check 'userdel -r' admin 'userdel -r carol'
refused 'carol is gone' test -e $vs/home/carol
done_testing
