/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vsdadm check: the rest of the host: kernel switches, mounts, name service, daemons'
 * own configuration.  Each finding names the line to change. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <unistd.h>

#include "check.h"
#include "check_lines.h"
#include "paths.h"
#include "safe.h"
#include "tool.h"

/* ---- the kernel ---- */

static void check_switch(struct check *c, const char *path, char want, const char *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char seen = want, text[VSD_WHY_MAX];

	if (fd < 0)
		return; /* a kernel without it has not the trouble either */
	if (read(fd, &seen, 1) != 1)
		seen = '?';
	(void)close(fd); /* only read */
	if (want == '1' ? seen >= '1' && seen <= '9' : seen == want)
		return;
	(void)snprintf(text, sizeof(text), "it is %c, and %s: set it to %c in /etc/sysctl.d", seen,
		       why, want);
	check_wrong(c, path, text);
}

static void check_kernel(struct check *c)
{
	struct check_lines l = check_lines_open("/proc/sys/kernel/core_pattern");

	check_switch(c, "/proc/sys/fs/protected_hardlinks", '1',
		     "a VS user may link files that they cannot write");
	check_switch(c, "/proc/sys/fs/protected_symlinks", '1',
		     "links in sticky folders lead root's tools astray");
	check_switch(c, "/proc/sys/dev/tty/legacy_tiocsti", '0',
		     "a VS user's program may type into the terminal of a root who looks in");
	if (check_lines_next(&l) && l.line[0] == '|')
		check_wrong(c, "/proc/sys/kernel/core_pattern",
			    "a VS user's crash starts a program of the host as root: set it to "
			    "\"core\" in /etc/sysctl.d, or make sure that it leaves ids from the "
			    "servers' ranges alone");
	check_lines_close(&l);
}

static void check_mount(struct check *c, const struct vsd_conf *conf)
{
	unsigned long want = ST_NOSUID | ST_NODEV, seen;
	struct statvfs v;

	if (conf->isolation == VSD_ISOLATION_FULL)
		want |= ST_NOEXEC;
	else
		check_note(c, "isolation = chroot: not for tenants who do not trust each other");
	if (statvfs(conf->vs_root, &v) < 0) {
		check_wrong(c, conf->vs_root, strerror(errno));
		return;
	}
	seen = v.f_flag & (ST_NOSUID | ST_NODEV | ST_NOEXEC);
	if ((seen & want) != want)
		check_wrong(c, conf->vs_root,
			    conf->isolation == VSD_ISOLATION_FULL ?
				    "it is not mounted nosuid,nodev,noexec: vsboot --start does that" :
				    "it is not mounted nosuid,nodev: vsboot --start does that");
}

/* A login moves a process into a server's cgroup.  Without the option that waits for a
 * grace period of all processors; with it every fork and exec of the host costs a
 * little more, and it stays until the host starts anew: the host's choice. */
static void check_cgroup(struct check *c)
{
	struct check_lines l = check_lines_open("/proc/self/mounts");
	bool found = false, favoured = false;

	while (check_lines_next(&l))
		if (strstr(l.line, " cgroup2 ")) {
			found = true;
			favoured |= strstr(l.line, "favordynmods") != NULL;
		}
	check_lines_close(&l);
	if (found && !favoured)
		check_note(c, "cgroup2 has no favordynmods (Linux 6.0): each login waits some "
			   "milliseconds; mount -o remount,favordynmods ends that, costs each fork "
			   "a little, and stays until the host starts anew");
}

/* ---- names ---- */

static const char *find_word(const char *line, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = line; (p = strstr(p, word)) != NULL; p += n)
		if ((p == line || strchr(" \t:]", p[-1])) && (p[n] == '\0' || strchr(" \t[", p[n])))
			return p;
	return NULL;
}

/* Where there is a line initgroups, glibc asks what it names for a user's groups, and not
 * what group names. */
