/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vs_export.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "manifest.h"
#include "safe.h"
#include "skel_server.h"
#include "tar.h"
#include "tree_impl.h"
#include "tree_walk.h"
#include "why.h"

/* A file without an end is a block on disk, and so is each more name of a long one:
 * written out they would fill the host's disk. */
#define SWELL_MAX (UINT64_C(1) << 30) /* bytes */

/* What each server has of its own making, or what says where it is. */
static const char *const barred[] = {
	VS_EXPORT_HEAD, "dev", "etc/.pwd.lock", "etc/hostname", "etc/hosts", "etc/resolv.conf",
	"home/vsd", "proc", "run", "sys", "usr/lib/vsd",
};

bool vs_export_is_barred(const char *path)
{
	for (size_t i = 0; i < sizeof(barred) / sizeof(*barred); i++) {
		size_t n = strlen(barred[i]);

		if (strncmp(path, barred[i], n) == 0 && (path[n] == '\0' || path[n] == '/'))
			return true;
	}
	return false;
}

struct writer {
	const struct vsd_server *s;
	FILE *f;
	int root, skel;
	struct manifest m;
	size_t *folder;          /* offsets of the folders' entries, in order */
	size_t nfolder;
	struct tar_entry e;
	uint64_t swell; /* bytes beyond what the server has on disk, so far */
	void (*left)(const char *path, const char *what, void *arg);
	void *arg;
	int error;
	char *why;
};

static void fail(struct writer *w, int error, const char *what)
{
	if (w->error == 0)
		why_say(w->why, "%s '%.150s': %s", what, w->e.path, strerror(-error));
	w->error = w->error ? w->error : error;
}

static int list_folders(struct writer *w)
{
	struct manifest_entry e;
	size_t at = w->m.body, here = at;

	w->folder = calloc(w->m.folders, sizeof(*w->folder));
	if (!w->folder)
		return -ENOMEM;
	for (; manifest_next(&w->m, &at, &e); here = at)
		if (e.kind == MANIFEST_FOLDER)
			w->folder[w->nfolder++] = here;
	return 0;
}

