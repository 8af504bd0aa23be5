#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 1
# Addresses come and go while ours are listed and added: many servers start at once.
. "$LAB_DIR/lib/tap.sh"

# so many that the kernel gives them out in several parts
seq 1200 | awk '{ printf "addr add 10.90.%d.%d/32 dev vsd0\n", $1 / 250, $1 % 250 + 1 }' >/tmp/many
ip -batch /tmp/many
sh -c 'while :; do ip addr add 10.91.0.1/32 dev vsd0; ip addr del 10.91.0.1/32 dev vsd0; done' &
busy=$!
list() {
	for _ in $(seq 100); do vsalias --list vs1 | grep -q '10\.77\.0\.1\>' || return 1; done
}
up() {
	for _ in $(seq 30); do
		vsalias --down vs1 && vsalias --up vs1 || return 1
	done
}
check 'vsalias lists its addresses among changing ones' list
check 'and adds and removes them' up
check 'vsboot starts a server among them' vsboot --restart vs1
kill $busy
wait $busy 2>/dev/null
is 'nobody else'\''s was touched' 1200 "$(ip -o -4 addr show dev vsd0 | grep -c ' 10\.90\.')"
done_testing
