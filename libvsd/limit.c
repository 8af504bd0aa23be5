/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "limit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "cgroup.h"

#define CPU_PERIOD_US 100000

static const struct {
	const char *name, *file, *hand_down;
} limit[VSD_LIMITS] = {
	[VSD_LIMIT_MEMORY] = { "memory", "memory.max", "+memory" },
	[VSD_LIMIT_PIDS] = { "pids", "pids.max", "+pids" },
	[VSD_LIMIT_CPU] = { "cpu", "cpu.max", "+cpu" },
};

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

int vsd_limit_is_possible(enum vsd_limit l)
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
	return has_word(text, limit[l].name);
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

static int apply_one(int cgfd, enum vsd_limit l, uint64_t value)
{
	char text[64];
	int r = vsd_limit_is_possible(l);

	if (r == 0)
		return value ? -EOPNOTSUPP : 0;
	if (r > 0)
		r = hand_down(l);
	if (r < 0)
		return r;
	if (value == 0)
		(void)snprintf(text, sizeof(text), "max");
	else if (l == VSD_LIMIT_CPU)
		(void)snprintf(text, sizeof(text), "%llu %d",
			       (unsigned long long)value * (CPU_PERIOD_US / 100), CPU_PERIOD_US);
	else
		(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	return vsd_cgroup_write(cgfd, limit[l].file, text);
}

/* "memory, pids" */
static void add_name(char *list, size_t size, const char *name)
{
	size_t n = strlen(list);

	(void)snprintf(list + n, size - n, "%s%s", n ? ", " : "", name); /* all three fit */
}

int vsd_limits_apply(int cgfd, const struct vsd_server *s, char why[VSD_WHY_MAX])
{
	char missing[64] = "";

	for (int l = 0; l < VSD_LIMITS; l++) {
		int r = apply_one(cgfd, (enum vsd_limit)l, vsd_limit_of(s, (enum vsd_limit)l));

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
