/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hold a reader's lock on each of the files, as any reader of utmp may: 20 seconds. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };

	for (int i = 1; i < argc; i++) {
		int fd = open(argv[i], O_RDONLY | O_CLOEXEC);

		if (fd < 0 || fcntl(fd, F_SETLKW, &lock) < 0)
			return 1;
	}
	(void)puts("held");
	(void)fflush(stdout);
	(void)sleep(20);
	return 0;
}
