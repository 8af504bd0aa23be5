/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server's export: its head, then entries that could be made beneath a root. */
#include "fuzz.h"

#include <string.h>

#include "manifest.h"
#include "tar.h"
#include "vs_export.h"

#define BLOCK 512
#define SUM_AT 148

/* Right sums, or no input would get past the first header. */
static void mend(uint8_t *p, size_t size)
{
	for (size_t at = 0; at + BLOCK <= size; at += BLOCK) {
		unsigned sum = 0;

		if (p[at + BLOCK - 1] != 0)
			continue; /* one that stays wrong */
		memset(p + at + SUM_AT, ' ', 8);
		for (size_t i = 0; i < BLOCK; i++)
			sum += p[at + i];
		for (int i = 5; i >= 0; i--, sum >>= 3)
			p[at + SUM_AT + (size_t)i] = (uint8_t)('0' + (sum & 7));
		p[at + SUM_AT + 6] = '\0';
	}
}

static void check_path(const char *path)
{
	char part[TAR_PATH_MAX];

	MUST(memchr(path, '\0', TAR_PATH_MAX) && path[0] != '/');
	for (const char *p = path;; p++) {
		size_t n = strcspn(p, "/");

		memcpy(part, p, n);
		part[n] = '\0';
		MUST(manifest_is_name(part));
		p += n;
		if (*p == '\0')
			return;
	}
}

static void check(FILE *f)
{
	static struct tar_entry e;
	char why[VSD_WHY_MAX] = "";
	struct vs_export head;
	int r = vs_import_head(f, &head, why);

	if (r == 0)
		MUST(head.uid_first && head.uid_count && head.fqdn[0]);
	else
		MUST(why[0]);
	while ((r = tar_read(f, &e, why)) > 0) {
		check_path(e.path);
		MUST(e.mode <= 07777 && (e.type == TAR_FILE || e.size == 0));
		MUST((e.type == TAR_LINK) == (e.link[0] != '\0'));
		MUST(memchr(e.link, '\0', sizeof(e.link)));
		for (uint64_t n = 0; n < e.size; n++)
			if (getc(f) == EOF)
				return;
		if (tar_read_pad(f, e.size) < 0)
			return;
	}
	MUST(r == 0 || why[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy;
	FILE *f;

	if (size == 0)
		return 0;
	copy = malloc(size);
	MUST(copy);
	memcpy(copy, data, size);
	mend(copy, size);
	f = fmemopen(copy, size, "r");
	MUST(f);
	check(f);
	fclose(f);
	free(copy);
	return 0;
}
