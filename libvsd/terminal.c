/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "scope.h"

static int is_util_linux(const char *program)
{
	/* What each of its programs answers to --version. */
	static const char name[] = "util-linux ";
	VSD_CLOSE int fd = open(program, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	void *text;
	int found;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size <= 0)
		return -EINVAL;
	text = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (text == MAP_FAILED)
		return -errno;
	found = memmem(text, (size_t)st.st_size, name, strlen(name)) != NULL;
	(void)munmap(text, (size_t)st.st_size); /* only read */
	return found;
}

int vsd_login_reopens(const char *service, const char *program)
{
	if (strcmp(service, "login") != 0 && strcmp(service, "remote") != 0)
		return 0;
	return is_util_linux(program);
}
