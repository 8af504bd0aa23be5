/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "paths.h"
#include "safe.h"
#include "tree_impl.h"
#include "why.h"

int tree_open_parent(const char *path, int *out_fd, const char **out_name, char why[VSD_WHY_MAX])
{
	const char *slash = strrchr(path, '/');
	char folder[VSD_PATH_MAX];
	size_t len;
	int r;

	if (path[0] != '/' || slash[1] == '\0' || strlen(path) >= sizeof(folder)) {
		why_say(why, "'%s' is no absolute path of a tree", path);
		return -EINVAL;
	}
	len = slash == path ? 1 : (size_t)(slash - path);
	memcpy(folder, path, len);
	folder[len] = '\0';
	r = vsd_safe_open_root(folder, out_fd);
	if (r < 0)
		why_say(why, "folder '%s': %s", folder, strerror(-r));
	else
		*out_name = slash + 1;
	return r;
}

int tree_lock(const char *name, bool wait, int *out_fd)
{
	VSD_CLOSE int dirfd = -1;
	VSD_CLOSE int fd = -1;
	char file[300];
	int r;

	/* 0700 root: nobody else can hold a lock in there against us. */
	if (mkdir(vsd_path_lock, 0700) < 0 && errno != EEXIST)
		return -errno;
	r = vsd_safe_open_root(vsd_path_lock, &dirfd);
	if (r < 0)
		return r;
	if ((size_t)snprintf(file, sizeof(file), "tree-%s", name) >= sizeof(file))
		return -ENAMETOOLONG;
	fd = openat(dirfd, file, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	while (flock(fd, wait ? LOCK_EX : LOCK_EX | LOCK_NB) < 0)
		if (errno != EINTR)
			return errno == EWOULDBLOCK ? -EBUSY : -errno;
	*out_fd = vsd_take_fd(&fd);
	return 0;
}

/* Octal escapes of mountinfo, undone in place. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] && s[3]) {
			*to++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

/* Does a mount of this namespace lie at or beneath the path? */
static int find_mount(const char *path, char why[VSD_WHY_MAX])
{
	VSD_FREE char *line = NULL;
	size_t size = 0, len = strlen(path);
	FILE *f = fopen("/proc/self/mountinfo", "re");
	int r = 0;

	if (!f)
		return -errno;
	while (r == 0 && getline(&line, &size, f) > 0) {
		char *p = line, *save = NULL, *word = NULL;

		for (int i = 0; i < 5; i++, p = NULL)
			word = strtok_r(p, " \n", &save);
		if (!word)
			continue;
		unescape(word);
		if (strncmp(word, path, len) == 0 && (word[len] == '/' || word[len] == '\0')) {
			why_say(why, "something is mounted on '%s'", word);
			r = -EBUSY;
		}
	}
	(void)fclose(f); /* it was only read */
	return r;
}

int tree_retire(const char *root, char out_retired[VSD_PATH_MAX], char why[VSD_WHY_MAX])
{
	VSD_CLOSE int parent = -1;
	VSD_CLOSE int lock = -1;
	VSD_CLOSE int sync = -1;
	const char *name;
	uint64_t random;
	struct stat st;
	int r = tree_open_parent(root, &parent, &name, why);

	if (r < 0)
		return r;
	r = tree_lock(name, true, &lock);
	if (r < 0) {
		why_say(why, "lock of '%s': %s", name, strerror(-r));
		return r;
	}
	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode)) {
		why_say(why, "'%s' is no folder", root);
		return -ENOENT;
	}
	r = find_mount(root, why);
	if (r < 0)
		return r;
	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return -EIO;
	if ((size_t)snprintf(out_retired, VSD_PATH_MAX, ".%s.deleted-%016" PRIx64, name, random) >=
	    VSD_PATH_MAX)
		return -ENAMETOOLONG;
	if (renameat2(parent, name, parent, out_retired, RENAME_NOREPLACE) < 0) {
		r = -errno;
		why_say(why, "rename '%s': %s", root, strerror(-r));
		return r;
	}
	/* The registry forgets the server next: that must not reach the disk first. */
	sync = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (sync < 0 || fsync(sync) < 0) {
		r = -errno;
		why_say(why, "flush the folder of '%s': %s", root, strerror(-r));
		return r;
	}
	return 0;
}

int tree_purge(const char *vs_root, const char *retired, const struct tree_opts *o,
	       char why[VSD_WHY_MAX])
{
	VSD_CLOSE int parent = -1;
	int r;

	if (retired[0] != '.' || strchr(retired, '/') || !strstr(retired, ".deleted-")) {
		why_say(why, "'%s' is no retired tree", retired);
		return -EINVAL; /* a slip of a caller must not cost a living server */
	}
	r = vsd_safe_open_root(vs_root, &parent);
	if (r < 0) {
		why_say(why, "folder '%s': %s", vs_root, strerror(-r));
		return r;
	}
	return tree_remove(parent, retired, o, why);
}

int tree_delete(const char *root, const struct tree_opts *o, char why[VSD_WHY_MAX])
{
	char retired[VSD_PATH_MAX] = "";
	VSD_CLOSE int parent = -1;
	const char *name;
	int r = tree_open_parent(root, &parent, &name, why);

	if (r == 0)
		r = tree_retire(root, retired, why);
	return r < 0 ? r : tree_remove(parent, retired, o, why);
}

/* `.NAME.WHAT`: what follows the server's name, or NULL. */
static const char *split(const char *file, char out_name[VSD_NAME_MAX + 1])
{
	const char *dot = strrchr(file, '.');

	if (file[0] != '.' || dot == file || dot - file - 1 > VSD_NAME_MAX)
		return NULL;
	(void)snprintf(out_name, VSD_NAME_MAX + 1, "%.*s", (int)(dot - file - 1), file + 1);
	return vsd_name_is_vs(out_name, strlen(out_name)) ? dot : NULL;
}

bool tree_is_retired(const char *file, char out_name[VSD_NAME_MAX + 1])
{
	const char *what = split(file, out_name);

	return what && strncmp(what, ".deleted-", strlen(".deleted-")) == 0;
}

/* Is it `.NAME.new`, made by nobody who lives; or `.NAME.deleted-HEX`? */
static bool is_leftover(const char *file, int *out_lock)
{
	char name[VSD_NAME_MAX + 1];
	const char *what = split(file, name);

	if (tree_is_retired(file, name))
		return true;
	return what && strcmp(what, ".new") == 0 && tree_lock(name, false, out_lock) == 0;
}

int tree_recover(const char *vs_root, unsigned *out_count, char why[VSD_WHY_MAX])
{
	VSD_CLOSE int parent = -1;
	struct dirent *e;
	unsigned count = 0;
	DIR *d = NULL;
	int r = vsd_safe_open_root(vs_root, &parent);

	if (r == 0)
		r = vsd_safe_opendir(parent, &d);
	if (!d) {
		why_say(why, "folder '%s': %s", vs_root, strerror(-r));
		return r;
	}
	while ((e = readdir(d))) {
		VSD_CLOSE int lock = -1;
		char its_why[VSD_WHY_MAX];
		int its;

		if (!is_leftover(e->d_name, &lock))
			continue;
		its = tree_remove(parent, e->d_name, NULL, its_why);
		if (its == 0)
			count++;
		else if (r == 0)
			memcpy(why, its_why, VSD_WHY_MAX);
		r = r < 0 ? r : its;
	}
	(void)closedir(d); /* opened for reading */
	if (out_count)
		*out_count = count;
	return r;
}
