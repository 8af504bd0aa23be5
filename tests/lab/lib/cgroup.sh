# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# A cgroup of the lab's own at the machine's cgroup2, gone with the lab even
# when the lab is killed: a watcher in a session of its own waits for the end of
# a pipe that only the lab's first shell holds (descriptor 9).

cgroup_mount() {
	for m in /sys/fs/cgroup /sys/fs/cgroup/unified; do
		if [ "$(stat -f -c %T "$m" 2>/dev/null)" = cgroup2fs ]; then
			echo "$m"
			return
		fi
	done
}

# Set LAB_CGROUP, or leave it empty where there is no cgroup2 to write to.
cgroup_make() {
	LAB_CGROUP=
	mount=$(cgroup_mount)
	[ -n "$mount" ] || return 0
	LAB_CGROUP=$(mktemp -d "$mount/vsd-lab.XXXXXX" 2>/dev/null) || LAB_CGROUP=
	[ -n "$LAB_CGROUP" ] || return 0
	chmod 0755 "$LAB_CGROUP"
	fifo=$(mktemp -u "${TMPDIR:-/tmp}/vsd-lab.XXXXXX")
	mkfifo -m 0600 "$fifo"
	setsid sh "$LAB_DIR/lib/cgroup-watch.sh" "$LAB_CGROUP" <"$fifo" >/dev/null 2>&1 &
	exec 9>"$fifo"
	rm -f "$fifo"
}

# Run a command in the lab's cgroup, which is the root of its cgroup namespace, or
# rather in a folder of that, replacing this shell: a cgroup that has a process of its
# own, the lab's `unshare` say, hands no controller down.
cgroup_enter() {
	if [ -n "$LAB_CGROUP" ]; then
		# shellcheck disable=SC2016 # the inner shells expand these
		exec sh -c 'echo $$ >"$LAB_CGROUP/cgroup.procs" && exec unshare --cgroup \
			sh -c "mkdir \"\$LAB_CGROUP/host\" &&
			echo \$\$ >\"\$LAB_CGROUP/host/cgroup.procs\" && exec \"\$@\"" sh "$@"' sh "$@"
	fi
	exec "$@"
}

cgroup_remove() {
	[ -n "$LAB_CGROUP" ] || return 0
	exec 9>&-
	tries=0
	while [ -d "$LAB_CGROUP" ] && [ $tries -lt 50 ]; do
		sleep 0.05
		tries=$((tries + 1))
	done
}
