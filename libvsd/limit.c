/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "limit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "cgroup.h"
#include "safe.h"

#define CPU_PERIOD_US 100000

static const struct {
	const char *name, *file, *hand_down; /* "+" and the controller */
} limit[VSD_LIMITS] = {
	[VSD_LIMIT_MEMORY] = { "memory", "memory.max", "+memory" },
	[VSD_LIMIT_PIDS] = { "pids", "pids.max", "+pids" },
	[VSD_LIMIT_CPU] = { "cpu", "cpu.max", "+cpu" },
	[VSD_LIMIT_IO_READ] = { "io_read", "io.max", "+io" },
	[VSD_LIMIT_IO_WRITE] = { "io_write", "io.max", "+io" },
};

static bool is_io(enum vsd_limit l)
{
	return l == VSD_LIMIT_IO_READ || l == VSD_LIMIT_IO_WRITE;
}

const char *vsd_limit_name(enum vsd_limit l)
{
	return limit[l].name;
}

uint64_t vsd_limit_of(const struct vsd_server *s, enum vsd_limit l)
{
	switch (l) {
	case VSD_LIMIT_MEMORY: return s->memory_bytes;
	case VSD_LIMIT_PIDS: return s->pids;
	case VSD_LIMIT_CPU: return s->cpu_percent;
	case VSD_LIMIT_IO_READ: return s->io_read;
	case VSD_LIMIT_IO_WRITE: return s->io_write;
	default: return 0;
	}
}

/* Is the word one of the line's? */
static bool has_word(const char *line, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = line; (p = strstr(p, word)) != NULL; p += n)
		if ((p == line || p[-1] == ' ') && strchr(" \n", p[n]))
			return true;
	return false;
}

static int open_root(int *out_fd)
{
	VSD_CLOSE int parent = -1;
	int r = vsd_cgroup_open_parent(true, &parent);
	int fd;

	if (r < 0)
		return r;
	fd = openat(parent, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*out_fd = fd;
	return 0;
}

const char *vsd_limit_lack(enum vsd_limit l)
{
	return is_io(l) ? "this host's cgroup2 has no such controller, or its tree lies on no one "
			  "block device"
			: "this host's cgroup2 has no such controller";
}

/* The whole disk that the server's tree lies on: the controller takes no partition.
 * Filesystems of several devices (btrfs) and of none (tmpfs) have major number 0. */
static int find_disk(const struct vsd_server *s, char out[32])
{
	VSD_CLOSE int root = -1;
	VSD_CLOSE int dir = -1;
	VSD_CLOSE int fd = -1;
	char path[64];
	struct stat st;
	ssize_t n;
	int r = vsd_safe_open_root(s->root, &root);

	if (r < 0)
		return r;
	if (fstat(root, &st) < 0)
		return -errno;
	if (major(st.st_dev) == 0)
		return -EOPNOTSUPP;
	(void)snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", major(st.st_dev), /* fits */
		       minor(st.st_dev));
	dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC); /* a link of the kernel's */
	if (dir < 0)
		return errno == ENOENT ? -EOPNOTSUPP : -errno;
	/* A partition's folder lies in its disk's. */
	fd = openat(dir, faccessat(dir, "partition", F_OK, 0) == 0 ? "../dev" : "dev",
		    O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, out, 31);
	if (n <= 0)
		return n < 0 ? -errno : -EIO;
	out[n] = '\0';
	out[strcspn(out, "\n")] = '\0';
	return 0;
}

