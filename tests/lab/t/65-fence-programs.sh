#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --bare --with services --with dns
# seconds: 300
# Stock programs behind the fence, unprivileged, in two servers at once and on the same
# ports: by its library alone, the programs being this machine's own.
. "$LAB_DIR/lib/tap.sh"
make -s -C "$LAB_TOP" fence-rig >&2 || exit 1
rig=$LAB_TOP/build/tests/fence/fence_rig
"$rig" load || exit 1
"$rig" set a 1 10.77.0.1 fd77::1
"$rig" set b 2 10.77.0.2 fd77::2
for s in a b; do
	n=$([ $s = a ] && echo 1 || echo 2)
	uid=$((2000000 + 200 * n))
	echo "in-$s:x:$uid:$uid::/tmp/$s:/bin/sh" >>/etc/passwd
	echo "in-$s:x:$uid:" >>/etc/group
	mkdir -p /tmp/$s/www /tmp/$s/run
	echo "page of $s" >/tmp/$s/www/index.html
	# shellcheck disable=SC2016 # PHP's
	echo '<?php echo "php of ", basename(dirname(__DIR__)), " for ", $_SERVER["REMOTE_ADDR"];' >/tmp/$s/www/x.php
	chown -R $uid:$uid /tmp/$s
done
# within a|b COMMAND...: as that server's admin
within() {
	s=$1
	shift
	# shellcheck disable=SC2016 # the inner shell's
	sh -c 'echo 0 >"/sys/fs/cgroup/vsd/$0/cgroup.procs" && cd "/tmp/$0" && HOME=/tmp/$0 exec setpriv \
		--reuid "in-$0" --regid "in-$0" --clear-groups "$@"' "$s" "$@"
}
serve() { within "$@" >>/tmp/log 2>&1 </dev/null & }
other() { lab-client curl -sS -m 5 "$@" 2>&1; }
until_true() {
	for _ in $(seq 150); do
		"$@" >/dev/null 2>&1 </dev/null && return 0
		sleep .2
	done
	return 1
}

# --- httpds: apache's plain Listen, nginx on both families, python's ---
fpm=$(command -v php-fpm || find /usr/sbin -name 'php-fpm*' | head -n 1)
for s in a b; do
	cat >/tmp/$s/apache.conf <<X
ServerName $s.test
Listen 80
PidFile /tmp/$s/run/apache.pid
DefaultRuntimeDir /tmp/$s/run
Mutex file:/tmp/$s/run
ErrorLog /tmp/$s/run/apache.log
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_fcgi_module /usr/lib/apache2/modules/mod_proxy_fcgi.so
DocumentRoot /tmp/$s/www
<FilesMatch \.php$>
SetHandler "proxy:fcgi://127.0.0.1:9000/"
</FilesMatch>
X
	cat >/tmp/$s/nginx.conf <<X
