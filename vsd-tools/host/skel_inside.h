/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_SKEL_INSIDE_H
#define VSD_SKEL_INSIDE_H

/* Shell functions for a root in which maintainers' scripts run, in namespaces of its own:
 * `inside_begin ROOT` mounts what they need; `inside COMMAND` runs one there as root, but
 * with what installing takes and no more: they cannot leave the root, mount, make or open
 * devices, load, trace or signal what is not theirs, nor set the kernel (a read-only /proc).
 * They find no host's /run and start no daemon.  `inside_end` takes away what is no
 * mount.  SKEL_POWER is for setpriv. */
#define SKEL_POWER "--no-new-privs --bounding-set=-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid," \
	"+setuid,+setfcap"
#define SKEL_INSIDE \
	"inside_begin() {\n" \
	"  r=$1\n" \
	"  mount -t proc -o ro,nosuid,nodev,noexec proc \"$r/proc\"\n" \
	"  mount -t tmpfs -o mode=755,nosuid,noexec dev \"$r/dev\"\n" \
	"  for d in null zero full random urandom tty; do\n" \
	"    : >\"$r/dev/$d\"; mount --bind \"/dev/$d\" \"$r/dev/$d\"\n" \
	"  done\n" \
	"  mkdir \"$r/dev/pts\"; mkdir -m 1777 \"$r/dev/shm\"\n" \
	"  mount -t devpts -o newinstance,nosuid,noexec,ptmxmode=0666,mode=0620 devpts \"$r/dev/pts\"\n" \
	"  ln -s pts/ptmx \"$r/dev/ptmx\"; ln -s /proc/self/fd \"$r/dev/fd\"\n" \
	"  mount -t tmpfs -o mode=755 run \"$r/run\"\n" \
	"  t=$(readlink -f /etc/resolv.conf || :)\n" \
	"  case $t in /run/*) mkdir -p \"$r${t%/*}\"; cp \"$t\" \"$r$t\" ;; esac\n" \
	"  rm -f \"$r/usr/sbin/policy-rc.d\"\n" \
	"  printf '#!/bin/sh\\nexit 101\\n' >\"$r/usr/sbin/policy-rc.d\"\n" \
	"  chmod 755 \"$r/usr/sbin/policy-rc.d\"\n" \
	"  export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8\n" \
	"}\n" \
	"inside() { chroot \"$r\" setpriv " SKEL_POWER " \"$@\"; }\n" \
	"inside_end() { rm -f \"$r/usr/sbin/policy-rc.d\"; }\n"

#endif
