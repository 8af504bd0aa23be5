# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# A module of a VS's own, named in the VS's nsswitch.conf: whatever process of root asks
# libc for a name in there would run it (FACTS 2).  V is the VS's folder.

evil_nss_plant() { # V
	cat >/tmp/evil.c <<'C'
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
__attribute__((constructor)) static void evil(void)
{
	char path[400], name[256] = "";
	ssize_t n = readlink("/proc/self/exe", name, sizeof(name) - 1);

	for (ssize_t i = 0; i < n; i++)
		name[i] = name[i] == '/' ? '-' : name[i];
	snprintf(path, sizeof(path), "/tmp/evil%s-as-%d", n > 0 ? name : "-of-a-daemon", (int)geteuid());
	close(open(path, O_WRONLY | O_CREAT, 0644));
}
C
	evil_nss_lib=$(dirname "$(ls "$1"/usr/lib/*/libc.so.6)")/libnss_evil.so.2
	gcc -shared -fPIC -o "$evil_nss_lib" /tmp/evil.c
	cp "$1/etc/nsswitch.conf" /tmp/nsswitch.of-the-vs
	for db in passwd group shadow gshadow initgroups hosts services; do
		echo "$db: evil files"
	done >"$1/etc/nsswitch.conf"
}

# It is in working order: a lookup in the VS runs it.
evil_nss_runs() { # V
	su - alice@vs1 -c 'id bob' >/dev/null 2>&1
	ls "$1"/tmp/evil-*-as-2000001 >/dev/null || return 1
	rm -f "$1"/tmp/evil-*
}

# Who has run it, on the host and in the VS.
evil_nss_seen() { # V
	ls /tmp/evil-* "$1"/tmp/evil-* 2>/dev/null | grep -v 'evil\.c$'
}

evil_nss_remove() { # V
	cp /tmp/nsswitch.of-the-vs "$1/etc/nsswitch.conf"
	rm -f "$evil_nss_lib" "$1"/tmp/evil-* /tmp/evil-*
}
