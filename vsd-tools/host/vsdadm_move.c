/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Servers into files and out of them; a copy is both, by way of the spool. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "keyval.h"
#include "manifest.h"
#include "paths.h"
#include "safe.h"
#include "skel_server.h"
#include "tool.h"
#include "tree_impl.h"
#include "vs_export.h"
#include "vsdadm.h"

#define LEFT_TOLD 8

/* The first ones by name: a server's admin can make any number. */
static void tell_left(const char *path, const char *what, void *arg)
{
	unsigned *left = arg;

	if ((*left)++ < LEFT_TOLD)
		(void)tool_error("take along", path, what);
}

/* Takes fd.  Nobody refreshes or deletes it meanwhile. */
static int export_to(const struct vsd_server *s, int fd, unsigned *left, char why[VSD_WHY_MAX])
{
	VSD_CLOSE int lock = -1;
	FILE *f = fdopen(fd, "w");
	int r;

	if (!f) {
		r = -errno;
		(void)close(fd); /* nothing was written to it */
		(void)snprintf(why, VSD_WHY_MAX, "%s", strerror(-r));
		return r;
	}
	why[0] = '\0';
	r = tree_lock(s->name, true, &lock);
	if (r == 0)
		r = vs_export_write(s, f, tell_left, left, why);
	if (r == 0 && (fflush(f) != 0 || fsync(fileno(f)) < 0))
		r = -errno;
	if (fclose(f) != 0 && r == 0)
		r = -errno;
	if (r < 0 && !why[0])
		(void)snprintf(why, VSD_WHY_MAX, "%s", strerror(-r));
	return r;
}

static void say_left(const struct vsd_server *s, unsigned left)
{
	VSD_FREE char *packages = skel_server_packages(s);

	if (packages)
		tool_say("its packages go along as files of its own: vs_install %s afterwards", packages);
	if (left > LEFT_TOLD)
		tool_say("%u more stay behind", left - LEFT_TOLD);
}

int adm_vs_export(const struct adm_call *c)
{
	const char *path = c->argv[1];
	char why[VSD_WHY_MAX] = "";
	struct vsd_server s;
	unsigned left = 0;
	int r = adm_find(c->argv[0], &s), fd;

	if (r != TOOL_OK)
		return r;
	if (path[0] != '/')
		return tool_misuse("vs_export wants an absolute path, not '%s'", path);
	/* Password hashes are in it.  Nothing that is there is written over. */
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return tool_errno("make", path, errno);
	if (export_to(&s, fd, &left, why) < 0) {
		(void)unlink(path); /* what is half made is no export */
		return tool_error("export", s.name, why);
	}
	say_left(&s, left);
	return TOOL_OK;
}

/* The job of a new server: NAME ADDRESS FQDN, the rest as it was. */
static int plan(char *const name_address_fqdn[3], uint64_t quota_mb, uint32_t max_users,
		struct job *out)
{
	char quota[24], users[16], why[VSD_WHY_MAX];
	char *const argv[5] = { name_address_fqdn[0], name_address_fqdn[1], name_address_fqdn[2],
				quota, users };

	(void)snprintf(quota, sizeof(quota), "%" PRIu64, quota_mb); /* these always fit */
	(void)snprintf(users, sizeof(users), "%" PRIu32, max_users);
	if (job_parse(argv, out, why) < 0)
		return tool_error("create server", argv[0], why);
	return TOOL_OK;
}

int adm_vs_copy(const struct adm_call *c)
{
	char file[VSD_NAME_MAX + 16], why[VSD_WHY_MAX] = "";
	struct vsd_server s;
	unsigned left = 0;
	struct job j;
	int fd = -1, r = adm_find(c->argv[0], &s);

	if (r == TOOL_OK)
		r = plan(c->argv + 1, s.quota_mb, s.max_users, &j);
	if (r != TOOL_OK)
		return r;
	(void)snprintf(file, sizeof(file), ".copy-%s.tar", j.name); /* fits: it is a server's name */
	r = job_file_make(file, &fd);
	if (r < 0)
		return tool_errno("make a file in", vsd_path_spool, r);
	r = export_to(&s, fd, &left, why) < 0 ? tool_error("copy", s.name, why) : adm_queue(&j, file);
	if (r != TOOL_OK)
		job_file_remove(file);
	else
		say_left(&s, left);
	return r;
}

/* What a server has not changed comes from the skeleton here. */
static void compare_skeletons(const struct vs_export *e)
{
	struct manifest m = { .text = NULL };
	struct vsd_conf *conf = NULL;
	char why[VSD_WHY_MAX];
	VSD_CLOSE int skel = -1;

	if (vsd_conf_load(&conf, why) < 0)
		return; /* queueing will tell */
	if (vsd_safe_open_root(conf->skel, &skel) == 0 && manifest_load(skel, &m, why) == 0) {
		if (strcmp(m.id, e->skel_id) != 0)
			tool_say("made from another skeleton (profile %s); what it has not changed "
				 "is as %s has it (profile %s)", e->profile, conf->skel, m.profile);
		manifest_free(&m);
	}
	vsd_conf_free(conf);
}

int adm_vs_import(const struct adm_call *c)
{
	const char *path = c->argv[0];
	char why[VSD_WHY_MAX] = "";
	struct vs_export e = { 0 };
	struct job j;
	FILE *f = NULL;
	int r;

	if (!vsd_path_is_plain((struct vsd_span){ path, strlen(path) }) || strlen(path) >= sizeof(j.import))
		return tool_misuse("vs_import wants a plain absolute path, not '%s'", path);
	r = vs_import_open(path, &f, why);
	if (r == 0) {
		r = vs_import_head(f, &e, why);
		(void)fclose(f); /* it was only read */
	}
	if (r < 0)
		return tool_error("import", path, why[0] ? why : strerror(-r));
	r = plan(c->argv + 1, e.quota_mb, e.max_users, &j);
	if (r != TOOL_OK)
		return r;
	(void)snprintf(j.import, sizeof(j.import), "%s", path); /* it fits, see above */
	compare_skeletons(&e);
	return adm_queue(&j, NULL);
}