worker_processes 1; pid /tmp/$s/run/nginx.pid; daemon off; error_log stderr;
events { }
http {
  access_log off; client_body_temp_path /tmp/$s/run/t; proxy_temp_path /tmp/$s/run/t;
  fastcgi_temp_path /tmp/$s/run/t; uwsgi_temp_path /tmp/$s/run/t; scgi_temp_path /tmp/$s/run/t;
  server {
    listen 81; listen [::]:81; root /tmp/$s/www; index index.html;
    location /proxy { proxy_pass http://localhost:80/index.html; }
  }
}
X
	cat >/tmp/$s/fpm.conf <<X
[global]
error_log = /tmp/$s/run/fpm.log
[www]
listen = 127.0.0.1:9000
pm = static
pm.max_children = 2
X
	serve $s apache2 -f /tmp/$s/apache.conf -DFOREGROUND
	serve $s nginx -e stderr -c /tmp/$s/nginx.conf
	serve $s "$fpm" -F -y /tmp/$s/fpm.conf
	serve $s python3 -m http.server 8000 --directory /tmp/$s/www
	serve $s redis-server --bind 127.0.0.1 -::1 --port 6379 --save '' --dir /tmp/$s/run
done
for n in 1 2; do
	s=$([ $n = 1 ] && echo a || echo b)
	for what in apache:80 nginx:81 python:8000; do
		until_true lab-client nc -z 10.77.0.$n ${what#*:}
		is "$s: ${what%:*} from another host" "page of $s" "$(other http://10.77.0.$n:${what#*:}/index.html)"
	done
	is "$s: apache's plain Listen serves IPv6" "page of $s" "$(other "http://[fd77::$n]/index.html")"
	is "$s: nginx's pair of listeners too" "page of $s" "$(other "http://[fd77::$n]:81/")"
	until_true within $s nc -z 127.0.0.1 9000
	is "$s: PHP by TCP on its loopback, the caller's address whole" "php of $s for 10.88.0.2" \
		"$(other http://10.77.0.$n/x.php)"
	is "$s: nginx reaches apache as localhost" "page of $s" "$(other http://10.77.0.$n:81/proxy)"
	is "$s: curl in it, localhost" "page of $s" "$(within $s curl -sS -m 5 http://localhost/index.html)"
	is "$s: curl in it, 127.0.0.1" "page of $s" "$(within $s curl -sS -m 5 http://127.0.0.1:8000/)"
	is "$s: curl in it, [::1]" "page of $s" "$(within $s curl -sS -m 5 'http://[::1]/index.html')"
	refused "$s: PHP is not on its public address" lab-client nc -z -w 1 10.77.0.$n 9000
done
is 'a reaches b as people do' 'page of b' "$(within a curl -sS -m 5 http://10.77.0.2/index.html)"
refused 'the host has none of it on its loopback' nc -z 127.0.0.1 80
refused 'nor on its own address' nc -z 10.88.0.1 80

# --- databases on 127.0.0.1 ---
pgbin=$(find /usr/lib/postgresql -name initdb | head -n 1)
pgbin=${pgbin%/*}
for s in a b; do
	within $s mariadb-install-db --no-defaults --datadir=/tmp/$s/my --auth-root-authentication-method=normal \
		--skip-test-db >>/tmp/log 2>&1
	serve $s mariadbd --no-defaults --datadir=/tmp/$s/my --socket=/tmp/$s/run/my --bind-address=127.0.0.1 \
		--pid-file=/tmp/$s/run/my.pid --innodb-buffer-pool-size=8M
	within $s "$pgbin/initdb" -A trust -D /tmp/$s/pg >>/tmp/log 2>&1
	serve $s "$pgbin/postgres" -D /tmp/$s/pg -k /tmp/$s/run
done
sql() { within "$1" mariadb --no-defaults --protocol=tcp -h 127.0.0.1 -u root -N -e "$2"; }
pg() { within "$1" psql -h localhost -d postgres -Atqc "$2"; }
for s in a b; do
	check "$s: mariadb by TCP on loopback" until_true sql $s 'SELECT 1'
	is "$s: its own" "/tmp/$s/my/" "$(sql $s 'SELECT @@datadir')"
	check "$s: postgresql as localhost" until_true pg $s 'SELECT 1'
	is "$s: its own" "/tmp/$s/pg" "$(pg $s 'SHOW data_directory')"
	within $s redis-cli -h 127.0.0.1 set who $s >>/tmp/log 2>&1
done
is 'redis: each its own' 'a b' "$(within a redis-cli get who) $(within b redis-cli get who)"
for port in 3306 5432 6379; do
	refused "port $port is on no public address" lab-client nc -z -w 1 10.77.0.1 $port
	refused "port $port is not on the host's loopback" nc -z -w 1 127.0.0.1 $port
done
is 'users of postgresql come from 127.0.0.1' 127.0.0.1/32 "$(within a psql -h 127.0.0.1 -d postgres -Atqc 'SELECT inet_client_addr()' | sed 's|$|/32|')"

# --- names: a resolver on another host ---
lab-client dnsmasq --no-daemon --no-resolv --no-hosts --address=/x.test/192.0.2.7 --log-queries --log-facility=/tmp/dns.log \
	--pid-file= >/dev/null 2>&1 &
dns=$!
until_true lab-client dig +time=1 +tries=1 @10.88.0.2 x.test
# dig binds its TCP socket to :: first, which the fence takes for IPv4's: -b tells it.
for how in '@10.88.0.2' '@10.88.0.2 +tcp' '@fd88::2' '-b fd77::1 @fd88::2 +tcp'; do
	# shellcheck disable=SC2086 # words
	is "dig $how" 192.0.2.7 "$(within a dig +short +time=3 +tries=1 $how x.test 2>&1)"
done
has 'the resolver was asked by the server'\''s address' "$(cat /tmp/dns.log)" 'from 10.77.0.1'
lacks 'and by none of the host'\''s' "$(grep 'query' /tmp/dns.log | grep -v 10.88.0.2)" 10.88.0.1
echo 'nameserver 10.88.0.2' >/etc/resolv.conf
has 'the C library' "$(within b getent ahostsv4 x.test)" 192.0.2.7
has 'asked by the other server'\''s address' "$(cat /tmp/dns.log)" 'from 10.77.0.2'
kill $dns

# --- an ftp client ---
mkdir -p /tmp/ftp
echo 'file of the ftp host' >/tmp/ftp/file
cat >/tmp/vsftpd.conf <<X
listen=YES
background=NO
anonymous_enable=YES
anon_root=/tmp/ftp
ftp_username=ftphost
secure_chroot_dir=/var/run/vsftpd/empty
seccomp_sandbox=NO
X
mkdir -p /var/run/vsftpd/empty
chmod 555 /tmp/ftp
echo 'ftphost:x:64999:64999::/tmp/ftp:/bin/false' >>/etc/passwd
lab-client vsftpd /tmp/vsftpd.conf >>/tmp/log 2>&1 &
ftpd=$!
until_true nc -z 10.88.0.2 21
is 'ftp, passive' 'file of the ftp host' "$(within a curl -sS -m 10 ftp://10.88.0.2/file)"
is 'ftp, active: the answer comes to the server' 'file of the ftp host' "$(within a curl -sS -m 10 -P - ftp://10.88.0.2/file)"
kill $ftpd

# --- nc ---
within a nc -l -N 9001 >/tmp/got </dev/null &
until_true sh -c 'echo hello | lab-client nc -N -w 2 10.77.0.1 9001'
until_true grep -qx hello /tmp/got # it writes after the caller has gone
is 'nc -l PORT hears another host' hello "$(cat /tmp/got)"
within a nc -l -N 9002 >/dev/null 2>&1 </dev/null &
sleep .3
refused 'and not what comes to the host' lab-client nc -z -w 1 10.88.0.1 9002
has 'a port below 1024 is admin'\''s, and the host'\''s are nobody'\''s' "$(within a nc -l 22 2>&1)" denied
for s in a b; do
	echo 1 >"/sys/fs/cgroup/vsd/$s/cgroup.kill"
done
done_testing
