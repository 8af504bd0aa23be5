#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --with services --profile services
# seconds: 300
# The services that a skeleton ships, each asked by its real client, in two
# servers at once: web, PHP, databases.  Mail is 81's.
. "$LAB_DIR/lib/tap.sh"
. "$LAB_DIR/lib/services.sh"
init() { cut -d' ' -f1 "/run/vsd/$1/init"; }
sql() { in_server "$1" mariadb -N -e "$2"; }
pg() { in_server "$1" psql -Atqc "$2"; }
# what another host sees
page() { lab-client curl -sS --max-time 20 "http://$1"; }

# --- off until enabled ---
is 'nothing is enabled' '' "$(ls -A /home/vsd/vs/vs1/etc/service)"
is 'an idle server is one process' vsd-init "$(bevs vs1 ps -eo comm= | grep -v '^ps' | tr -d '\r')"
is 'the ready services are admin'\''s' "$(printf '2000000\n')" \
	"$(find /home/vsd/vs/vs1/etc/sv /home/vsd/vs/vs1/etc/httpd -printf '%U\n' | sort -u)"

for vs in vs1 vs2; do
	service_on $vs httpd php-fpm mariadb postgresql redis
done

# --- web ---
for n in 1 2; do
	vs=vs$n
	check "$vs: httpd answers on port 80" wait_until page "10.77.0.$n"
	has "$vs: with its own page" "$(page "10.77.0.$n")" "<h1>$vs.example.test</h1>"
	is "$vs: it runs as admin" "$((2000000 + (n - 1) * 200))" \
		"$(bevs $vs ps -C apache2 -o uid= | sort -u | tr -d ' \r')"
	printf '<?php echo "uid ", posix_getuid(), " ", gethostname();' |
		service_file $vs home/httpd/docs/who.php
	check "$vs: php-fpm answers" wait_until service_is_up $vs php-fpm
	is "$vs: PHP runs as admin, in the server" "uid $((2000000 + (n - 1) * 200)) $vs" \
		"$(page "10.77.0.$n/who.php")"
done
refused 'a script that is not there is not found' lab-client curl -sSf http://10.77.0.1/none.php
check 'requests are logged' wait_until grep -F '"GET /who.php HTTP/1.1" 200' \
	/home/vsd/vs/vs1/home/web/log/access/current
has 'and the service itself' "$(cat /home/vsd/vs/vs1/home/web/log/httpd/current)" 'resuming normal operations'
bevs vs1 sh -c 'echo "Redirect /old http://example.org/new" >>/etc/httpd/conf/httpd.conf'
check 'admin changes httpd.conf: sv hup' bevs vs1 sv hup httpd
redirected() { page 10.77.0.1/old | grep -q example.org/new; }
check 'and httpd obeys' wait_until redirected

# --- mariadb ---
for vs in vs1 vs2; do
	check "$vs: mariadb is up" wait_until sql $vs 'SELECT 1'
done
is 'admin is its root' 'admin@localhost' "$(sql vs1 'SELECT CURRENT_USER()')"
check 'a table in vs1' sql vs1 'CREATE DATABASE shop; CREATE TABLE shop.t (n INT); INSERT INTO shop.t VALUES (41)'
refused 'is not in vs2' bevs vs2 mariadb shop -e 'SELECT n FROM t'
refused 'another user of the server is nobody there' bevs -u alice vs1 mariadb -e 'SELECT 1'
refused 'not under admin'\''s name either' bevs -u alice vs1 mariadb -u admin -e 'SELECT 1'
printf '<?php $d = new mysqli("localhost", "admin"); echo $d->query("SELECT n + 1 FROM shop.t")->fetch_row()[0];' |
	service_file vs1 home/httpd/docs/db.php
is 'PHP reads it' 42 "$(page 10.77.0.1/db.php)"

# --- postgresql ---
for vs in vs1 vs2; do
	check "$vs: postgresql is up" wait_until pg $vs 'SELECT 1'
done
check 'a table in vs1' pg vs1 'CREATE TABLE t AS SELECT 41 AS n'
is 'is there' 41 "$(pg vs1 'SELECT n FROM t')"
refused 'and not in vs2' bevs vs2 psql -Atqc 'SELECT n FROM t'
refused 'another user of the server is nobody there' bevs -u alice vs1 psql -Atqc 'SELECT 1' admin
refused 'not under admin'\''s name either' bevs -u alice vs1 psql -U admin -w -Atqc 'SELECT 1'
refused 'not by TCP either' bevs -u alice vs1 psql -h 127.0.0.1 -U admin -w -Atqc 'SELECT 1'

# --- redis ---
redis() { # SERVER COMMAND
	in_server "$1" sh -c "REDISCLI_AUTH=\$(cut -d' ' -f2 /etc/redis/password.conf) redis-cli $2"
}
is_pong() { [ "$(redis "$1" ping)" = PONG ]; }
for vs in vs1 vs2; do
	check "$vs: redis is up" wait_until is_pong $vs
