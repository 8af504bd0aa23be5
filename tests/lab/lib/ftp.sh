# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# What every ftp server must do for VS users, after tap.sh: the test starts its
# daemon, and calls these with its name; $vs is where the servers lie.
# shellcheck disable=SC2154

ftp_alice=alice:lab-alice-vs1

# ftp USER:PASSWORD ADDRESS PATH [CURL OPTION]...
ftp() {
	who=$1 address=$2 path=$3
	shift 3
	curl -sS -m 20 -u "$who" "$@" "ftp://$address/$path" 2>&1
}

# What people do: DAEMON [NAME THAT A LISTING SHOWS]
ftp_people() {
	daemon=$1 shown=${2:-bob@vs1}
	head -c 300000 /dev/urandom >/tmp/up
	check "$daemon: upload" ftp "$ftp_alice" 10.77.0.1 '' -T /tmp/up
	is "$daemon: it is alice's" '2000001 2000001' "$(stat -c '%u %g' $vs/vs1/home/alice/up)"
	ftp "$ftp_alice" 10.77.0.1 up -o /tmp/down
	check "$daemon: download" cmp /tmp/up /tmp/down
	head -c 100000 /tmp/up >/tmp/part
	ftp "$ftp_alice" 10.77.0.1 up -C - -o /tmp/part
	check "$daemon: resumed" cmp /tmp/up /tmp/part
	head -c 100000 /tmp/up >$vs/vs1/home/alice/half
	chown 2000001:2000001 $vs/vs1/home/alice/half
	check "$daemon: an upload, resumed" timeout 60 lftp -u alice,lab-alice-vs1 \
		-e 'set net:max-retries 1; set ftp:ssl-allow no; put -c /tmp/up -o half; quit' 10.77.0.1
	check "$daemon: is whole" cmp /tmp/up $vs/vs1/home/alice/half
	ftp "$ftp_alice" 10.77.0.1 up -P - -o /tmp/active
	check "$daemon: active" cmp /tmp/up /tmp/active
	check "$daemon: active upload" ftp "$ftp_alice" 10.77.0.1 by-active -P - -T /tmp/up
	check "$daemon: is whole, too" cmp /tmp/up $vs/vs1/home/alice/by-active
	has "$daemon: a listing has the VS's own names" "$(ftp "$ftp_alice" 10.77.0.1 /home/)" " $shown "
	has "$daemon: actively, too" "$(ftp "$ftp_alice" 10.77.0.1 /home/ -P -)" " $shown "
	is "$daemon: a qualified name" 2000001 \
		"$(ftp alice@vs1:lab-alice-vs1 10.77.0.1 named -T /tmp/part; stat -c %u $vs/vs1/home/alice/named)"
	is "$daemon: down, too" vs1 "$(ftp alice@vs1:lab-alice-vs1 10.77.0.1 /etc/hostname)"
	has "$daemon: admin" "$(ftp admin:lab-admin-vs2 10.77.0.2 /etc/)" passwd
	has "$daemon: the root is the VS's" "$(ftp "$ftp_alice" 10.77.0.1 /etc/vsd/)" priv
	lacks "$daemon: and not the host's" "$(ftp "$ftp_alice" 10.77.0.1 /etc/vsd/)" servers
	is "$daemon: its own host name" vs2 "$(ftp alice:lab-alice-vs2 10.77.0.2 /etc/hostname)"
	timeout 60 lftp -u alice,lab-alice-vs1 -e "set net:max-retries 1; set ssl:verify-certificate no; mkdir d; cd d; put /tmp/part -o x; mv x y; chmod 600 y; quit" \
		10.77.0.1 >/dev/null 2>&1
	is "$daemon: lftp" '600 2000001' "$(stat -c '%a %u' $vs/vs1/home/alice/d/y)"
	is "$daemon: from another host" vs1 "$(lab-client curl -sS -m 20 -u "$ftp_alice" ftp://10.77.0.1//etc/hostname)"
}