/* The folder's entry, and where its files begin. */
static bool find_folder(const struct writer *w, const char *path, struct manifest_entry *out,
			size_t *out_at)
{
	size_t low = 1, high = w->nfolder; /* the first is "." */

	while (low < high) {
		size_t mid = low + (high - low) / 2, at = w->folder[mid];
		int order;

		if (!manifest_next(&w->m, &at, out))
			return false;
		order = manifest_order(path, out->name);
		*out_at = at;
		if (order == 0)
			return true;
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return false;
}

/* The manifest's entry for a path, "a/b"; of a file, the folder's path is in the
 * first `len` bytes (0: the root). */
static bool find_entry(const struct writer *w, char *path, size_t *out_len,
		       struct manifest_entry *out)
{
	char *slash = strrchr(path, '/');
	size_t at = w->folder[0];
	bool found = true;

	*out_len = slash ? (size_t)(slash - path) : 0;
	if (slash) {
		*slash = '\0';
		found = find_folder(w, path, out, &at);
		*slash = '/';
	} else {
		found = manifest_next(&w->m, &at, out);
	}
	if (!found)
		return false;
	while (manifest_next(&w->m, &at, out) && out->kind != MANIFEST_FOLDER)
		if (strcmp(out->name, path + (slash ? *out_len + 1 : 0)) == 0)
			return true;
	return false;
}

/* Is the file just what the skeleton gives to any server? */
static bool is_given(struct writer *w, const struct stat *st)
{
	VSD_CLOSE int here = -1;
	VSD_CLOSE int skel = -1;
	VSD_FREE char *folder = NULL;
	struct manifest_entry e;
	struct stat its;
	size_t len;

	if (st->st_uid == 0 && st->st_nlink > 1 &&
	    fstatat(w->skel, w->e.path, &its, AT_SYMLINK_NOFOLLOW) == 0 && its.st_ino == st->st_ino &&
	    its.st_dev == st->st_dev)
		return true;
	if (!find_entry(w, w->e.path, &len, &e))
		return false;
	folder = len ? strndup(w->e.path, len) : strdup(".");
	if (!folder || vsd_safe_open_beneath(w->root, folder, O_RDONLY | O_DIRECTORY, 0, &here) < 0)
		return false;
	skel = openat(w->skel, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return tree_is_as(w->s, skel, 0, 0, &e, here, st);
}

static bool is_given_folder(const struct writer *w, const struct stat *st)
{
	struct manifest_entry e;
	size_t at;

	return find_folder(w, w->e.path, &e, &at) && e.mode == (st->st_mode & 07777) &&
	       st->st_uid == (e.admin ? w->s->uid_first : 0);
}

/* As many bytes as the header says: a file that has shrunk since ends in zeros. */
static int put_bytes(struct writer *w, int fd)
{
	char buf[2048];
	uint64_t left = w->e.size;

	while (left > 0) {
		size_t want = left < sizeof(buf) ? (size_t)left : sizeof(buf);
		ssize_t n = read(fd, buf, want);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0) {
			memset(buf, 0, want);
			n = (ssize_t)want;
		}
		if (fwrite(buf, 1, (size_t)n, w->f) != (size_t)n)
			return -EIO;
		left -= (uint64_t)n;
	}
	return tar_write_pad(w->f, w->e.size);
}

/* The O_PATH descriptor opened for reading: the very file, wherever its name is now. */
static int put_file(struct writer *w, const char *name, int fd)
{
	VSD_CLOSE int in = -1;
	char path[64];
	int r;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd); /* always fits */
	in = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (in < 0 && errno == EWOULDBLOCK) {
		w->left(name, "a user has it leased: it stays behind", w->arg);
		return 0;
	}
	if (in < 0)
		return -errno;
	r = tar_write(w->f, &w->e);
	return r < 0 ? r : put_bytes(w, in);
}

static int put_link(struct writer *w, int fd)
{
	ssize_t n = readlinkat(fd, "", w->e.link, sizeof(w->e.link) - 1);

	if (n < 0)
		return -errno;
	w->e.link[n] = '\0';
	return tar_write(w->f, &w->e);
}

static uint32_t relative(const struct vsd_server *s, uint32_t id)
{
	return vsd_server_has_id(s, id) ? id - s->uid_first + 1 : 0;
}

static bool is_swollen(struct writer *w, const struct stat *st)
{
	uint64_t held = (uint64_t)st->st_blocks * 512 / (st->st_nlink ? st->st_nlink : 1);
	uint64_t more = w->e.size > held ? w->e.size - held : 0;

	if (more > SWELL_MAX - w->swell)
		return true;
	w->swell += more;
	return false;
}

/* Why it has to stay behind, or NULL. */
static const char *why_left(struct writer *w, const char *path, const struct stat *st)
{
	if (S_ISSOCK(st->st_mode))
		return "a socket stays behind";
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
		return "a device stays behind";
	if (!manifest_is_name(strrchr(path, '/') + 1))
		return "its name is odd: it stays behind";
	if (is_swollen(w, st))
		return "holes and further names make it too big: it stays behind";
	return tree_is_good_owner(w->s, st) ? NULL : "its owner is no user of the server: it stays behind";
}

