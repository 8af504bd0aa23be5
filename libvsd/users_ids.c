/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which id a new user or group gets.
 *
 * An id that was somebody's may still own files; who gets it next would own them
 * too.  etc/vsd/retired holds the highest id that was ever taken back: ids above it
 * that nobody has are fresh.  Only when there is none, or an older one
 * is asked for, is the server's tree looked through. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "number.h"
#include "safe.h"
#include "users_impl.h"

#define RETIRED "retired"
#define DEPTH_MAX 128
#define IDS_MAX 65536 /* of a range */

bool vsd_users_is_free(const struct vsd_server *s, const struct vsd_users_files *f, uint32_t id)
{
	struct vsd_range r = { s->uid_first, s->uid_count };
	struct vsd_passwd_line p;
	struct vsd_group_line g;

	return vsd_passwd_find_uid(vsd_text_span(&f->passwd), r, id, &p) == -ENOENT &&
	       vsd_group_find_gid(vsd_text_span(&f->group), r, id, &g) == -ENOENT;
}

/* The highest id taken back, 0 for none. */
static int read_retired(int rootfd, uint32_t *out)
{
	struct vsd_text t = { .p = NULL };
	uint32_t id = 0;
	int r = vsd_text_read(rootfd, "etc/vsd/" RETIRED, true, &t);

	if (r == 0 && t.len > 0)
		r = t.p[t.len - 1] == '\n' ? vsd_number_id(t.p, t.len - 1, &id) : -EBADMSG;
	vsd_text_free(&t);
	if (r == 0)
		*out = id;
	return r;
}

int vsd_users_retire_id(int rootfd, const struct vsd_server *s, uint32_t id)
{
	struct vsd_text t = { .mode = 0644 };
	char line[24];
	uint32_t was = 0;
	int r = read_retired(rootfd, &was);

	if (r < 0 || id <= was || !vsd_server_has_id(s, id))
		return r;
	(void)snprintf(line, sizeof(line), "%lu", (unsigned long)id); /* fits */
	r = vsd_text_append(&t, line);
	if (r == 0)
		r = vsd_text_write(rootfd, "etc/vsd", RETIRED, &t);
	vsd_text_free(&t);
	return r;
}

int vsd_users_write_max(int rootfd, uint32_t max_users)
{
	struct vsd_text t = { .mode = 0644 };
	char line[24];
	int r;

	(void)snprintf(line, sizeof(line), "%lu", (unsigned long)max_users); /* fits */
	r = vsd_text_append(&t, line);
	if (r == 0)
		r = vsd_text_write(rootfd, "etc/vsd", "max_users", &t);
	vsd_text_free(&t);
	return r;
}

/* ---- who owns files ---- */

struct owners {
	const struct vsd_server *s;
	unsigned char *owns; /* one byte an id of the range */
	dev_t dev;
};

static void note(struct owners *o, uint32_t id)
{
	if (vsd_server_has_id(o->s, id))
		o->owns[id - o->s->uid_first] = 1;
}

/* Everything beneath, no link followed, no other filesystem entered.  What cannot be
 * looked at is an error: the answer would be a guess. */
static int look(struct owners *o, int dirfd, const char *name, unsigned depth)
{
	int fd = -1, r = vsd_safe_open_beneath(dirfd, name, O_RDONLY | O_DIRECTORY, 0, &fd);
	const struct dirent *e;
	struct stat st;
	DIR *d;

	if (r == -EXDEV || r == -ENOENT)
		return 0; /* a mount, or gone meanwhile */
	if (r < 0)
		return r;
	d = depth < DEPTH_MAX ? fdopendir(fd) : NULL;
	if (!d) {
		vsd_scope_close(&fd);
		return -ELOOP;
	}
	while (r == 0 && (e = vsd_safe_readdir(d, &r))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
		    fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		note(o, st.st_uid);
		note(o, st.st_gid);
		if (S_ISDIR(st.st_mode) && st.st_dev == o->dev)
			r = look(o, fd, e->d_name, depth + 1);
	}
	(void)closedir(d);
	return r;
}

/* The shared folders hold no file of the range. */
static int look_at_all(struct owners *o, int rootfd)
{
	static const char *const top[] = { "etc", "home", "media", "mnt", "opt", "root", "srv",
					   "tmp", "var" };
	struct stat st;
	int r = 0;

	if (fstatat(rootfd, "home", &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	o->dev = st.st_dev;
	for (size_t i = 0; r == 0 && i < sizeof(top) / sizeof(*top); i++)
		r = look(o, rootfd, top[i], 0);
	return r;
}

/* ---- choosing ---- */

static int choose_old(int rootfd, const struct vsd_server *s, const struct vsd_users_files *f,
		      uint32_t wanted, uint32_t *out, char why[VSD_WHY_MAX])
{
	struct owners o = { .s = s };
	VSD_FREE unsigned char *owns = s->uid_count <= IDS_MAX ? calloc(1, s->uid_count) : NULL;
	int r;

	if (!owns)
		return vsd_because(why, -ENOMEM, "%s", strerror(ENOMEM));
	o.owns = owns;
	r = look_at_all(&o, rootfd);
	if (r < 0)
		return vsd_because(why, r, "which ids own files cannot be told: %s",
				   r == -ELOOP ? "a folder lies too deep" : strerror(-r));
	if (wanted) {
		*out = wanted;
		if (owns[wanted - s->uid_first])
			return vsd_because(why, -EEXIST, "files of an earlier %lu are left",
					   (unsigned long)wanted);
		return 0;
	}
	for (uint32_t i = 1; i < s->uid_count; i++)
		if (!owns[i] && vsd_users_is_free(s, f, s->uid_first + i)) {
			*out = s->uid_first + i;
			return 0;
		}
	return vsd_because(why, -ENOSPC, "no id is left in the server's range: each is somebody's, or "
			   "files of a former user are left");
}

int vsd_users_choose_id(int rootfd, const struct vsd_server *s, const struct vsd_users_files *f,
			uint32_t wanted, uint32_t *out, char why[VSD_WHY_MAX])
{
	uint32_t retired = 0;
	int r = read_retired(rootfd, &retired);

	if (r < 0)
		return vsd_because(why, r, "etc/vsd/" RETIRED ": %s", strerror(-r));
	if (wanted && (!vsd_server_has_id(s, wanted) || wanted == s->uid_first))
		return vsd_because(why, -EINVAL, "id %lu is not of the users' range %lu-%lu",
				   (unsigned long)wanted, (unsigned long)s->uid_first + 1,
				   (unsigned long)s->uid_first + s->uid_count - 1);
	if (wanted && !vsd_users_is_free(s, f, wanted))
		return vsd_because(why, -EEXIST, "id %lu is taken", (unsigned long)wanted);
	if (retired < s->uid_first)
		retired = s->uid_first;
	for (uint32_t id = retired + 1; !wanted && vsd_server_has_id(s, id); id++)
		if (vsd_users_is_free(s, f, id)) {
			*out = id;
			return 0;
		}
	if (wanted > retired) {
		*out = wanted;
		return 0;
	}
	return choose_old(rootfd, s, f, wanted, out, why);
}
