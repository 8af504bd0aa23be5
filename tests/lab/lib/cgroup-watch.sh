#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Wait for the end of stdin, then end what is left in a cgroup and remove it.
trap '' HUP INT TERM
cgroup=$1
cat >/dev/null
tries=0
while [ -d "$cgroup" ] && [ $tries -lt 100 ]; do
	echo 1 >"$cgroup/cgroup.kill" 2>/dev/null
	find "$cgroup" -depth -type d -exec rmdir {} \; 2>/dev/null
	[ -d "$cgroup" ] || break
	sleep 0.05
	tries=$((tries + 1))
done
