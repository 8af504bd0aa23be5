/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server's account files.  What its admin may have put there: a link, a FIFO,
 * a device, a directory, a huge or growing file.  openat2 with NO_SYMLINKS on the
 * whole path lets no component be a link, O_NONBLOCK lets no FIFO hold us, and all
 * else is checked by descriptor.
 *
 * The way from / to the server's root is the host's own, and was checked when the
 * server was made (vsdadm check does it again); the folder etc is root's.  Even an
 * etc that a tenant replaced gives away nothing: a file that he moved there still
 * has to be root's, and the range fence stands behind it. */
#include "file.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

enum {
	PATH_ROOM = VSD_PATH_MAX + 16,
	YOUNG_NSEC = 20 * 1000 * 1000, /* two clock ticks at the slowest HZ */
	YOUNG_SEC_COARSE = 2,          /* a filesystem that keeps whole seconds */
	READ_TRIES = 3,
	READ_FLAGS = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
};

static void path_of(const struct nss_server *s, enum nss_file f, char out[PATH_ROOM])
{
	static const char tail[][14] = { "/etc/passwd", "/etc/group", "/etc/shadow",
					 "/etc/gshadow", "/etc/vsd/priv" };
	size_t len = s->root_len;

	memcpy(out, s->root, len);
	memcpy(out + len, tail[f], sizeof(tail[f]));
}

bool nss_file_is(const struct nss_server *s, enum nss_file f, const struct vsd_stamp *stamp)
{
	char path[PATH_ROOM];

	path_of(s, f, path);
	return vsd_stamp_check(AT_FDCWD, path, stamp) == 0;
}

/* Could a change made right now carry the same change time?  Then the stamp
 * proves nothing yet.  A time in the future is young for as long. */
static bool is_young(const struct timespec *changed, const struct timespec *now)
{
	int64_t age = (int64_t)(now->tv_sec - changed->tv_sec);

	if (age > YOUNG_SEC_COARSE)
		return false;
	if (age < 0 || changed->tv_nsec == 0)
		return true;
	return age * 1000000000 + now->tv_nsec - changed->tv_nsec < YOUNG_NSEC;
}

bool nss_stamp_young(const struct vsd_stamp *stamp)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_REALTIME_COARSE, &now);
	return is_young(&stamp->changed, &now);
}

/* The same without openat2, which a sandbox or valgrind may not know: one
 * component after the other, none of them a link. */
static int open_stepwise(const char *path)
{
	VSD_CLOSE int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char part[VSD_PATH_MAX];
	size_t len;
	int next;

	while (fd >= 0) {
		path += strspn(path, "/");
		len = strcspn(path, "/");
		if (len == 0 || len >= sizeof(part))
			break;
		memcpy(part, path, len);
		part[len] = '\0';
		path += len;
		if (*path == '\0')
			return openat(fd, part, READ_FLAGS);
		next = openat(fd, part, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		vsd_scope_close(&fd);
		fd = next;
	}
	return -1;
}

static int open_checked(const char *path, struct stat *out_st)
{
	struct open_how how = {
		.flags = READ_FLAGS,
		.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	VSD_CLOSE int fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));

	if (fd < 0 && errno == ENOSYS)
		fd = open_stepwise(path);
	if (fd < 0 || fstat(fd, out_st) < 0)
		return -errno;
	if (!S_ISREG(out_st->st_mode))
		return -EINVAL;
	if (out_st->st_uid != 0 || (out_st->st_mode & (S_IWGRP | S_IWOTH)))
		return -EPERM;
	if (out_st->st_size > VSD_ACCOUNT_FILE_MAX)
		return -EFBIG;
	return vsd_take_fd(&fd);
}

/* Did somebody write while we read?  The change time would say so too often: it
 * moves when the file is replaced by rename, which leaves what we read whole. */
static bool was_written(const struct stat *before, const struct stat *after)
{
	return before->st_size != after->st_size ||
	       before->st_mtim.tv_sec != after->st_mtim.tv_sec ||
	       before->st_mtim.tv_nsec != after->st_mtim.tv_nsec;
}

/* One attempt.
 * Errors: -EAGAIN: the content changed under the read */
static int read_once(const char *path, char **out, size_t *out_len, struct stat *out_st)
{
	struct stat after;
	VSD_CLOSE int fd = open_checked(path, out_st);
	VSD_FREE char *text = NULL;
	size_t have = 0, room;
	ssize_t n;

	if (fd < 0)
		return fd;
	/* One byte more than the file has: a full buffer means that it grew. */
	room = (size_t)out_st->st_size + 1;
	text = malloc(room + 2);
	if (!text)
		return -ENOMEM;
	text[0] = '\n';
	while (have < room) {
		n = read(fd, text + 1 + have, room - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		have += (size_t)n;
		if (n == 0 || have == (size_t)out_st->st_size)
			break;
	}
	if (fstat(fd, &after) < 0)
		return -errno;
	if (have != (size_t)out_st->st_size || was_written(out_st, &after)) {
		explicit_bzero(text, room + 2); /* shadow passes here too */
		return -EAGAIN;
	}
	text[1 + have] = '\0';
	*out = text;
	*out_len = 1 + have;
	text = NULL;
	return 0;
}

int nss_file_read(const struct nss_server *s, enum nss_file f, char **out, size_t *out_len,
		  struct vsd_stamp *out_stamp, bool *out_young)
{
	char path[PATH_ROOM];
	struct timespec now = { 0 };
	struct stat st;
	int r = -EAGAIN;

	path_of(s, f, path);
	for (int i = 0; i < READ_TRIES && r == -EAGAIN; i++) {
		/* Before the read, from the clock that change times come from. */
		(void)clock_gettime(CLOCK_REALTIME_COARSE, &now);
		r = read_once(path, out, out_len, &st);
	}
	if (r < 0)
		return r;
	*out_stamp = vsd_stamp_of(&st);
	*out_young = is_young(&st.st_ctim, &now);
	return 0;
}
