/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "skel_own.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "manifest.h"
#include "pattern.h"
#include "safe.h"
#include "tool.h"

#define HELPERS "/usr/lib/vsd"
#define OWN_FILES VSD_DATADIR "/skel"

static const struct {
	const char *path;
	mode_t mode;
	bool by_admin;
} folders[] = {
	{ "/", 0755, false }, /* becomes "." in the manifest */
	{ "/dev", 0755, false },         { "/etc", 0755, false },
	{ "/etc/httpd", 0755, false },   { "/etc/httpd/conf", 0755, true },
	{ "/etc/service", 0755, true },  { "/etc/vsd", 0755, false },
	{ "/home", 0755, true },         { "/home/httpd", 0755, true },
	{ "/home/httpd/docs", 0755, true }, { "/home/vsd", 0755, false },
	{ "/home/vsd/vs", 0755, false }, { "/home/web", 0755, true },
	{ "/home/web/log", 0755, true }, { "/media", 0755, false },
	{ "/mnt", 0755, false },         { "/opt", 0755, false },
	{ "/proc", 0555, false },        { "/root", 0700, true },
	{ "/run", 0755, false },         { "/srv", 0755, false },
	{ "/sys", 0555, false },         { "/tmp", 01777, true },
	{ "/usr/lib/vsd", 0755, false }, { "/usr/lib/vsd/admin", 0755, false },
	{ "/var", 0755, false },         { "/var/cache", 0755, false },
	{ "/var/lib", 0755, false },     { "/var/lib/dovecot", 0700, true },
	{ "/var/lib/mysql", 0700, true }, { "/var/lib/nginx", 0700, true },
	{ "/var/lib/postgresql", 0700, true }, { "/var/lib/redis", 0700, true },
	{ "/var/log", 0755, false },     { "/var/mail", 0755, false },
	{ "/var/spool", 0755, false },   { "/var/spool/exim4", 0750, true },
	{ "/var/tmp", 01777, false },
};

static const struct {
	const char *path, *target;
} links[] = {
	{ "/etc/mtab", "../proc/self/mounts" },
	{ "/var/lock", "/run/lock" },
	{ "/var/run", "/run" },
};

/* Names of vsd-guest, which does what the name says. */
static const char *const guest_links[] = {
	"/usr/bin/chfn", "/usr/bin/chsh", "/usr/bin/crontab", "/usr/bin/gpasswd",
	"/usr/bin/listrights", "/usr/bin/passwd", "/usr/bin/setrights", "/usr/bin/simroot",
	"/usr/bin/su", "/usr/bin/sudo", "/usr/sbin/chpasswd", "/usr/sbin/groupadd",
	"/usr/sbin/groupdel", "/usr/sbin/reboot", "/usr/sbin/rebootvs", "/usr/sbin/useradd",
	"/usr/sbin/userdel", "/usr/sbin/usermod",
	"/usr/lib/vsd/admin/kill", "/usr/lib/vsd/admin/cat", "/usr/lib/vsd/admin/chgrp",
	"/usr/lib/vsd/admin/chmod", "/usr/lib/vsd/admin/chown", "/usr/lib/vsd/admin/cp",
	"/usr/lib/vsd/admin/du", "/usr/lib/vsd/admin/find", "/usr/lib/vsd/admin/ln",
	"/usr/lib/vsd/admin/ls", "/usr/lib/vsd/admin/mkdir", "/usr/lib/vsd/admin/mv",
	"/usr/lib/vsd/admin/rm", "/usr/lib/vsd/admin/rmdir", "/usr/lib/vsd/admin/tar",
	"/usr/lib/vsd/admin/touch", "/usr/lib/vsd/admin/addgroup", "/usr/lib/vsd/admin/adduser",
	"/usr/lib/vsd/admin/apt", "/usr/lib/vsd/admin/apt-get", "/usr/lib/vsd/admin/chage",
	"/usr/lib/vsd/admin/delgroup", "/usr/lib/vsd/admin/deluser", "/usr/lib/vsd/admin/dnf",
	"/usr/lib/vsd/admin/groupmod", "/usr/lib/vsd/admin/halt", "/usr/lib/vsd/admin/hostname",
	"/usr/lib/vsd/admin/hostnamectl", "/usr/lib/vsd/admin/journalctl",
	"/usr/lib/vsd/admin/mount", "/usr/lib/vsd/admin/newgrp", "/usr/lib/vsd/admin/newusers",
	"/usr/lib/vsd/admin/poweroff", "/usr/lib/vsd/admin/runuser", "/usr/lib/vsd/admin/service",
	"/usr/lib/vsd/admin/sg", "/usr/lib/vsd/admin/shutdown", "/usr/lib/vsd/admin/systemctl",
	"/usr/lib/vsd/admin/umount", "/usr/lib/vsd/admin/vigr", "/usr/lib/vsd/admin/vipw",
	"/usr/lib/vsd/admin/visudo", "/usr/lib/vsd/admin/yum",
};

/* Login records that root's daemons write: never shared, never admin's. */
static const struct {
	const char *path;
	mode_t mode;
} empties[] = {
	{ "/var/log/btmp", 0600 }, { "/var/log/faillog", 0644 },
	{ "/var/log/lastlog", 0644 }, { "/var/log/wtmp", 0644 },
};

static struct plan_item *put_at(struct plan *p, const char *path, enum plan_type type, mode_t mode)
{
	struct plan_item *i = plan_put(p, path, type, mode);

