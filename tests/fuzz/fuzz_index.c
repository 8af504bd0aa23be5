/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The mapped index, loaded into every process of the host: damaged bytes are
 * refused, or every lookup ends and stays within.  The source is included, for
 * there is no other way in than a file of root's. */
#include "../../libvsd/index.c"

#include "fuzz.h"

/* Damage anywhere: each lookup ends, and stays within. */
static void look_anyhow(struct vsd_index *ix)
{
	struct vsd_addr a = { .b = { 10, 77, 0, 1 } };
	const struct vsd_index_entry *e;

	for (uint32_t i = 0; i < ix->head->count; i++) {
		e = vsd_index_at(ix, i);
		MUST(!e || strlen(e->name) <= VSD_NAME_MAX);
		(void)vsd_index_find_uid(ix, ix->entry[i].uid_first);
	}
	(void)vsd_index_find_name(ix, "vs1", 3);
	(void)vsd_index_find_name(ix, "no-such-server", 14);
	(void)vsd_index_find_addr(ix, &a);
	(void)vsd_index_age(ix);
}

static void look(struct vsd_index *ix)
{
	const struct vsd_index_entry *e, *found;
	struct vsd_addr a;

	(void)vsd_index_age(ix);
	for (uint32_t i = 0; (e = vsd_index_at(ix, i)); i++) {
		found = vsd_index_find_uid(ix, e->uid_first + e->uid_count - 1);
		MUST(found == e);
		found = vsd_index_find_name(ix, e->name, strlen(e->name));
		MUST(!found || found == e);
	}
	MUST(!vsd_index_find_uid(ix, 0) && !vsd_index_find_uid(ix, UINT32_MAX));
	/* The fuzzer sees the comparison and makes a server of that name. */
	found = vsd_index_find_name(ix, "no-such-server", 14);
	MUST(!found || strcmp(found->name, "no-such-server") == 0);
	for (uint32_t i = 0; i < ix->head->naddr; i++) {
		a = ix->addr[i].addr;
		found = vsd_index_find_addr(ix, &a);
		MUST(!found || found < ix->entry + ix->head->count);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vsd_index ix = { .map = NULL };
	char *copy = malloc(size ? size : 1); /* as aligned as a mapping needs to be */

	MUST(copy);
	memcpy(copy, data, size);
	if (adopt(&ix, copy, size) == 0) {
		look_anyhow(&ix);
		if (vsd_index_check(&ix) == 0)
			look(&ix);
	}
	free(copy);
	return 0;
}
