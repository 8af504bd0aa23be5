/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#include "job.h"
#include "paths.h"
#include "safe.h"

int job_hold(bool wait, int *out_fd)
{
	VSD_CLOSE int dir = -1;
	VSD_CLOSE int fd = -1;
	int r = vsd_safe_open_root(vsd_path_lock, &dir);

	if (r == 0)
		r = vsd_safe_open_beneath(dir, "vsbatch", O_RDWR | O_CREAT, 0600, &fd);
	if (r < 0)
		return r;
	while (flock(fd, wait ? LOCK_EX : LOCK_EX | LOCK_NB) < 0)
		if (errno != EINTR)
			return -errno;
	*out_fd = vsd_take_fd(&fd);
	return 0;
}
