/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Exec rights: does the kernel hold what vsd.conf names? */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "check.h"
#include "exec.h"
#include "paths.h"
#include "scope.h"

/* A server would follow links as a process does whose root the skeleton is. */
static int look(int skel, const char *path, struct stat *st)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
	VSD_CLOSE int fd = (int)syscall(SYS_openat2, skel, path, &how, sizeof(how));

	return fd < 0 || fstat(fd, st) < 0 ? -errno : 0;
}

static void check_right(struct check *c, int skel, const struct vsd_exec_right *x, uint32_t gid)
{
	char reason[VSD_WHY_MAX];
	struct stat st = { .st_gid = 0 };

	if (gid == 0) {
		(void)snprintf(reason, sizeof(reason), "exec.%s is held by no group: run vsd-install, "
			       "then vsd-refreshskel", x->name);
		check_wrong(c, vsd_path_conf, reason);
		return;
	}
	for (unsigned i = 0; skel >= 0 && i < x->nprogram; i++) {
		if (look(skel, x->program[i], &st) < 0 || !S_ISREG(st.st_mode))
			continue; /* a skeleton without it, or a pattern */
		if (st.st_gid == gid && (st.st_mode & 07777) == VSD_EXEC_MODE)
			continue;
		(void)snprintf(reason, sizeof(reason), "exec.%s: anybody may run %s of the skeleton: "
			       "run vsd-refreshskel", x->name, x->program[i]);
		check_wrong(c, vsd_path_conf, reason);
	}
}

void check_exec(struct check *c, const struct vsd_conf *conf)
{
	struct vsd_exec_groups groups = { .n = 0 };
	VSD_CLOSE int skel = open(conf->skel, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r = vsd_exec_read(&groups);

	if (r < 0)
		check_wrong(c, vsd_path_exec, r == -EINVAL ? "it is not as vsd-install writes it"
							   : strerror(-r));
	for (unsigned i = 0; r == 0 && i < conf->nexec; i++)
		check_right(c, skel, &conf->exec[i],
			    vsd_exec_gid(&groups, (struct vsd_span){ conf->exec[i].name,
								     strlen(conf->exec[i].name) }));
}
