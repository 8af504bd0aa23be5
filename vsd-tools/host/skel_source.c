/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tree that a skeleton is copied from.  All of it is opened beneath the
 * source's root, as a process whose root that is would see it. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "manifest.h"
#include "pattern.h"
#include "skel_plan.h"
#include "tool.h"

#define LINKS_MAX 40

/* What a skeleton never takes from a source: what identifies the host or opens
 * something of it, what is about its own state, and what we write ourselves. */
static const char *const never[] = {
	"/.vsd-*", "/boot", "/dev/**", "/etc/*-", "/etc/.pwd.lock", "/etc/NetworkManager",
	"/etc/adjtime", "/etc/apt/auth.conf", "/etc/apt/auth.conf.d", "/etc/credstore*",
	"/etc/cron*", "/etc/crypttab", "/etc/default", "/etc/exports", "/etc/freevsd.conf",
	"/etc/fstab", "/etc/group", "/etc/gshadow", "/etc/gss", "/etc/hostname", "/etc/hosts",
	"/etc/ipsec*", "/etc/krb5*", "/etc/letsencrypt", "/etc/machine-id", "/etc/mailname",
	"/etc/motd", "/etc/mtab", "/etc/netplan", "/etc/network", "/etc/nftables*",
	"/etc/pam.d", "/etc/passwd", "/etc/ppp", "/etc/resolv.conf", "/etc/samba",
	"/etc/shadow", "/etc/ssh/ssh_host_*", "/etc/ssh/sshd_config*", "/etc/ssl/private",
	"/etc/subgid", "/etc/subuid", "/etc/sudoers*", "/etc/systemd", "/etc/udev",
	"/etc/vsd", "/etc/vsd.conf", "/etc/wireguard", "/home/**", "/lost+found",
	"/media/**", "/mnt/**", "/proc/**", "/root/**", "/run/**", "/srv/**", "/sys/**",
	"/tmp/**", "/usr/lib/sysimage/libdnf5", "/usr/lib/sysimage/rpm/**", "/usr/lib/vsd/**",
	"/var/backups/**", "/var/cache/**", "/var/lib/dbus", "/var/lib/dhcp*", "/var/lib/dnf",
	"/var/lib/pam", "/var/lib/private", "/var/lib/rpm/**", "/var/lib/systemd", "/var/lib/vsd",
	"/var/log/**", "/var/mail/**", "/var/spool/**", "/var/tmp/**",
	"/vmlinuz*", "/initrd*",
};

bool plan_is_allowed(const char *path)
{
	for (size_t i = 0; i < sizeof(never) / sizeof(*never); i++)
		if (pattern_matches(never[i], path))
			return false;
	return true;
}

/* The kernel asks for another try when something is renamed just then. */
static int open_in_source(const struct plan *p, const char *path, int flags, int *out_fd)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	long fd;

	do
		fd = syscall(SYS_openat2, p->sourcefd, path, &how, sizeof(how));
	while (fd < 0 && (errno == EINTR || errno == EAGAIN));
	if (fd < 0)
		return -errno;
	*out_fd = (int)fd;
	return 0;
}

int plan_open_path(const struct plan *p, const char *path, int flags, int *out_fd)
{
	return open_in_source(p, path, flags | O_NOFOLLOW, out_fd);
}

int plan_leads_to_file(const struct plan *p, const char *path)
{
	VSD_CLOSE int fd = -1;
	struct stat st;
	int r = open_in_source(p, path, O_PATH, &fd); /* through a link at the end too */

	if (r < 0)
		return r == -ENOTDIR || r == -ELOOP ? -ENOENT : r;
	if (fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) ? 0 : -ENOENT;
}

