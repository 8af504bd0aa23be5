/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The exchange of two skeletons.  Once decided, the journal names the folder that
 * is to have the skeleton's name; each step asks where that folder lies:
 *   at .NAME.new        exchange it with .NAME.previous, or give it that name
 *   at .NAME.previous   exchange it with NAME, in one rename
 *   at NAME             bring the servers over from .NAME.previous
 * then the journal goes, and what the first step left at .NAME.new. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "job.h"
#include "refresh.h"
#include "refresh_journal.h"
#include "safe.h"
#include "skel_own.h"
#include "tree_impl.h"
#include "why.h"

/* A skeleton's folder and the names in it that take part. */
struct place {
	int parent;              /* not O_PATH */
	char name[VSD_PATH_MAX], fresh[VSD_PATH_MAX], previous[VSD_PATH_MAX];
};

static int say(int error, const char *what, const char *object, char why[VSD_WHY_MAX])
{
	why_say(why, "%s '%.150s': %s", what, object, strerror(-error));
	return error;
}

static int open_place(const char *skel, struct place *out, char why[VSD_WHY_MAX])
{
	VSD_CLOSE int parent = -1;
	const char *name;
	int r = tree_open_parent(skel, &parent, &name, why);

	if (r < 0)
		return r;
	if ((size_t)snprintf(out->name, VSD_PATH_MAX, "%s", name) >= VSD_PATH_MAX ||
	    (size_t)snprintf(out->fresh, VSD_PATH_MAX, REFRESH_NEW, name) >= VSD_PATH_MAX ||
	    (size_t)snprintf(out->previous, VSD_PATH_MAX, REFRESH_PREVIOUS, name) >= VSD_PATH_MAX)
		return say(-ENAMETOOLONG, "name", skel, why);
	out->parent = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return out->parent < 0 ? say(-errno, "open the folder of", skel, why) : 0;
}

/* 0: nothing of that name, or no folder. */
static uint64_t inode_of(const struct place *p, const char *name)
{
	struct stat st;

	return fstatat(p->parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode)
		? st.st_ino : 0;
}

/* The helper of a skeleton that had been replaced lost its set-id bit.  A fresh
 * inode gets it again: who still holds the old one open has a plain file. */
