/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "alias_nl.h"
#include "paths.h"
#include "safe.h"

/* The record: the boot id on its first line (addresses do not outlive a boot,
 * and one that the admin adds after it is theirs), then `ADDRESS IFINDEX`. */

#define NAME "aliases"
#define RECORD_BYTES_MAX (1ul << 22)
#define LINE_BYTES_MAX (VSD_ADDR_TEXT_MAX + 16)
#define BOOT_ID_BYTES 36

static int boot_id(char out[BOOT_ID_BYTES])
{
	VSD_CLOSE int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, out, BOOT_ID_BYTES);

	if (got < 0)
		return -errno;
	return got == BOOT_ID_BYTES ? 0 : -EIO;
}

static int read_record(char **out, size_t *out_len)
{
	VSD_CLOSE int dir = -1;
	int r = vsd_safe_open_root(vsd_path_state, &dir);

	return r < 0 ? r : vsd_safe_read_file(dir, NAME, RECORD_BYTES_MAX, out, out_len);
}

static void format_line(const struct alias_entry *e, char out[LINE_BYTES_MAX])
{
	char text[VSD_ADDR_TEXT_MAX];

	vsd_addr_format(&e->addr, text);
	(void)snprintf(out, LINE_BYTES_MAX, "\n%s %u\n", text, e->ifindex);
}

int alias_record_apply(struct alias_entry *list, size_t n)
{
	VSD_FREE char *text = NULL;
	char boot[BOOT_ID_BYTES];
	size_t len = 0;
	int r = read_record(&text, &len);

	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = boot_id(boot);
	if (r < 0)
		return r;
	if (len <= BOOT_ID_BYTES || memcmp(text, boot, BOOT_ID_BYTES) != 0)
		return 0;
	for (size_t i = 0; i < n; i++) {
		char line[LINE_BYTES_MAX];
		unsigned width = vsd_addr_is_v4(&list[i].addr) ? 32 : 128;

		format_line(list + i, line);
		if (list[i].prefix == width && !list[i].route)
			list[i].ours = strstr(text, line) != NULL;
	}
	return 0;
}

int alias_record_write(const struct alias_entry *list, size_t n)
{
	VSD_FREE char *text = malloc(BOOT_ID_BYTES + 2 + n * LINE_BYTES_MAX);
	VSD_CLOSE int dir = -1;
	size_t len = BOOT_ID_BYTES;
	int r;

	if (!text)
		return -ENOMEM;
	r = boot_id(text);
	if (r < 0)
		return r;
	text[len++] = '\n';
	for (size_t i = 0; i < n; i++) {
		char line[LINE_BYTES_MAX];

		if (!list[i].ours || list[i].route)
			continue;
		format_line(list + i, line);
		/* The newline that opens it is the last line's. */
		for (const char *p = line + 1; *p; p++)
			text[len++] = *p;
	}
	r = vsd_safe_open_root(vsd_path_state, &dir);
	return r < 0 ? r : vsd_safe_replace_file(dir, NAME, text, len, 0, 0, 0644);
}