int plan_open(const struct plan *p, const struct plan_item *i, int *out_fd)
{
	int fd;

	if (!i->host)
		return plan_open_path(p, i->path, O_RDONLY | O_NONBLOCK | O_NOCTTY, out_fd);
	fd = open(i->host, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*out_fd = fd;
	return 0;
}

int plan_stat(const struct plan *p, const char *path, struct stat *st)
{
	VSD_CLOSE int fd = -1;
	int r = plan_open_path(p, path, O_PATH, &fd);

	if (r < 0)
		return r;
	return fstat(fd, st) < 0 ? -errno : 0;
}

/* Owns: *out is malloc'ed */
static int read_link(const struct plan *p, const char *path, char **out)
{
	VSD_CLOSE int fd = -1;
	VSD_FREE char *target = plan_memory(calloc(1, PATH_MAX));
	int r = plan_open_path(p, path, O_PATH, &fd);

	if (r < 0)
		return r;
	if (readlinkat(fd, "", target, PATH_MAX - 1) < 0)
		return -errno;
	*out = target;
	target = NULL;
	return 0;
}

int plan_canonical_link(struct plan *p, const char *path, char **out)
{
	VSD_CLOSE int fd = -1;
	VSD_FREE char *target = plan_memory(calloc(1, PATH_MAX));
	char name[64];
	ssize_t n;
	int r = open_in_source(p, path, O_PATH, &fd); /* through a link at the end too */

	if (r < 0)
		return r;
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd); /* always fits */
	n = readlink(name, target, PATH_MAX - 1);
	if (n < 0)
		return -errno;
	/* The kernel names it from our root: take the source's path off. */
	r = strcmp(p->source, "/") == 0 ? 0 : (int)strlen(p->source);
	if (n <= r || strncmp(target, p->source, (size_t)r) != 0)
		return -ENOENT;
	*out = plan_text(target + r);
	return 0;
}

/* Classes by where a path lies: what a server may change is its own.  dpkg never
 * writes into a file of its database, it renames new ones over them. */
static bool is_private_place(const struct plan *p, const char *path)
{
	static const char *const places[] = { "/etc", "/var", "/root", "/home", "/srv", "/tmp",
					      "/mnt", "/media" };

	if (pattern_matches("/var/lib/dpkg/*/**", path))
		return false;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (pattern_matches(places[i], path))
			return true;
	return skelconf_matches(p->conf, SKEL_PRIVATE, path);
}

/* Mode for all that is copied: no set-id bit, nothing that others may write. */
static mode_t safe_mode(mode_t mode)
{
	if (S_ISDIR(mode) && (mode & S_ISVTX) && (mode & S_IWOTH))
		return 01777;
	return mode & 0755;
}

static int put_link(struct plan *p, const char *path, char **out_target)
{
	VSD_FREE char *target = NULL;
	struct plan_item *i;
	int r;

	r = read_link(p, path, &target);
	if (r < 0)
		return r;
	i = plan_find(p, path);
	if (!i) {
		i = plan_put(p, path, PLAN_LINK, 0777);
		free(i->target);
		i->target = plan_text(target);
	}
	*out_target = target[0] == '/' ? plan_text(target)
		: plan_format("%.*s/%s", (int)(strrchr(path, '/') - path), path, target);
	return 0;
}

/* Put the folder `path`, which is clean, and those above it; gives the place where
 * its links lead. */
static int put_folders(struct plan *p, const char *path, char **out)
{
	const char *slash = strrchr(path, '/');
	const struct plan_item *known;
	VSD_FREE char *above = NULL;
	VSD_FREE char *full = NULL;
	VSD_FREE char *rest = NULL;
	struct stat st;
	int r;

	known = slash ? plan_find(p, path) : NULL;
	if (!slash || (known && known->type == PLAN_FOLDER)) {
		*out = plan_text(path);
		return 0;
	}
	rest = plan_memory(strndup(path, (size_t)(slash - path)));
	r = put_folders(p, rest, &above);
	if (r < 0)
		return r;
	full = plan_format("%s%s", above, slash);
	r = plan_stat(p, full, &st);
	if (r < 0)
		return r;
	if (S_ISLNK(st.st_mode)) {
		free(rest);
		rest = NULL;
		r = put_link(p, full, &rest);
		return r < 0 ? r : plan_canonical(p, rest, out);
	}
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	(void)plan_put(p, full, PLAN_FOLDER, safe_mode(st.st_mode)); /* made or found */
	*out = full;
	full = NULL;
	return 0;
}

