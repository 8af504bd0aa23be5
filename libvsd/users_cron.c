/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Users' crontabs, as the server keeps them: root's files in a folder that is root's. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "crontab.h"
#include "safe.h"
#include "users_impl.h"

static int file_of(const char *user, char out[sizeof(VSD_CRONTAB_FOLDER) + VSD_NAME_MAX + 1])
{
	if (!vsd_name_is_user(user, strlen(user)))
		return -EINVAL; /* .alice.new, too: what a crash has left */
	(void)snprintf(out, sizeof(VSD_CRONTAB_FOLDER) + VSD_NAME_MAX + 1, "%s/%s", VSD_CRONTAB_FOLDER,
		       user); /* fits: a name's length */
	return 0;
}

int vsd_crontab_read(int rootfd, const char *user, char **out, size_t *out_len)
{
	char path[sizeof(VSD_CRONTAB_FOLDER) + VSD_NAME_MAX + 1];
	int r = file_of(user, path);

	return r < 0 ? r : vsd_safe_read_file(rootfd, path, VSD_CRONTAB_BYTES_MAX, out, out_len);
}

/* A server that was made before there were any has no folder. */
static int open_folder(int rootfd, bool make, int *out_fd)
{
	VSD_CLOSE int etc = -1;
	struct stat st;
	int r = vsd_safe_open_beneath(rootfd, "etc/vsd", O_PATH | O_DIRECTORY, 0, &etc);

	if (r == 0 && make && mkdirat(etc, "crontabs", 0700) < 0 && errno != EEXIST)
		r = -errno;
	if (r == 0)
		r = vsd_safe_open_beneath(rootfd, VSD_CRONTAB_FOLDER, O_RDONLY | O_DIRECTORY, 0, out_fd);
	if (r == 0 && (fstat(*out_fd, &st) < 0 || st.st_uid != 0 || (st.st_mode & 022))) {
		vsd_scope_close(out_fd);
		*out_fd = -1;
		r = -EPERM;
	}
	return r;
}

/* The jobs of all users but one.  A file that is damaged has none: it is not taken. */
static int count_jobs(int rootfd, int folder, const char *but, unsigned *out)
{
	const struct dirent *e;
	DIR *d;
	int r = vsd_safe_opendir(folder, &d);

	if (r < 0)
		return r;
	for (*out = 0; (e = vsd_safe_readdir(d, &r)) != NULL;) {
		char unused[VSD_WHY_MAX];
		VSD_FREE char *text = NULL;
		VSD_FREE char *made = NULL;
		size_t len, n;
		unsigned jobs;

		if (strcmp(e->d_name, but) != 0 &&
		    vsd_crontab_read(rootfd, e->d_name, &text, &len) == 0 &&
		    vsd_crontab_compile((struct vsd_span){ text, len }, &made, &n, &jobs, unused) == 0)
			*out += jobs;
	}
	(void)closedir(d); /* only read */
	return r;
}

int vsd_users_drop_crontab(int rootfd, const char *user)
{
	VSD_CLOSE int folder = -1;
	int r = open_folder(rootfd, false, &folder);

	if (r < 0)
		return r;
	return unlinkat(folder, user, 0) < 0 || fsync(folder) < 0 ? -errno : 0;
}

/* Under the lock: the user cannot go, nor a like-named one come, before it is done. */
static int check_user(int rootfd, const struct vsd_server *s, const struct vsd_user_seen *u,
		      char why[VSD_WHY_MAX])
{
	uint32_t uid;
	int r = vsd_users_find(rootfd, s, u->name, &uid);

	return r == 0 && uid != u->uid ? vsd_because(why, -ESTALE, "the account has changed meanwhile") : r;
}

int vsd_crontab_set(int rootfd, const struct vsd_server *s, const struct vsd_user_seen *u,
		    struct vsd_span text, char why[VSD_WHY_MAX])
{
	VSD_CLOSE int folder = -1;
	VSD_CLOSE int lock = -1;
	VSD_FREE char *made = NULL;
	unsigned jobs = 0, others = 0;
	size_t n;
	int r = 0;

	why[0] = '\0';
	if (text.p)
		r = vsd_crontab_compile(text, &made, &n, &jobs, why);
	if (r == 0)
		r = vsd_users_lock(rootfd, &lock, why);
	if (r == 0)
		r = check_user(rootfd, s, u, why);
	if (r == 0 && !text.p)
		r = vsd_users_drop_crontab(rootfd, u->name);
	if (r == 0 && text.p)
		r = open_folder(rootfd, true, &folder);
	if (r == 0 && text.p)
		r = count_jobs(rootfd, folder, u->name, &others);
	if (r == 0 && others + jobs > VSD_CRONTAB_SERVER_JOBS_MAX)
		r = vsd_because(why, -EDQUOT, "the server's users have %u jobs already, and may have %d",
				others, VSD_CRONTAB_SERVER_JOBS_MAX);
	if (r == 0 && text.p)
		r = vsd_safe_replace_file(folder, u->name, text.p, text.len, 0, 0, 0600);
	if (r < 0 && !why[0])
		(void)vsd_because(why, r, "%s", r == -ENOENT && !text.p ? "there is none" : strerror(-r));
	return r;
}
