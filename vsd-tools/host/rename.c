/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rename.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cron_spool.h"
#include "job.h"
#include "keyval.h"
#include "paths.h"
#include "running.h"
#include "safe.h"
#include "tree_impl.h"
#include "why.h"

#define JOURNAL_NAME "rename"
#define JOURNAL_BYTES_MAX 256

struct names {
	char from[VSD_NAME_MAX + 1], to[VSD_NAME_MAX + 1];
};

static int say(int error, const char *what, const char *object, char why[VSD_WHY_MAX])
{
	why_say(why, "%s '%.150s': %s", what, object, vsd_error_text(error));
	return error;
}

/* A server whose file cannot be read is there all the same. */
static int not_found(int error, const char *name, char why[VSD_WHY_MAX])
{
	if (error == -ENOENT)
		return say(error, "find", name, why);
	vsd_registry_why(name, error, why);
	return error;
}

/* ---- the journal ---- */

static int open_state(int *out_fd)
{
	VSD_CLOSE int root = -1;
	int r = vsd_safe_open_root(vsd_path_state, &root);

	if (r < 0)
		return r;
	*out_fd = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* fsync wants it */
	return *out_fd < 0 ? -errno : 0;
}

static int set_key(struct names *n, struct vsd_span k, struct vsd_span v)
{
	bool is_from = vsd_span_is(k, "from");

	if ((!is_from && !vsd_span_is(k, "to")) || !vsd_name_is_vs(v.p, v.len))
		return -EINVAL;
	return vsd_span_copy(v, is_from ? n->from : n->to, sizeof(n->from));
}

static int read_journal(struct names *out, char why[VSD_WHY_MAX])
{
	struct names n = { .from = "" };
	char unused[VSD_WHY_MAX];
	VSD_FREE char *text = NULL;
	VSD_CLOSE int state = -1;
	struct vsd_keyval kv;
	size_t len = 0;
	int r = open_state(&state);

	if (r == 0)
		r = vsd_safe_read_file(state, JOURNAL_NAME, JOURNAL_BYTES_MAX, &text, &len);
	if (r < 0)
		return say(r, "read", JOURNAL_NAME, why);
	vsd_keyval_start(&kv, text, len);
	while ((r = vsd_keyval_next(&kv, why)) > 0)
		if (set_key(&n, kv.key, kv.value) < 0)
			break;
	if (r != 0 || !n.from[0] || !n.to[0])
		return say(vsd_keyval_format(text, len, "format", "1", -EBADMSG, unused), "read",
			   JOURNAL_NAME, why);
	*out = n;
	return 0;
}

static int write_journal(const struct names *n)
{
	char text[JOURNAL_BYTES_MAX];
	VSD_CLOSE int state = -1;
	int len = snprintf(text, sizeof(text), "from = %s\nto = %s\n", n->from, n->to);
	int r = open_state(&state);

	return r < 0 ? r : vsd_safe_replace_file(state, JOURNAL_NAME, text, (size_t)len, 0, 0, 0600);
}

static int remove_journal(void)
{
	VSD_CLOSE int state = -1;
	int r = open_state(&state);

	if (r < 0)
		return r;
	return unlinkat(state, JOURNAL_NAME, 0) < 0 || fsync(state) < 0 ? -errno : 0;
}

/* ---- the steps ---- */

