/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "skel_index.h"

#include <stdlib.h>
#include <string.h>

#include "skel_plan.h"

#define CHAINS 65536

static uint32_t hash_of(const char *s)
{
	uint32_t h = 2166136261u;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	return h & (CHAINS - 1);
}

void skel_index_add(struct skel_index *x, const char *key, uint32_t value)
{
	uint32_t *chain;

	if (!x->hash) {
		x->hash = plan_memory(calloc(CHAINS, sizeof(*x->hash)));
		x->n = 1;
	}
	if (x->n >= x->room) {
		x->room = x->room ? x->room * 2 : 8192;
		x->entry = plan_memory(realloc(x->entry, x->room * sizeof(*x->entry)));
	}
	chain = &x->hash[hash_of(key)];
	x->entry[x->n] = (struct skel_index_entry){ plan_text(key), value, *chain };
	*chain = x->n++;
}

void skel_index_free(struct skel_index *x)
{
	for (uint32_t i = 1; i < x->n; i++)
		free(x->entry[i].key);
	free(x->entry);
	free(x->hash);
	*x = (struct skel_index){ 0 };
}

const struct skel_index_entry *skel_index_find(const struct skel_index *x, const char *key,
					       const struct skel_index_entry *after)
{
	uint32_t i;

	if (!x->hash)
		return NULL;
	i = after ? after->next : x->hash[hash_of(key)];
	while (i && strcmp(x->entry[i].key, key) != 0)
		i = x->entry[i].next;
	return i ? &x->entry[i] : NULL;
}

const char *skel_index_path(const char *path)
{
	return strncmp(path, "/usr/", 5) == 0 ? path + 4 : path;
}
