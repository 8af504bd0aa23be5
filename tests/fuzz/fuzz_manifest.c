/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A skeleton's manifest: refused with a reason, or whole: each entry is a name that
 * stays in its folder, and stepping through them ends. */
#include "fuzz.h"

#include <string.h>

#include "manifest.h"

static void check(const struct manifest *m)
{
	struct manifest_entry e;
	uint64_t entries = 0, folders = 0;
	size_t at = m->body;

	MUST(strlen(m->id) == MANIFEST_ID_LEN);
	while (manifest_next(m, &at, &e)) {
		MUST(at <= m->len && e.name >= m->text && e.name < m->text + m->len);
		MUST((e.mode & ~(mode_t)07777) == 0);
		MUST(e.kind == MANIFEST_FOLDER || manifest_is_name(e.name));
		MUST(e.name[0] != '/' && strcmp(e.name, "..") != 0 && strncmp(e.name, "../", 3) != 0 &&
		     !strstr(e.name, "/../"));
		folders += e.kind == MANIFEST_FOLDER;
		entries++;
	}
	MUST(entries == m->entries && folders == m->folders);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char why[VSD_WHY_MAX] = "";
	struct manifest m;
	char *text = malloc(size + 1);

	MUST(text);
	memcpy(text, data, size);
	text[size] = '\0';
	if (manifest_parse(text, size, &m, why) < 0) {
		MUST(memchr(why, '\0', sizeof(why)) && why[0]);
		return 0;
	}
	check(&m);
	manifest_free(&m);
	return 0;
}