/* The root's path with another last part. */
static int root_of(const struct vsd_server *s, const char *name, char out[VSD_PATH_MAX])
{
	const char *slash = strrchr(s->root, '/');
	int n = snprintf(out, VSD_PATH_MAX, "%.*s/%s", (int)(slash - s->root), s->root, name);

	return n > 0 && n < VSD_PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* Nobody is in the tree, but its admin has been, and owns folders above the link:
 * they are opened without following one.  Where the folder is gone the server has
 * had no such link, and gets none. */
static int turn_link(const char *root, const struct names *n, char why[VSD_WHY_MAX])
{
	VSD_CLOSE int rootfd = -1;
	VSD_CLOSE int folder = -1;
	char path[VSD_PATH_MAX];
	struct stat st;
	int r = vsd_safe_open_root(root, &rootfd);

	if (r < 0)
		return say(r, "open", root, why);
	(void)snprintf(path, sizeof(path), "%s", root + 1);
	*strrchr(path, '/') = '\0'; /* there is one: trees lie in a folder */
	r = vsd_safe_open_beneath(rootfd, path, O_RDONLY | O_DIRECTORY, 0, &folder);
	if (r == -ENOENT || r == -ELOOP || r == -ENOTDIR)
		return 0;
	if (r < 0)
		return say(r, "open", path, why);
	if (symlinkat("/", folder, n->to) < 0 && errno != EEXIST)
		return say(-errno, "link", n->to, why);
	if (fstatat(folder, n->from, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode) &&
	    unlinkat(folder, n->from, 0) < 0)
		return say(-errno, "unlink", n->from, why);
	return fsync(folder) < 0 ? say(-errno, "flush", path, why) : 0;
}

static int move_tree(const char *old, const char *new, char why[VSD_WHY_MAX])
{
	VSD_CLOSE int above = -1;
	VSD_CLOSE int sync = -1;
	const char *name;
	int r = tree_open_parent(old, &above, &name, why);

	if (r < 0)
		return r;
	if (renameat2(above, name, above, strrchr(new, '/') + 1, RENAME_NOREPLACE) < 0 &&
	    errno != ENOENT) /* it is there already */
		return say(-errno, "rename to", new, why);
	sync = openat(above, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return sync < 0 || fsync(sync) < 0 ? say(-errno, "flush the folder of", new, why) : 0;
}

static int do_steps(int lock, const struct names *n, char why[VSD_WHY_MAX])
{
	char old[VSD_PATH_MAX], new[VSD_PATH_MAX];
	VSD_CLOSE int skeletons = -1;
	VSD_CLOSE int from = -1;
	VSD_CLOSE int to = -1;
	struct vsd_server s;
	/* A refresh goes through the servers by name, and would miss this one. */
	int r = tree_lock(TREE_LOCK_SKELETONS, false, &skeletons);

	if (r == -EBUSY) {
		why_say(why, "another tool works on skeletons");
		return r;
	}
	if (r == 0)
		r = tree_lock(n->from, true, &from);
	if (r == 0)
		r = tree_lock(n->to, true, &to);
	if (r < 0)
		return say(r, "lock", n->from, why);
	r = vsd_registry_find_name(n->from, &s);
	if (r == -ENOENT)
		r = vsd_registry_find_name(n->to, &s);
	if (r == 0)
		r = root_of(&s, n->from, old);
	if (r == 0)
		r = root_of(&s, n->to, new);
	if (r < 0)
		return say(r, "find", n->from, why);
	r = move_tree(old, new, why);
	if (r == 0)
		r = turn_link(new, n, why);
	if (r == 0 && (r = job_forget(s.id)) < 0)
		return say(r, "forget the job of", n->from, why);
	if (r == 0 && (r = cron_spool_forget(n->from, NULL)) < 0)
		return say(r, "forget the crontabs of", n->from, why);
	if (r < 0)
		return r;
	memcpy(s.name, n->to, sizeof(s.name));
	memcpy(s.root, new, sizeof(s.root));
	r = vsd_registry_rename(lock, n->from, &s, why);
	if (r == 0 && (r = remove_journal()) < 0)
		return say(r, "remove", JOURNAL_NAME, why);
	return r;
}

bool rename_is_pending(void)
{
	char unused[VSD_WHY_MAX];
	struct names n;

	return read_journal(&n, unused) != -ENOENT;
}

int rename_finish(int lock, char why[VSD_WHY_MAX])
{
	struct names n;
	int r = read_journal(&n, why);

	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = do_steps(lock, &n, why);
	return r < 0 ? r : 1;
}

static int check_running(const char *name, char why[VSD_WHY_MAX])
{
	struct vsd_running run = VSD_RUNNING_NONE;
	int r = vsd_running_open(name, &run);

	vsd_running_close(&run);
	if (r == -ESRCH)
		return 0;
	why_say(why, r == 0 ? "it is running: stop it first" : "nobody can tell whether it runs");
	return r == 0 ? -EBUSY : r;
}

static int check_free(const struct vsd_server *s, const char *to, char why[VSD_WHY_MAX])
{
	char root[VSD_PATH_MAX];
	struct vsd_server other;
	struct stat st;
	struct job j;

	if (vsd_registry_find_name(to, &other) != -ENOENT) {
		why_say(why, "the name %s is taken", to);
		return -EEXIST;
	}
	for (unsigned n = 0; job_next(JOB_QUEUED, n, &n) == 0;) {
		char unused[VSD_WHY_MAX];

		if (job_read(JOB_QUEUED, n, &j, unused) == 0 && strcmp(j.name, to) == 0) {
			why_say(why, "the name %s is taken by a queued job", to);
			return -EEXIST;
		}
	}
	if (root_of(s, to, root) < 0 || lstat(root, &st) == 0) {
		why_say(why, "there is a folder %.200s already", root);
		return -EEXIST;
	}
	return 0;
}

int rename_server(int lock, const char *from, const char *to, char why[VSD_WHY_MAX])
{
	struct vsd_server s;
	struct names n;
	int r = vsd_registry_find_name(from, &s);

	if (r < 0)
		return not_found(r, from, why);
	if (!vsd_name_is_vs(to, strlen(to))) {
		why_say(why, "'%.100s' is no server's name", to);
		return -EINVAL;
	}
	r = check_running(from, why);
	if (r == 0)
		r = check_free(&s, to, why);
	if (r == 0)
		r = vsd_registry_may_change(lock, why);
	if (r < 0)
		return r;
	memcpy(n.from, s.name, sizeof(n.from));
	memcpy(n.to, to, strlen(to) + 1); /* as long as a name may be */
	r = write_journal(&n);
	return r < 0 ? say(r, "write", JOURNAL_NAME, why) : do_steps(lock, &n, why);
}
