#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# bench-nss: nss_vsd beside its peers, in a lab.  Each round runs every peer once,
# so that a busy moment hits all alike; the report gives medians, spread, ratios.
# usage: nss.sh BUILD [ROUNDS [SERVERS [BIG]]]
set -eu
build=$(cd "$1" && pwd)
rounds=${2:-5} servers=${3:-250} big=${4:-5000}
here=$(cd "$(dirname "$0")" && pwd)
bench=$build/tests/bench/nss cold=$build/tests/bench/nss_cold
out=/tmp/nss-bench
mkdir -p $out

lib=$(dirname "$(ldconfig -p | sed -n 's/.*libnss_files.so.2.* => //p; s/.*libc.so.6.* => //p' | head -n 1)")
install -m 0644 "$build/libnss_vsd.so.2" "$build/tests/bench/libnss_empty.so.2" "$lib/"
ldconfig

note() { echo "# $*"; }

sample() { # SERVICE SERVERS TEST...
	"$bench" "$@" >>$out/samples || echo "failed: $*" >>$out/errors
}

nsswitch() { # PASSWD-LINE
	printf 'passwd: %s\ngroup: %s\nshadow: files\n' "$1" "$1" >/etc/nsswitch.conf
}

# A private copy of the registry for the second size: everything is made anew.
make_servers() {
	rm -rf /etc/vsd /var/lib/vsd /home/vsd/* $out/flat
	mkdir -p $out/flat
	"$build/tests/bench/nss_make" "$1" $out/flat
	# Exec rights, as vsd.conf comes with them, and who may log in.
	printf 'perl:900\ngcc:901\n' >/etc/vsd/exec-groups
	users=$(seq -s, 0 199 | sed 's/[0-9]*/user&/g')
	for root in /home/vsd/vs/*; do
		mkdir "$root/etc/vsd"
		printf 'login:x::%s\nftp:x::%s\nperl:x::user7\n' "$users" "$users" >"$root/etc/vsd/priv"
	done
}

cold_runs() { # LABEL PASSWD-LINE NAME
	nsswitch "$2"
	echo "cold-$1 cold $("$cold" 200 /usr/bin/getent passwd "$3")" >>$out/samples
}

small() {
	note "$servers servers of 200 users: $((servers * 200)) users"
	make_servers "$servers"
	nsswitch files
	for _ in $(seq "$rounds"); do
		cold_runs files-small files root
		cold_runs vsd 'files vsd' "user7@vs$((servers < 17 ? servers : 17))"
		cold_runs empty-asked 'empty files' root
		cold_runs vsd-alone vsd "user7@vs$((servers < 17 ? servers : 17))"
	done
	nsswitch files
	"$here/nss_peers.py" $out/flat files extrausers db cache systemd
	mkdir -p /run/nscd /var/cache/nscd
	nscd || nscd -d 2>&1 | head -n 5
	for i in $(seq "$rounds"); do
		note "round $i of $rounds"
		cold_runs files-50k files "user7@vs$servers"
		nsswitch files
		sample vsd "$servers" floor-stat
		sample vsd "$servers" floor-read
		sample vsd "$servers" first
		sample vsd "$servers" name uid gid groups few miss-name miss-server miss-uid
		sample vsd "$servers" enum enum-group
		for p in db cache; do
			sample $p "$servers" name uid few
			sample $p "$servers" gid
			sample $p "$servers" enum
			sample $p "$servers" groups
		done
		for p in files extrausers; do
			sample $p "$servers" name uid gid groups few enum
		done
		sample systemd "$servers" name few
		sample - "$servers" few
	done
	sample vsd "$servers" memory
	nscd -K
}

large() {
	note "$big servers of 200 users: $((big * 200)) users"
	sed 's/^/small /' $out/samples >$out/all
	: >$out/samples
	rm -f /etc/passwd.cache* /etc/group.cache* /var/lib/misc/*.db
	make_servers "$big"
	"$here/nss_peers.py" $out/flat db cache
	for i in $(seq "$rounds"); do
		note "round $i of $rounds"
		sample vsd "$big" floor-stat
		sample vsd "$big" floor-read
		sample vsd "$big" first
		sample vsd "$big" name uid few miss-name miss-server miss-uid
		sample vsd "$big" gid
		sample vsd "$big" groups
		sample vsd "$big" enum
		sample db "$big" name uid few
		sample cache "$big" name uid few
	done
	sed 's/^/large /' $out/samples >>$out/all
}

# Instructions of one lookup: N lookups less none.
instructions() {
	for t in name uid gid groups miss-server miss-uid; do
		for n in 0 1000; do
			valgrind --tool=callgrind --callgrind-out-file=/dev/null \
				"$bench" vsd 2 "$t:count-$n" >/dev/null 2>$out/cg.$n || return 0
		done
		a=$(sed -n 's/.*Collected : //p' $out/cg.0) b=$(sed -n 's/.*Collected : //p' $out/cg.1000)
		echo "small vsd instructions-$t $(((b - a) / 1000))" >>$out/all
	done
}

: >$out/samples
: >$out/errors
small
if [ "$big" -gt 0 ]; then large; else sed 's/^/small /' $out/samples >$out/all; fi
instructions
"$here/nss_report.py" $out/all
[ ! -s $out/errors ] || sed 's/^/# /' $out/errors
