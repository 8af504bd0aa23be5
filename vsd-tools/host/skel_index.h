/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_SKEL_INDEX_H
#define VSD_SKEL_INDEX_H

#include <stdint.h>

/* From texts to numbers, each text any number of times: which packages a file or a
 * capability is of.  A tool's code: out of memory ends the program. */
struct skel_index_entry {
	char *key;
	uint32_t value, next;    /* next: in its chain, 0: the end */
};

struct skel_index {
	struct skel_index_entry *entry; /* entry[0] is unused */
	uint32_t *hash;          /* NULL: nothing was added yet */
	uint32_t n, room;
};

void skel_index_add(struct skel_index *x, const char *key, uint32_t value);
void skel_index_free(struct skel_index *x);

/* The entry of that key that was added last; with `after`, the one added before it;
 * NULL when there is none.  Valid until the next skel_index_add. */
const struct skel_index_entry *skel_index_find(const struct skel_index *x, const char *key,
					       const struct skel_index_entry *after);

/* The same path where /bin is usr/bin: without /usr before it. */
const char *skel_index_path(const char *path);

#endif
