/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "skel_plan.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manifest.h"
#include "scope.h"
#include "tool.h"

void *plan_memory(void *got)
{
	if (!got)
		exit(tool_errno("keep", "the plan of the skeleton", ENOMEM));
	return got;
}

char *plan_text(const char *s)
{
	return plan_memory(strdup(s));
}

char *plan_format(const char *fmt, ...)
{
	char *s = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		s = NULL;
	va_end(ap);
	return plan_memory(s);
}

static uint32_t hash_of(const char *s)
{
	uint32_t h = 2166136261u; /* FNV-1a: the names are root's own, none is hostile */

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	return h;
}

void plan_init(struct plan *p, const struct skel_conf *conf, const char *source, int sourcefd)
{
	*p = (struct plan){ .conf = conf, .source = source, .sourcefd = sourcefd, .nitem = 1,
			    .room = 4096, .nhash = 65536 };
	p->item = plan_memory(calloc(p->room, sizeof(*p->item)));
	p->hash = plan_memory(calloc(p->nhash, sizeof(*p->hash)));
}

void plan_free(struct plan *p)
{
	for (uint32_t i = 1; i < p->nitem; i++) {
		free(p->item[i].path);
		free(p->item[i].target);
		free(p->item[i].host);
	}
	free(p->item);
	free(p->hash);
	free(p->lacks);
}

struct plan_item *plan_find(struct plan *p, const char *path)
{
	uint32_t i = p->hash[hash_of(path) & (p->nhash - 1)];

	while (i && strcmp(p->item[i].path, path) != 0)
		i = p->item[i].next;
	return i && !p->item[i].gone ? &p->item[i] : NULL;
}

struct plan_item *plan_put(struct plan *p, const char *path, enum plan_type type, mode_t mode)
{
	uint32_t *chain = &p->hash[hash_of(path) & (p->nhash - 1)];
	uint32_t i = *chain;

	while (i && strcmp(p->item[i].path, path) != 0)
		i = p->item[i].next;
	if (i && !p->item[i].gone)
		return &p->item[i];
	if (!i) {
		if (p->nitem == p->room) {
			p->room *= 2;
			p->item = plan_memory(realloc(p->item, p->room * sizeof(*p->item)));
		}
		i = p->nitem++;
		VSD_HELD_BEGIN /* the path: by the item, for as long as the plan */
		p->item[i] = (struct plan_item){ .path = plan_text(path), .next = *chain };
		*chain = i;
		VSD_HELD_END
	}
	p->item[i].gone = false;
	p->item[i].type = type;
	p->item[i].mode = mode;
	return &p->item[i];
}

static int by_path(const void *a, const void *b)
{
	return manifest_order(((const struct plan_item *)a)->path,
			      ((const struct plan_item *)b)->path);
}

void plan_sort(struct plan *p)
{
	uint32_t kept = 1;

	for (uint32_t i = 1; i < p->nitem; i++) {
		if (!p->item[i].gone) {
			p->item[kept++] = p->item[i];
			continue;
		}
		free(p->item[i].path);
		free(p->item[i].target);
		free(p->item[i].host);
	}
	p->nitem = kept;
	memset(p->hash, 0, p->nhash * sizeof(*p->hash));
	qsort(p->item + 1, p->nitem - 1, sizeof(*p->item), by_path);
}
