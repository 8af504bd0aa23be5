/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every file that the product reads is the input: the linker wraps the readers. */
#ifndef TEST_FUZZ_FILE_H
#define TEST_FUZZ_FILE_H

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "fuzz.h"

static const uint8_t *fuzz_data;
static size_t fuzz_size;

int fuzz_open_root(const char *path, int *out_fd) __asm__("__wrap_vsd_safe_open_root");
int fuzz_read_file(int rootfd, const char *path, uint64_t max_bytes, char **out,
		   size_t *out_len) __asm__("__wrap_vsd_safe_read_file");

int fuzz_open_root(const char *path, int *out_fd)
{
	(void)path;
	*out_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return *out_fd < 0 ? -errno : 0;
}

int fuzz_read_file(int rootfd, const char *path, uint64_t max_bytes, char **out, size_t *out_len)
{
	(void)rootfd;
	(void)path;
	if (fuzz_size > max_bytes)
		return -EFBIG;
	*out = malloc(fuzz_size + 1);
	MUST(*out);
	memcpy(*out, fuzz_data, fuzz_size);
	(*out)[fuzz_size] = '\0';
	*out_len = fuzz_size;
	return 0;
}

#endif