# By IPv6, as by IPv4: DAEMON
ftp_files() {
	vsdadm vs_set localhost vs1 address=10.77.0.1,fd77::1
	for a in 10.77.0.1 fd77::1; do
		is "$1: at $a: an upload added to and resumed, a download resumed, a file renamed" \
			'up 226 226 226
down 226 ello WORLD!
renamed 250 200
not theirs True True True True' "$(python3 "$LAB_DIR/lib/ftp_data.py" files $a 2>&1)"
		is "$1: at $a: as it was asked for" '640 2000001' "$(stat -c '%a %u' $vs/vs1/home/alice/renamed)"
	done
	is "$1: active by IPv6" vs1 "$(ftp "$ftp_alice" '[fd77::1]' /etc/hostname -P -)"
}

# A session is counted as long as it lasts: DAEMON
ftp_sessions() {
	vsdadm vs_set localhost vs1 max_sessions=1
	is "$1: a session more than there may be is refused" 'first 200
second 530
first still 200
later 200' "$(python3 "$LAB_DIR/lib/ftp_data.py" sessions 2>&1)"
	vsdadm vs_set localhost vs1 max_sessions=64
}

# The daemon's processes in vs1, and the folders that each has open: DAEMON
ftp_folders() {
	for p in $(cat /sys/fs/cgroup/vsd/vs1/cgroup.procs /sys/fs/cgroup/unified/vsd/vs1/cgroup.procs 2>/dev/null); do
		[ "$(cat "/proc/$p/comm")" = "$1" ] || continue
		echo "a process of $1"
		for f in /proc/"$p"/fd/*; do
			[ ! -d "$f" ] || readlink "$f"
		done
	done
}

# Data connections are behind the VS's fence, as the session is: DAEMON
ftp_data() {
	data=$(lab-client python3 "$LAB_DIR/lib/ftp_data.py" outside 2>&1)
	has "$1: an active data connection comes from the VS's address" "$data" 'active 10.77.0.1'
	has "$1: a passive one is awaited there alone" "$data" 'passive 10.77.0.1'
	data=$(python3 "$LAB_DIR/lib/ftp_data.py" host 2>&1)
	has "$1: an active one reaches no address of the host's" "$data" 'active 425'
	lacks "$1: nor does a session that came by one have data there" "${data#*by the host}" '10.88'
}

# It never execs: a folder of the host that stayed open would be a way out by fchdir,
# if its process were made to take it.  DAEMON
ftp_holds_nothing() {
	sleep 5 | ftp "$ftp_alice" 10.77.0.1 held -T - >/dev/null &
	held=$!
	for _ in $(seq 100); do
		[ ! -e $vs/vs1/home/alice/held ] || break
		sleep 0.05
	done
	seen=$(ftp_folders "$1")
	has "$1: in the VS's cgroup" "$seen" "a process of $1"
	is "$1: with no folder of the host open" '' "$(echo "$seen" | grep -e '^/$' -e '^/run' -e '^/home/vsd' -e '^/sys')"
	wait $held
}

# The same by TLS: DAEMON.  By lftp: curl's active and uploaded data streams do not
# end as vsftpd wants them to, for a user of the host either.
ftp_tls() {
	refused "$1 with TLS: not without it" ftp "$ftp_alice" 10.77.0.1 /etc/
	for passive in on off; do
		# vsftpd 3.0.3 now and then cuts an upload whose client closes the stream
		# quickly, for a user of the host too: try again.
		for _ in 1 2 3 4 5; do
			rm -f /tmp/tls $vs/vs1/home/alice/tls
			timeout 60 lftp -c "set net:max-retries 1; set ssl:verify-certificate no; set ftp:ssl-force yes; \
				set ftp:ssl-protect-data yes; set ftp:passive-mode $passive; set net:timeout 20; \
				open -u alice,lab-alice-vs1 10.77.0.1; put /tmp/up -o tls; \
				get tls -o /tmp/tls; get /etc/hostname -o /tmp/tls.host" >/tmp/lftp.out 2>&1
			! cmp -s /tmp/up /tmp/tls || break
		done
		check "$1 with TLS, passive $passive" cmp /tmp/up /tmp/tls
		is "$1 with TLS, passive $passive: in the VS" 'vs1 2000001' \
			"$(cat /tmp/tls.host) $(stat -c %u $vs/vs1/home/alice/tls)"
		rm -f /tmp/tls.host
	done
}

# Commands that run side by side; then each of them must have failed.
together() { # NAME COMMAND...
	together_n=$((${together_n:-0} + 1))
	echo "$1" >"/tmp/together.$together_n"
	shift
	("$@" >/dev/null 2>&1 && echo "came in" >>"/tmp/together.$together_n") &
	together_pids="${together_pids:-} $!"
}

together_refused() {
	# shellcheck disable=SC2086 # a list
	wait $together_pids
	together_pids='' together_n=0
	for f in /tmp/together.*; do
		is "$(head -n 1 "$f")" '' "$(sed -n 2p "$f")"
		rm -f "$f"
	done
}

# Where a login lands: "vs" its VS, "host", "home" the user's home as root, or nowhere.
ftp_root() { # USER:PASSWORD
	ftp "$1" 10.77.0.1 / >/tmp/ftp.root
	ftp "$1" 10.77.0.1 /etc/vsd/ >/tmp/ftp.etc
	ftp "$1" 10.77.0.1 ../../../../../etc/vsd/ --path-as-is >>/tmp/ftp.etc
	if grep -q servers /tmp/ftp.etc; then
		echo host
	elif grep -q priv /tmp/ftp.etc; then
		echo vs
	elif grep -q mine-alone /tmp/ftp.root; then
		echo home
	fi
}

# The session's line off and on again: DAEMON.  The lines of common-session would do in
# its place.
ftp_session_off() {
	for f in "$1" common-session common-session-noninteractive; do
		cp "/etc/pam.d/$f" "/tmp/pam.$f"
		sed -i '/^session.*pam_vsd/d' "/etc/pam.d/$f"
	done
}
ftp_session_on() {
	for f in "$1" common-session common-session-noninteractive; do
		cp "/tmp/pam.$f" "/etc/pam.d/$f"
	done
}

# What must not be: DAEMON
ftp_refusals() {
	# at once, as each daemon makes one wait
	together "$1: a wrong password" ftp alice:wrong 10.77.0.1 ''
	together "$1: the password of the other VS" ftp alice:lab-alice-vs1 10.77.0.2 ''
	together "$1: a VS user at the other VS" ftp alice@vs2:lab-alice-vs2 10.77.0.1 ''
	together "$1: a bare name at the host's address" ftp "$ftp_alice" 10.88.0.1 ''
	together "$1: a host user at a VS's address" ftp hosty:lab-hosty 10.77.0.1 ''
	together_refused
	has "$1: a host user at the host's" "$(ftp hosty:lab-hosty 10.88.0.1 '')" of-the-host
	vsdadm priv_set localhost vs1 bob ftp off
	refused "$1: without the right" ftp bob:lab-bob-vs1 10.77.0.1 /etc/
	has "$1: the log says why" "$(grep 'pam_vsd.*user=bob' /var/log/lab.log | tail -n 1)" 'lacks the right "ftp"'
	vsdadm priv_set localhost vs1 bob ftp on
	has "$1: with it again" "$(ftp bob:lab-bob-vs1 10.77.0.1 /etc/)" passwd
	vsdadm vs_disable localhost vs2 >/dev/null
	refused "$1: a disabled VS" ftp alice:lab-alice-vs2 10.77.0.2 /etc/
	vsdadm vs_enable localhost vs2 >/dev/null
	vsboot --stop vs2 >/dev/null
	refused "$1: a stopped VS" ftp alice:lab-alice-vs2 10.77.0.2 /etc/
	refused "$1: its user by a host address" ftp alice@vs2:lab-alice-vs2 10.88.0.1 /etc/
	vsboot --start vs2 >/dev/null
	sed -i '/^service\.'"$1"' /s/^/#/' /etc/vsd.conf
	refused "$1: a service that vsd.conf does not list" ftp alice@vs1:lab-alice-vs1 10.77.0.1 /etc/
	has "$1: the log says why" "$(grep 'pam_vsd.*user=alice' /var/log/lab.log | tail -n 1)" "no line service.$1"
	sed -i '/^#service\.'"$1"' /s/^#//' /etc/vsd.conf
}

# A VS admin who arranges files against the host: DAEMON
ftp_hostile() {
	v=$vs/vs1
	cp $v/etc/passwd /tmp/passwd
	cp $v/etc/group /tmp/group
	{ echo 'alice:x:0:0::/home/alice:/bin/bash'; cat /tmp/passwd; } >$v/etc/passwd
	printf 'disk:x:6:alice\nother:x:2000250:alice\n' >>$v/etc/group
	ftp "$ftp_alice" 10.77.0.1 zero -T /tmp/part
	is "$1: a line that makes alice uid 0" '2000001 2000001' "$(stat -c '%u %g' $v/home/alice/zero)"
	sed 's/^bob:x:[0-9]*:[0-9]*:/bob:x:0:0:/' /tmp/passwd >$v/etc/passwd
	refused "$1: a user whose only line is uid 0" ftp bob:lab-bob-vs1 10.77.0.1 /etc/
	cp /tmp/passwd $v/etc/passwd
	cp /tmp/group $v/etc/group

	# login records written by root: never into a shared file, as admin cannot
	# link one there
	refused "$1: admin cannot link a shared file as wtmp" \
		vssh admin@10.77.0.1 'ln -f /usr/bin/true /var/log/wtmp'
	is "$1: wtmp is root's and linked once" '0 1' "$(stat -c '%u %h' $v/var/log/wtmp)"
	[ ! -e $v/etc/login.defs ] || mv $v/etc/login.defs /tmp/login.defs
	for f in etc/login.defs etc/ftpusers var/log/xferlog; do
		rm -f $v/$f && mkfifo $v/$f
	done
	has "$1: FIFOs hold nobody up" "$(ftp "$ftp_alice" 10.77.0.1 /etc/ -m 10)" passwd
	rm -f $v/etc/login.defs $v/etc/ftpusers $v/var/log/xferlog
	[ ! -e /tmp/login.defs ] || mv /tmp/login.defs $v/etc/login.defs

	evil_nss_plant $v
	check "$1: a module of the VS's nsswitch.conf runs, for who asks in the VS" evil_nss_runs $v
	has "$1: with it" "$(ftp "$ftp_alice" 10.77.0.1 /etc/)" passwd
	has "$1: and a listing" "$(ftp "$ftp_alice" 10.77.0.1 /home/)" alice
	is "$1: it runs in no process of $1's" '' "$(evil_nss_seen $v)"
	evil_nss_remove $v
	ln -s /etc/vsd $v/home/alice/out && chown -h 2000001 $v/home/alice/out
	lacks "$1: a link out stays in" "$(ftp "$ftp_alice" 10.77.0.1 out/)" servers
	rm $v/home/alice/out
	useradd -m -u 1500 alice
	echo alice:lab-alice-vs1 | chpasswd
	refused "$1: a host user of the same name" ftp "$ftp_alice" 10.77.0.1 /etc/
	has "$1: the VS's, qualified" "$(ftp alice@vs1:lab-alice-vs1 10.77.0.1 /etc/vsd/)" priv
	userdel -rf alice 2>/dev/null
	is "$1: no process of the range is left outside" '' "$(ps -eo uid=,pid= | awk '$1 >= 2000000' | head -n 3)"
}

ftp_hosty() {
	useradd -m hosty
	echo hosty:lab-hosty | chpasswd
	touch /home/hosty/of-the-host
}

# A certificate, for FTPS.
ftp_certificate() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=vs1.example.test \
		-keyout /etc/ssl/private/lab.key -out /etc/ssl/certs/lab.pem 2>/dev/null
	cat /etc/ssl/private/lab.key /etc/ssl/certs/lab.pem >/etc/ssl/private/lab-both.pem
	chmod 0600 /etc/ssl/private/lab*
}

# Until the daemon of that name is gone.
ftp_end() {
	pkill -x "$1"
	for _ in $(seq 100); do
		pgrep -x "$1" >/dev/null || return 0
		sleep 0.05
	done
}

# Until it listens: before that every login would be "refused".
ftp_wait() {
	for _ in $(seq 100); do
		! nc -z -w 1 127.0.0.1 21 || return 0
		sleep 0.05
	done
	tap_result 1 'the daemon listens on port 21' "$(ss -tlnp 2>&1)"
}