	i->type = type;
	i->mode = mode;
	free(i->host);
	i->host = NULL;
	return i;
}

static void put_link(struct plan *p, const char *path, const char *target)
{
	struct plan_item *i = put_at(p, path, PLAN_LINK, 0777);

	free(i->target);
	i->target = plan_text(target);
}

static void put_fixed(struct plan *p)
{
	for (size_t n = 0; n < sizeof(folders) / sizeof(*folders); n++)
		put_at(p, folders[n].path, PLAN_FOLDER, folders[n].mode)->by_admin =
			folders[n].by_admin;
	for (size_t n = 0; n < sizeof(links) / sizeof(*links); n++)
		put_link(p, links[n].path, links[n].target);
	for (size_t n = 0; n < sizeof(empties) / sizeof(*empties); n++) {
		struct plan_item *i = put_at(p, empties[n].path, PLAN_FILE, empties[n].mode);

		i->is_private = i->is_empty = true;
		i->text = "";
		i->text_len = 0;
	}
}

/* One file of VSD's own, by its host path. */
static void put_own(struct plan *p, const char *path, const char *host, mode_t mode)
{
	struct plan_item *i = put_at(p, path, PLAN_FILE, mode);

	i->host = plan_text(host);
	i->text = NULL;
	i->nlink = 1;
	i->is_private = strncmp(path, "/usr/", 5) != 0;
	i->by_admin = strncmp(path, "/root/", 6) == 0;
}

static int put_program(struct plan *p, const char *path, const char *host, mode_t mode, bool must)
{
	if (access(host, X_OK) < 0) {
		if (must)
			(void)tool_errno("find", host, errno);
		return must ? -ENOENT : 0;
	}
	put_own(p, path, host, mode);
	return 0;
}

typedef int visit_fn(struct plan *p, const char *host, const char *path);

/* Call visit for every regular file beneath the folder, by a walk that follows
 * no link. */
static int walk(struct plan *p, const char *host, const char *path, visit_fn *visit, bool put)
{
	DIR *d = opendir(host);
	struct dirent *e;
	int r = 0;

	if (!d)
		return -errno;
	while (r == 0 && (e = vsd_safe_readdir(d, &r))) {
		VSD_FREE char *h = NULL;
		VSD_FREE char *s = NULL;

		if (!manifest_is_name(e->d_name))
			continue;
		h = plan_format("%s/%s", host, e->d_name);
		s = plan_format("%s/%s", path, e->d_name);
		if (e->d_type == DT_REG)
			r = visit(p, h, s);
		else if (e->d_type == DT_DIR && put) {
			if (!plan_find(p, s))
				(void)plan_put(p, s, PLAN_FOLDER, 0755); /* made; a parent is there */
			r = walk(p, h, s, visit, put);
		}
	}
	(void)closedir(d); /* opened for reading */
	return r;
}

static int visit_own(struct plan *p, const char *host, const char *path)
{
	size_t len = strlen(path);
	bool is_template = len > 3 && strcmp(path + len - 3, ".in") == 0;
	VSD_FREE char *to = plan_memory(strndup(path, is_template ? len - 3 : len));
	struct stat st;

	if (stat(host, &st) < 0)
		return -errno;
	put_own(p, to, host, st.st_mode & 0755);
	plan_find(p, to)->is_template = is_template;
	return 0;
}

static int visit_guest(struct plan *p, const char *host, const char *path)
{
	put_own(p, path, host, 0755);
	return 0;
}

/* The rules that change what is there. `admin` never reaches the folder that
 * makes host paths right inside: admin could then take it away. */
static void apply_rules(struct plan *p)
{
	for (uint32_t n = 1; n < p->nitem; n++) {
		struct plan_item *i = &p->item[n];

		if (skelconf_matches(p->conf, SKEL_DELETE, i->path))
			i->gone = true;
		if (skelconf_matches(p->conf, SKEL_ADMIN, i->path) &&
		    !pattern_matches("/home/vsd", i->path)) {
			i->by_admin = true;
			i->is_private = true;
		}
		if (i->type == PLAN_FILE && skelconf_matches(p->conf, SKEL_EMPTY, i->path)) {
			i->is_private = i->is_empty = true;
			i->text = "";
			i->text_len = 0;
		}
	}
}

int own_put(struct plan *p)
{
	int r;

	put_fixed(p);
	r = walk(p, OWN_FILES, "", visit_own, true);
	if (r < 0)
		return tool_errno("read", OWN_FILES, r), r;
	r = put_program(p, HELPERS "/vsd-shell", HELPERS "/vsd-shell", 0755, true);
	if (r == 0) /* not to be read: vsd_job.c */
		r = put_program(p, HELPERS "/vsd-job", HELPERS "/vsd-job", 0711, true);
	if (r == 0)
		r = put_program(p, "/" SKEL_HELPER, HELPERS "/vsd-guest", SKEL_HELPER_MODE, true);
	for (size_t n = 0; r == 0 && n < sizeof(guest_links) / sizeof(*guest_links); n++)
		put_link(p, guest_links[n], "/" SKEL_HELPER);
	if (r == 0)
		r = walk(p, HELPERS "/guest", "/usr/bin", visit_guest, false);
	if (r < 0 && r != -ENOENT)
		return r;
	if (r == -ENOENT && !plan_find(p, HELPERS "/vsd-shell"))
		return r;
	apply_rules(p);
	return 0;
}