static int is_possible(enum vsd_limit l)
{
	VSD_CLOSE int root = -1;
	VSD_CLOSE int fd = -1;
	char text[512];
	ssize_t n;
	int r = open_root(&root);

	if (r < 0)
		return r;
	fd = openat(root, "cgroup.controllers", O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return -errno;
	text[n] = '\0';
	return has_word(text, limit[l].hand_down + 1);
}

int vsd_limit_is_possible(enum vsd_limit l, const struct vsd_server *s)
{
	char disk[32];
	int r = is_possible(l);

	if (r != 1 || !is_io(l))
		return r;
	r = find_disk(s, disk);
	return r == -EOPNOTSUPP ? 0 : r < 0 ? r : 1;
}

/* From the root to the servers' parent, and from there to each of them. */
static int hand_down(enum vsd_limit l)
{
	VSD_CLOSE int parent = -1;
	VSD_CLOSE int root = -1;
	int r = vsd_cgroup_open_parent(true, &parent);

	if (r == 0)
		r = open_root(&root);
	if (r == 0)
		r = vsd_cgroup_write(root, "cgroup.subtree_control", limit[l].hand_down);
	if (r == 0)
		r = vsd_cgroup_write(parent, "cgroup.subtree_control", limit[l].hand_down);
	return r;
}

/* DISK rbps=N */
static int io_text(enum vsd_limit l, const struct vsd_server *s, uint64_t value, char out[96])
{
	const char *what = l == VSD_LIMIT_IO_READ ? "rbps" : "wbps";
	char disk[32];
	int r = find_disk(s, disk);

	if (r < 0)
		return r;
	if (value == 0)
		(void)snprintf(out, 96, "%s %s=max", disk, what); /* all fit */
	else
		(void)snprintf(out, 96, "%s %s=%llu", disk, what, (unsigned long long)value);
	return 0;
}

static int limit_text(enum vsd_limit l, const struct vsd_server *s, char out[96])
{
	uint64_t value = vsd_limit_of(s, l);

	if (is_io(l))
		return io_text(l, s, value, out);
	if (value == 0)
		(void)snprintf(out, 96, "max"); /* all fit */
	else if (l == VSD_LIMIT_CPU)
		(void)snprintf(out, 96, "%llu %d", (unsigned long long)value * (CPU_PERIOD_US / 100),
			       CPU_PERIOD_US);
	else
		(void)snprintf(out, 96, "%llu", (unsigned long long)value);
	return 0;
}

/* Without a limit nothing is handed down: each controller costs every process of the
 * servers, and what was not handed down has no limit.  What the kernel writes later
 * counts for whose memory it was; it knows whose where both controllers are at work. */
static int apply_one(int cgfd, enum vsd_limit l, const struct vsd_server *s)
{
	bool wanted = vsd_limit_of(s, l) != 0;
	char text[96];
	int r = is_possible(l);

	if (r == 0)
		return wanted ? -EOPNOTSUPP : 0;
	if (r > 0)
		r = limit_text(l, s, text);
	if (r == -EOPNOTSUPP && !wanted)
		return 0;
	if (r == 0 && wanted && is_io(l) && is_possible(VSD_LIMIT_MEMORY) == 1)
		r = hand_down(VSD_LIMIT_MEMORY);
	if (r == 0 && wanted)
		r = hand_down(l);
	if (r == 0)
		r = vsd_cgroup_write(cgfd, limit[l].file, text);
	/* not handed down; or a kernel without throttling, or a device that has none */
	if (r == -ENOENT || (r == -ENODEV && is_io(l)))
		return wanted ? -EOPNOTSUPP : 0;
	return r;
}

/* "memory, pids" */
static void add_name(char *list, size_t size, const char *name)
{
	size_t n = strlen(list);

	(void)snprintf(list + n, size - n, "%s%s", n ? ", " : "", name); /* all fit */
}

int vsd_limits_apply(int cgfd, const struct vsd_server *s, char why[VSD_WHY_MAX])
{
	char missing[64] = "";

	for (int l = 0; l < VSD_LIMITS; l++) {
		int r = apply_one(cgfd, (enum vsd_limit)l, s);

		if (r == -EOPNOTSUPP) {
			add_name(missing, sizeof(missing), limit[l].name);
		} else if (r < 0) {
			(void)snprintf(why, VSD_WHY_MAX, "set its %s limit: %s", limit[l].name,
				       strerror(-r));
			return r;
		}
	}
	if (missing[0] == '\0')
		return 0;
	(void)snprintf(why, VSD_WHY_MAX, "limits that this host's cgroup2 has no controller for, "
		       "and that are not enforced: %s", missing);
	return -EOPNOTSUPP;
}