done
is 'set in vs1' OK "$(redis vs1 'set k 41')"
is 'get in vs1' 41 "$(redis vs1 'get k')"
is 'not in vs2' '' "$(redis vs2 'get k')"
has 'without the password: nothing' "$(bevs -u alice vs1 redis-cli get k)" NOAUTH
refused 'which only admin can read' bevs -u alice vs1 cat /etc/redis/password.conf
is 'each server has another' 2 \
	"$(cat /home/vsd/vs/vs[12]/etc/redis/password.conf | sort -u | wc -l)"
for port in 3306 5432 6379; do
	refused "port $port is not on the public address" lab-client nc -z -w 2 10.77.0.1 $port
done

# --- nginx in place of httpd ---
check 'httpd off' bevs vs2 rm /etc/service/httpd
no_httpd() { ! page 10.77.0.2; }
check 'a link that is taken away ends its service' wait_until no_httpd
service_on vs2 nginx
server_is() { lab-client curl -sSgI --max-time 20 "http://$1/" | grep -qi "^server: $2"; }
check 'nginx answers' wait_until server_is 10.77.0.2 nginx
check 'while httpd does in vs1' server_is 10.77.0.1 apache
for n in 1 2; do
	vsdadm vs_set localhost vs$n "address=10.77.0.$n,fd77::$n" >/dev/null
	bevs vs$n sv restart httpd nginx >/dev/null 2>&1
done
check 'nginx by IPv6, too' wait_until server_is '[fd77::2]' nginx
check 'httpd as well' wait_until server_is '[fd77::1]' apache
check 'nginx by IPv4 still' wait_until server_is 10.77.0.2 nginx
has 'with the same page' "$(page 10.77.0.2/)" '<h1>vs2.example.test</h1>'
is 'and PHP' 'uid 2000200 vs2' "$(page 10.77.0.2/who.php)"

# --- sv, restart of all services, stop and start ---
refused 'another user controls no service' bevs -u alice vs1 sv restart httpd
pid() { bevs "$1" sv status "$2" | sed -n 's/^run: [^(]*(pid \([0-9]*\)).*/\1/p'; }
old=$(pid vs1 httpd)
check 'sv restart' bevs vs1 sv restart httpd
check 'makes another process' test -n "$old" -a "$old" != "$(pid vs1 httpd)"
check 'sv down' bevs vs1 sv down httpd
refused 'and it is' lab-client curl -sS --max-time 5 http://10.77.0.1/
service_pids() { bevs vs1 ps -eo pid=,comm= | awk '$2 ~ /runsv|mariadbd|postgres|redis|php/ { print $1 }'; }
before=$(service_pids)
bevs -u alice vs1 sleep 297 &
kill -HUP "$(init vs1)"
check 'all services restarted: httpd is up again' wait_until page 10.77.0.1
check 'mariadb too' wait_until sql vs1 'SELECT 1'
is 'with what it held' 41 "$(sql vs1 'SELECT n FROM shop.t')"
after=$(service_pids)
is 'by other processes' '' "$(printf '%s\n%s\n' "$before" "$after" | sort | uniq -d)"
check 'sessions went on' pgrep -f '^sleep 297'
pkill -f '^sleep 297'
wait
check 'stop' vsboot --stop vs1
is 'ends every process of the range' '' "$(ps -eo uid=,args= | awk '$1 >= 2000000 && $1 < 2000200')"
check 'vs2 goes on' server_is 10.77.0.2 nginx
check 'start' vsboot --start vs1
check 'httpd is back' wait_until page 10.77.0.1
check 'mariadb is back' wait_until sql vs1 'SELECT 1'
is 'with what it held' 41 "$(sql vs1 'SELECT n FROM shop.t')"
check 'postgresql is back' wait_until pg vs1 'SELECT 1'
is 'with what it held' 41 "$(pg vs1 'SELECT n FROM t')"
lacks 'it had been ended in order' "$(cat /home/vsd/vs/vs1/home/web/log/postgresql/current)" \
	'not properly shut down'
lacks 'and so had mariadb' "$(cat /home/vsd/vs/vs1/home/web/log/mariadb/current)" 'crash recovery'

# --- a start that was cut off ---
vsboot --stop vs2
rm -rf /home/vsd/vs/vs2/var/lib/mysql/data /home/vsd/vs/vs2/var/lib/postgresql/data
mkdir -p /home/vsd/vs/vs2/var/lib/mysql/data.new/mysql \
	/home/vsd/vs/vs2/var/lib/postgresql/data.new/base
chown -R 2000200:2000200 /home/vsd/vs/vs2/var/lib/mysql /home/vsd/vs/vs2/var/lib/postgresql
vsboot --start vs2
check 'mariadb makes its half-made data anew' wait_until sql vs2 'SELECT 1'
check 'postgresql too' wait_until pg vs2 'SELECT 1'

done_testing