static void check_initgroups(struct check *c, const char *path)
{
	char v[CHECK_LINE_BYTES], group[CHECK_LINE_BYTES], why[VSD_WHY_MAX], *rest = NULL;

	if (!check_last_value(path, "initgroups", ':', v) || !find_word(v, "vsd") ||
	    !strstr(v, "[SUCCESS=return]")) {
		check_wrong(c, path, "the host's groups could name a VS user: write initgroups: vsd "
			    "[SUCCESS=return] files");
		return;
	}
	v[strcspn(v, "#")] = '\0';
	if (!check_last_value(path, "group", ':', group))
		return;
	group[strcspn(group, "#")] = '\0';
	for (char *w = strtok_r(group, " \t", &rest); w; w = strtok_r(NULL, " \t", &rest)) {
		w[strcspn(w, "[")] = '\0';
		if (w[0] == '\0' || strchr(w, '=') || find_word(v, w))
			continue;
		(void)snprintf(why, sizeof(why), "users of the host have no groups of '%.40s', which group "
			       "in %s names and initgroups does not: if they should, "
			       "[SUCCESS=continue] %.40s belongs at its end", w, path, w);
		check_note(c, why); /* hosts have that on purpose, too */
	}
}

static void check_nsswitch(struct check *c)
{
	static const char path[] = "/etc/nsswitch.conf";
	static const char *const base[] = { "passwd", "group", "shadow" };
	char v[CHECK_LINE_BYTES];

	for (int i = 0; i < 3; i++) {
		const char *vsd, *files;

		if (!check_last_value(path, base[i], ':', v)) {
			check_wrong(c, path, "a line is missing: passwd, group and shadow: files vsd");
			continue;
		}
		vsd = find_word(v, "vsd");
		files = find_word(v, "files");
		if (!vsd)
			check_wrong(c, path, "vsd is missing: passwd, group and shadow: files vsd");
		else if (!files || files > vsd)
			check_wrong(c, path, "vsd stands before files: a VS user could take the name "
				    "of a host user; write files vsd");
	}
	check_initgroups(c, path);
}

/* glibc asks a daemon that keeps answers before it asks nss_vsd. */
static bool has_nscd(void)
{
	const struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = "/var/run/nscd/socket" };
	VSD_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd >= 0 && connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0;
}

/* A bare name means the user of the server whose address the asking process has a client
 * on, and nscd has none: it says that there is no such user. */
static void check_nscd(struct check *c)
{
	static const char path[] = "/etc/nscd.conf";
	struct check_lines l;
	char why[VSD_WHY_MAX];

	if (!has_nscd())
		return;
	l = check_lines_open(path);
	while (check_lines_next(&l)) {
		char *rest, *key = strtok_r(l.line, " \t", &rest);
		const char *base = key ? strtok_r(NULL, " \t", &rest) : NULL;
		const char *value = base ? strtok_r(NULL, " \t", &rest) : NULL;

		if (!value || strcmp(key, "enable-cache") != 0 || strcmp(value, "yes") != 0 ||
		    (strcmp(base, "passwd") != 0 && strcmp(base, "group") != 0))
			continue;
		(void)snprintf(why, sizeof(why), "nscd answers before nss_vsd: a VS user logs in by "
			       "qualified name alone, and one who was removed is still named: write "
			       "enable-cache %s no, and restart nscd", base);
		check_wrong(c, path, why);
	}
	check_lines_close(&l);
}

static void check_shells(struct check *c)
{
	struct check_lines l = check_lines_open("/etc/shells");
	bool found = false;

	while (check_lines_next(&l))
		found |= strcmp(l.line, "/usr/lib/vsd/vsd-shell") == 0;
	check_lines_close(&l);
	if (!found)
		check_wrong(c, "/etc/shells", "ftp servers refuse VS users: add the line "
			    "/usr/lib/vsd/vsd-shell");
}

void check_host(struct check *c, const struct vsd_conf *conf)
{
	check_kernel(c);
	check_mount(c, conf);
	check_cgroup(c);
	check_nsswitch(c);
	check_nscd(c);
	check_shells(c);
	check_sshd(c);
	check_ftpds(c);
	check_mail(c);
}