static int arm_helper(const struct place *p, const char *skel, char why[VSD_WHY_MAX])
{
	static const char temp[] = SKEL_HELPER ".new";
	VSD_CLOSE int fd = openat(p->parent, skel, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	VSD_CLOSE int from = -1;
	VSD_CLOSE int to = -1;
	struct stat st;
	int r;

	if (fd < 0)
		return say(-errno, "open", skel, why);
	r = vsd_safe_open_beneath(fd, SKEL_HELPER, O_RDONLY, 0, &from);
	if (r == -ENOENT)
		return 0; /* a skeleton without one */
	if (r < 0 || fstat(from, &st) < 0)
		return say(r < 0 ? r : -errno, "open", SKEL_HELPER, why);
	if (!S_ISREG(st.st_mode) || (st.st_mode & 07777) == SKEL_HELPER_MODE)
		return 0;
	if (unlinkat(fd, temp, 0) < 0 && errno != ENOENT)
		return say(-errno, "remove", temp, why);
	r = vsd_safe_open_beneath(fd, temp, O_WRONLY | O_CREAT | O_EXCL, 0600, &to);
	if (r == 0)
		r = tree_copy_bytes(from, to, st.st_size);
	if (r == 0 && (fchmod(to, SKEL_HELPER_MODE) < 0 || fsync(to) < 0 ||
		       renameat(fd, temp, fd, SKEL_HELPER) < 0))
		r = -errno;
	return r < 0 ? say(r, "write", SKEL_HELPER, why) : 0;
}

static int decide(const char *skel, const struct place *p, bool previous, char why[VSD_WHY_MAX])
{
	struct refresh_journal j = { .folder = inode_of(p, previous ? p->previous : p->fresh) };
	int r;

	if (j.folder == 0) {
		why_say(why, "there is no previous skeleton");
		return -ENOENT;
	}
	if ((size_t)snprintf(j.skel, sizeof(j.skel), "%s", skel) >= sizeof(j.skel))
		return -ENAMETOOLONG;
	r = previous ? arm_helper(p, p->previous, why) : 0;
	if (r < 0)
		return r;
	r = refresh_journal_write(&j);
	return r < 0 ? say(r, "write the journal of", skel, why) : 0;
}

int refresh_decide(const char *skel, bool previous, char why[VSD_WHY_MAX])
{
	struct place p = { .parent = -1 };
	int r = open_place(skel, &p, why);

	if (r == 0)
		r = decide(skel, &p, previous, why);
	vsd_scope_close(&p.parent);
	return r;
}

static int rename_to(const struct place *p, const char *from, const char *to, bool exchange,
		     char why[VSD_WHY_MAX])
{
	if (renameat2(p->parent, from, p->parent, to, exchange ? RENAME_EXCHANGE
								: RENAME_NOREPLACE) < 0 ||
	    fsync(p->parent) < 0)
		return say(-errno, "rename to", to, why);
	return 0;
}

/* No server is half made from the old skeleton while the queue is ours. */
static int exchange(const struct place *p, uint64_t folder, char why[VSD_WHY_MAX])
{
	VSD_CLOSE int queue = -1;
	int r = 0;

	if (folder == inode_of(p, p->name))
		return 0;
	if (folder == inode_of(p, p->fresh))
		r = rename_to(p, p->fresh, p->previous, inode_of(p, p->previous) != 0, why);
	if (r < 0)
		return r;
	if (folder != inode_of(p, p->previous)) {
		why_say(why, "the skeleton that was to take its place is not there");
		return -ENOENT;
	}
	r = job_hold(true, &queue);
	if (r < 0)
		return say(r, "take the queue for", p->name, why);
	return rename_to(p, p->previous, p->name, true, why);
}

static int bring_over(const struct place *p, const char *skel, struct refresh_opts *o,
		      struct refresh_result *result, char why[VSD_WHY_MAX])
{
	struct refresh_diff d;
	int r = refresh_diff_make(p->parent, p->previous, p->name, &d, why);

	if (r < 0)
		return r;
	/* What gives power goes from every server before anything else. */
	if (d.dangerous > 0) {
		o->only_dangerous = true;
		r = refresh_servers(skel, &d, o, result, why);
		o->only_dangerous = false;
		if (r == 0)
			r = refresh_disarm(&d, why);
	}
	if (r == 0)
		r = refresh_servers(skel, &d, o, result, why);
	refresh_diff_free(&d);
	return r;
}

static int finish(const struct refresh_journal *j, const struct place *p, struct refresh_opts *o,
		  bool force, struct refresh_result *result, char why[VSD_WHY_MAX])
{
	int r = exchange(p, j->folder, why);

	if (r == 0)
		r = bring_over(p, j->skel, o, result, why);
	if (r < 0 || (result->failed > 0 && !force))
		return r;
	/* All of it is on the disk before nobody knows of it any more. */
	if (syncfs(p->parent) < 0)
		return say(-errno, "flush", j->skel, why);
	r = refresh_journal_remove();
	if (r < 0)
		return say(r, "remove the journal of", j->skel, why);
	return tree_remove(p->parent, p->fresh, NULL, why);
}

int refresh_finish(struct refresh_opts *o, bool force, struct refresh_result *out_result,
		   char why[VSD_WHY_MAX])
{
	struct refresh_result result = { .servers = 0 };
	struct place p = { .parent = -1 };
	struct refresh_journal j;
	int r = refresh_journal_read(&j, why);

	if (r == 0)
		r = open_place(j.skel, &p, why);
	if (r == 0)
		r = finish(&j, &p, o, force, &result, why);
	vsd_scope_close(&p.parent);
	*out_result = result;
	return r;
}
