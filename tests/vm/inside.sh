#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# In the virtual machine, on its full root: run the tests, each in a lab.
cd "$VM_TOP" || poweroff -f
failed=0 passed=0
# As systemd does: the labs' cgroups are to have all controllers.
for c in $(cat /sys/fs/cgroup/cgroup.controllers); do
	echo "+$c" >/sys/fs/cgroup/cgroup.subtree_control || echo "vm: no controller $c"
done
if [ "$VM_TEXT" = --shell ]; then
	setsid -c sh </dev/ttyS0 >/dev/ttyS0 2>&1
fi
for t in tests/vm/t/*.sh; do
	case $t in *"$VM_TEXT"*) ;; *) continue ;; esac
	options=$(sed -n 's/^# lab: *//p' "$t" | head -n 1)
	variants=$(sed -n 's/^# variants: *//p' "$t" | head -n 1)
	for variant in ${variants:--}; do
		echo "# $t $variant: $(cut -d. -f1 /proc/uptime) s"
		[ "$variant" != with-favordynmods ] || mount -o remount,favordynmods /sys/fs/cgroup
		# shellcheck disable=SC2086 # options are words
		if tests/lab/run $options -- sh "$t" "$variant" </dev/null; then
			passed=$((passed + 1))
		else
			failed=$((failed + 1))
			echo "not ok: $t $variant"
		fi
	done
done
echo "# $(cut -d. -f1 /proc/uptime) s"
echo "vm: $failed failed, $passed passed"
echo o >/proc/sysrq-trigger
while :; do :; done # the power goes meanwhile
