/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What entering needs is opened here, while nothing of the process has changed. */
#include "enter_impl.h"

#include <string.h>

#include "cgroup.h"
#include "exec.h"
#include "safe.h"

/* 0 and the ids above it belong to the host, whatever a server's files say:
 * `disk:x:6:alice` in a server's etc/group would give her the host's disks. */
static int fence(const struct vsd_server *s, const struct vsd_enter_who *who,
		 struct vsd_enter_who *out)
{
	struct vsd_enter_who w = { .uid = who->uid, .gid = who->gid };
	struct vsd_exec_groups exec = { .n = 0 };
	bool read = false;

	if (who->uid == 0 || who->gid == 0 || who->ngroup > VSD_ENTER_GROUPS_MAX)
		return -EPERM;
	if (!vsd_server_has_id(s, who->uid) || !vsd_server_has_id(s, who->gid))
		return -EPERM;
	for (unsigned i = 0; i < who->ngroup; i++) {
		/* Beside the range: the groups of exec rights, where the host has such. */
		if (!read && !vsd_server_has_id(s, who->group[i])) {
			if (vsd_exec_read(&exec) < 0)
				exec.n = 0;
			read = true;
		}
		if (vsd_server_has_id(s, who->group[i]) || vsd_exec_has_gid(&exec, who->group[i]))
			w.group[w.ngroup++] = who->group[i];
	}
	*out = w;
	return 0;
}

/* No filter means no entry: a session without it could load what the fence
 * cannot see (FACTS 5: io_uring-made sockets, AF_VSOCK). */
static int read_filter(int dirfd, struct vsd_enter_filter *out)
{
	VSD_FREE char *text = NULL;
	size_t len, n;
	int r = vsd_safe_read_file(dirfd, "filter", BPF_MAXINSNS * sizeof(*out->code), &text, &len);

	if (r < 0)
		return r;
	n = len / sizeof(*out->code);
	if (n == 0 || len % sizeof(*out->code) || n > BPF_MAXINSNS)
		return -EBADMSG;
	out->code = (struct sock_filter *)(void *)text; /* malloc'ed: aligned for any type */
	out->n = (unsigned short)n;
	text = NULL;
	return 0;
}

/* What the root and the running server lead to. */
static int open_rest(struct vsd_enter *e)
{
	struct stat st;
	int r;

	if (fstat(e->rootfd, &st) < 0)
		return -errno;
	e->dev = st.st_dev;
	e->ino = st.st_ino;
	r = vsd_cgroup_open(e->name, false, &e->cgfd);
	return r < 0 ? r : read_filter(e->run.dirfd, &e->filter);
}

static int begin(const struct vsd_server *s, enum vsd_isolation isolation,
		 const struct vsd_enter_who *who, struct vsd_enter **out)
{
	struct vsd_enter *e;
	int r;

	if (s->state != VSD_SERVER_ENABLED)
		return -EACCES;
	if (isolation != VSD_ISOLATION_FULL && isolation != VSD_ISOLATION_CHROOT)
		return -EINVAL;
	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	e->rootfd = e->cgfd = -1;
	e->run = (struct vsd_running)VSD_RUNNING_NONE;
	e->isolation = isolation;
	memcpy(e->name, s->name, sizeof(e->name));
	memcpy(e->root, s->root, sizeof(e->root));
	r = fence(s, who, &e->who);
	if (r < 0) {
		vsd_enter_free(e);
		return r;
	}
	*out = e;
	return 0;
}

static int prepare(const struct vsd_server *s, enum vsd_isolation isolation,
		   const struct vsd_enter_who *who, bool single, struct vsd_enter **out)
{
	struct vsd_enter *e = NULL;
	int r = begin(s, isolation, who, &e);

	if (r < 0)
		return r;
	r = single ? vsd_running_open_single(s->name, &e->run) : vsd_running_open(s->name, &e->run);
	if (r == 0)
		r = vsd_safe_open_root(s->root, &e->rootfd);
	if (r == 0)
		r = open_rest(e);
	if (r < 0) {
		vsd_enter_free(e);
		return r;
	}
	*out = e;
	return 0;
}

int vsd_enter_prepare(const struct vsd_server *s, enum vsd_isolation isolation,
		      const struct vsd_enter_who *who, struct vsd_enter **out)
{
	return prepare(s, isolation, who, false, out);
}

int vsd_enter_prepare_with(const struct vsd_server *s, enum vsd_isolation isolation,
			   const struct vsd_enter_who *who, int *rootfd, struct vsd_running *run,
			   struct vsd_enter **out)
{
	struct vsd_enter *e = NULL;
	int r = begin(s, isolation, who, &e);

	if (r < 0)
		return r;
	r = vsd_running_check(run);
	if (r == 0)
		r = vsd_safe_check_root(*rootfd, s->root);
	if (r == 0) {
		e->rootfd = *rootfd;
		e->run = *run;
		r = open_rest(e);
	}
	if (r < 0) { /* the caller's go back to him */
		e->rootfd = -1;
		e->run = (struct vsd_running)VSD_RUNNING_NONE;
		vsd_enter_free(e);
		return r;
	}
	*rootfd = -1;
	*run = (struct vsd_running)VSD_RUNNING_NONE;
	*out = e;
	return 0;
}

int vsd_enter_set_who(struct vsd_enter *e, const struct vsd_server *s,
		      const struct vsd_enter_who *who)
{
	return fence(s, who, &e->who);
}

int vsd_enter_prepare_single(const struct vsd_server *s, enum vsd_isolation isolation,
			     const struct vsd_enter_who *who, struct vsd_enter **out)
{
	return prepare(s, isolation, who, true, out);
}

void vsd_enter_free(struct vsd_enter *e)
{
	if (!e)
		return;
	vsd_scope_close(&e->rootfd);
	vsd_scope_close(&e->cgfd);
	vsd_running_close(&e->run);
	vsd_scope_free(&e->filter.code);
	free(e);
}

int vsd_enter_filter_open(const char *name, struct vsd_enter_filter **out)
{
	VSD_FREE struct vsd_enter_filter *f = calloc(1, sizeof(*f));
	VSD_CLOSE int dirfd = -1;
	int r;

	if (!f)
		return -ENOMEM;
	r = vsd_running_open_folder(name, &dirfd);
	if (r == 0)
		r = read_filter(dirfd, f);
	if (r == 0) {
		*out = f;
		f = NULL;
	}
	return r;
}