static void see(void *arg, const char *path, int fd, const struct stat *st)
{
	struct writer *w = arg;
	bool is_folder = S_ISDIR(st->st_mode);
	const char *left;
	int r = 0;

	if (w->error || vs_export_is_barred(path + 1))
		return;
	(void)snprintf(w->e.path, sizeof(w->e.path), "%s", path + 1); /* as long as a walk's */
	if (is_folder ? is_given_folder(w, st) : is_given(w, st))
		return;
	w->e.link[0] = '\0';
	w->e.uid = relative(w->s, st->st_uid);
	w->e.gid = relative(w->s, st->st_gid);
	w->e.mode = st->st_mode & 07777;
	w->e.mtime = st->st_mtim.tv_sec > 0 ? (uint64_t)st->st_mtim.tv_sec : 0;
	w->e.size = S_ISREG(st->st_mode) ? (uint64_t)st->st_size : 0;
	w->e.type = is_folder ? TAR_FOLDER : S_ISLNK(st->st_mode) ? TAR_LINK
		    : S_ISFIFO(st->st_mode) ? TAR_PIPE : TAR_FILE;
	left = why_left(w, path, st);
	if (left)
		w->left(path, left, w->arg);
	else if (w->e.type == TAR_LINK)
		r = put_link(w, fd);
	else
		r = S_ISREG(st->st_mode) ? put_file(w, path, fd) : tar_write(w->f, &w->e);
	if (r < 0)
		fail(w, r, "write");
}

static void fault(void *arg, const char *path, int error, const char *what)
{
	struct writer *w = arg;

	if (error == -ENAMETOOLONG) {
		w->left(path, what, w->arg);
		return;
	}
	if (w->error == 0)
		why_say(w->why, "look into '%.150s': %s", path, what);
	w->error = w->error ? w->error : error;
}

static int put_head(struct writer *w)
{
	const struct vsd_server *s = w->s;
	char text[1024];
	int n = snprintf(text, sizeof(text),
			 "version = " VS_EXPORT_VERSION "\nuid = %" PRIu32 "\ncount = %" PRIu32
			 "\nskeleton = %s\nprofile = %s\nfqdn = %s\nquota_mb = %" PRIu64
			 "\nmax_users = %" PRIu32 "\n",
			 s->uid_first, s->uid_count, w->m.id, w->m.profile[0] ? w->m.profile : "-",
			 s->fqdn, s->quota_mb, s->max_users);
	int r;

	w->e.type = TAR_FILE;
	w->e.mode = 0600;
	w->e.size = (uint64_t)n;
	(void)snprintf(w->e.path, sizeof(w->e.path), "%s", VS_EXPORT_HEAD); /* fits */
	r = tar_write(w->f, &w->e);
	if (r == 0 && fwrite(text, 1, (size_t)n, w->f) != (size_t)n)
		r = -EIO;
	return r < 0 ? r : tar_write_pad(w->f, (uint64_t)n);
}

static int put_all(struct writer *w)
{
	int r = list_folders(w);

	if (r == 0)
		r = put_head(w);
	if (r == 0)
		tree_walk(w->root, &(struct tree_visit){ see, fault, w });
	if (r == 0 && w->error == 0)
		r = tar_write_end(w->f);
	if (r < 0)
		fail(w, r, "write");
	return w->error;
}

int vs_export_write(const struct vsd_server *s, FILE *to,
		    void (*left)(const char *path, const char *what, void *arg), void *arg,
		    char why[VSD_WHY_MAX])
{
	struct writer *w = calloc(1, sizeof(*w)); /* two paths: more than a frame should hold */
	VSD_CLOSE int root = -1;
	VSD_CLOSE int skel = -1;
	char base[VSD_PATH_MAX];
	uint32_t id;
	int r = w ? vsd_safe_open_root(s->root, &root) : -ENOMEM;

	/* Nobody else has its own skeleton: what that adds goes along. */
	if (r == 0)
		r = vsd_safe_open_root(skel_server_split(s->skel, base, &id) ? base : s->skel, &skel);
	if (r < 0) {
		why_say(why, "open '%.150s' and its skeleton: %s", s->root, strerror(-r));
	} else {
		w->s = s;
		w->f = to;
		w->root = root;
		w->skel = skel;
		w->why = why;
		w->left = left;
		w->arg = arg;
		r = manifest_load(skel, &w->m, why);
	}
	if (r == 0) {
		r = put_all(w);
		free(w->folder);
		manifest_free(&w->m);
	}
	free(w);
	return r;
}