/* Take "." and ".." and double slashes out, by text: the folders are looked at
 * one after the other afterwards. */
static char *clean(const char *path)
{
	char *out = plan_memory(malloc(strlen(path) + 2));
	size_t len = 0;

	for (const char *s = path; *s; ) {
		size_t n;

		s += strspn(s, "/");
		n = strcspn(s, "/");
		if (n == 2 && s[0] == '.' && s[1] == '.') {
			while (len > 0 && out[--len] != '/')
				;
		} else if (n > 0 && !(n == 1 && s[0] == '.')) {
			out[len++] = '/';
			memcpy(out + len, s, n);
			len += n;
		}
		s += n;
	}
	out[len] = '\0';
	return out;
}

int plan_canonical(struct plan *p, const char *path, char **out)
{
	VSD_FREE char *whole = NULL;
	int r;

	if (strlen(path) >= PATH_MAX)
		return -ENAMETOOLONG;
	if (p->depth >= LINKS_MAX)
		return -ELOOP;
	whole = clean(path);
	p->depth++;
	r = put_folders(p, whole, out);
	p->depth--;
	return r;
}

/* The host's own users cannot read it, so it is a secret. */
static bool is_secret(const struct plan *p, const struct stat *st, const char *path)
{
	return !(st->st_mode & S_IROTH) && !skelconf_names(p->conf, SKEL_INCLUDE, path);
}

static void put_file(struct plan *p, const char *path, const struct stat *st)
{
	struct plan_item *i;

	if (is_secret(p, st, path)) {
		p->skipped_secret++;
		if (p->verbose)
			tool_say("not copied, the host's users cannot read it: %s", path);
		return;
	}
	i = plan_put(p, path, PLAN_FILE, safe_mode(st->st_mode));
	i->is_private = is_private_place(p, path);
	i->dev = st->st_dev;
	i->ino = st->st_ino;
	i->nlink = st->st_nlink;
	i->size = (uint64_t)st->st_size;
}

static int add_here(struct plan *p, const char *path, const struct stat *st, bool wanted)
{
	VSD_FREE char *to = NULL;
	int r;

	if (S_ISREG(st->st_mode)) {
		put_file(p, path, st);
		return 0;
	}
	if (!S_ISLNK(st->st_mode)) { /* a device, socket or pipe */
		p->skipped_special++;
		return 0;
	}
	r = put_link(p, path, &to);
	if (r < 0 || p->depth >= LINKS_MAX)
		return r; /* a link to itself is copied as it is */
	p->depth++;
	r = plan_add(p, to, wanted);
	p->depth--;
	return r == -ENOENT || r == -ENOTDIR || r == -ELOOP ? 0 : r; /* dangling: likewise */
}

int plan_add(struct plan *p, const char *path, bool wanted)
{
	VSD_FREE char *whole = clean(path);
	const char *slash = strrchr(whole, '/');
	VSD_FREE char *folder = NULL;
	VSD_FREE char *above = NULL;
	VSD_FREE char *full = NULL;
	struct stat st;
	int r;

	if (!slash)
		return 0; /* the root itself */
	if (!manifest_is_name(slash + 1) || !plan_is_allowed(whole) ||
	    (!wanted && skelconf_matches(p->conf, SKEL_EXCLUDE, whole)))
		return 0;
	above = plan_memory(strndup(whole, (size_t)(slash - whole)));
	r = plan_canonical(p, above, &folder);
	if (r < 0)
		return r;
	full = plan_format("%s%s", folder, slash);
	if (!plan_is_allowed(full) || (!wanted && skelconf_matches(p->conf, SKEL_EXCLUDE, full)))
		return 0;
	if (plan_find(p, full))
		return 0;
	r = plan_stat(p, full, &st);
	if (r < 0)
		return r;
	if (S_ISDIR(st.st_mode)) {
		free(folder);
		folder = NULL;
		return plan_canonical(p, full, &folder);
	}
	return add_here(p, full, &st, wanted);
}
