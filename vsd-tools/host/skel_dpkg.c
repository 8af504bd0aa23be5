/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "skel_dpkg.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "skel_dpkg_impl.h"

#define STATUS_MAX_BYTES (1ul << 26)

/* A field of a stanza: its first line's text, or NULL; *len without the newline.
 * Folded lines belong to it: the fields that matter here have none. */
static const char *field(const struct package *k, const char *name, size_t *len)
{
	size_t n = strlen(name);

	for (const char *p = k->stanza, *end = k->stanza + k->len; p < end; ) {
		const char *line = memchr(p, '\n', (size_t)(end - p));

		if (!line)
			line = end;
		if ((size_t)(line - p) > n + 1 && memcmp(p, name, n) == 0 && p[n] == ':') {
			p += n + 1;
			while (p < line && *p == ' ')
				p++;
			*len = (size_t)(line - p);
			return p;
		}
		p = line + 1;
	}
	return NULL;
}

static bool field_is(const struct package *k, const char *name, const char *value)
{
	size_t len;
	const char *p = field(k, name, &len);

	return p && len == strlen(value) && memcmp(p, value, len) == 0;
}

static char *field_text(const struct package *k, const char *name)
{
	size_t len;
	const char *p = field(k, name, &len);

	return p ? plan_memory(strndup(p, len)) : plan_text("");
}

static void add_package(struct dpkg *d, const char *stanza, size_t len)
{
	struct package k = { .stanza = stanza, .len = len };

	if (!field_is(&k, "Status", "install ok installed") &&
	    !field_is(&k, "Status", "hold ok installed"))
		return;
	k.name = field_text(&k, "Package");
	k.arch = field_text(&k, "Architecture");
	k.is_same = field_is(&k, "Multi-Arch", "same");
	if (d->npackage == d->room) {
		d->room = d->room ? d->room * 2 : 512;
		d->package = plan_memory(realloc(d->package, d->room * sizeof(*d->package)));
	}
	d->package[d->npackage++] = k;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct package *)a)->name, ((const struct package *)b)->name);
}

static void split_stanzas(struct dpkg *d)
{
	const char *p = d->status, *end = d->status + d->status_len;

	while (p < end) {
		const char *gap = memmem(p, (size_t)(end - p), "\n\n", 2);
		size_t len = gap ? (size_t)(gap - p) + 1 : (size_t)(end - p);

		add_package(d, p, len);
		p += len + (gap ? 1 : 0);
	}
	if (d->npackage > 0)
		qsort(d->package, d->npackage, sizeof(*d->package), by_name);
}

int dpkg_load(struct plan *p, struct dpkg **out)
{
	struct dpkg *d = plan_memory(calloc(1, sizeof(*d)));
	int r = vsd_safe_read_file(p->sourcefd, "var/lib/dpkg/status", STATUS_MAX_BYTES,
				   &d->status, &d->status_len);

	if (r < 0) {
		free(d);
		return r;
	}
	split_stanzas(d);
	*out = d;
	return 0;
}

void dpkg_free(struct dpkg *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->npackage; i++) {
		free(d->package[i].name);
		free(d->package[i].arch);
	}
	free(d->package);
	free(d->status);
	free(d->written);
	skel_index_free(&d->owner);
	free(d);
}

static struct package *find(struct dpkg *d, const char *name, size_t len)
{
	size_t lo = 0, hi = d->npackage;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const char *its = d->package[mid].name;
		int c = strncmp(its, name, len);

		if (c == 0)
			c = its[len] == '\0' ? 0 : 1;
		if (c == 0)
			return &d->package[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* The name at the start of "name:any (>= 1) ". */
static size_t name_len(const char *s)
{
	return strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789+-.");
}

static bool provides(const struct package *k, const char *name, size_t len)
{
	VSD_FREE char *text = field_text(k, "Provides");

	for (const char *p = text; *p; p += strcspn(p, ",")) {
		p += strspn(p, ", ");
		if (name_len(p) == len && memcmp(p, name, len) == 0)
			return true;
	}
	return false;
}

/* The installed package of that name, or the first that provides it. */
static struct package *find_any(struct dpkg *d, const char *name, size_t len)
{
	struct package *k = find(d, name, len);

	for (size_t i = 0; !k && i < d->npackage; i++)
		if (provides(&d->package[i], name, len))
			k = &d->package[i];
	return k;
}

static void choose(struct dpkg *d, struct plan *p, struct package *k);

/* "a | b (>= 1), c": of each group the first alternative that is installed. */
static void choose_all(struct dpkg *d, struct plan *p, char *text)
{
	char *save = NULL;

	for (char *group = strtok_r(text, ",", &save); group; group = strtok_r(NULL, ",", &save)) {
		char *inner = NULL;

		for (char *one = strtok_r(group, "|", &inner); one;
		     one = strtok_r(NULL, "|", &inner)) {
			struct package *k;

			one += strspn(one, " ");
			k = find_any(d, one, name_len(one));
			if (k) {
				choose(d, p, k);
				break;
			}
		}
	}
}

static void choose(struct dpkg *d, struct plan *p, struct package *k)
{
	static const char *const fields[] = { "Pre-Depends", "Depends" };

	if (k->chosen || skelconf_names(p->conf, SKEL_PACKAGE_EXCLUDE, k->name))
		return;
	k->chosen = true; /* before its dependencies: they may go in circles */
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		VSD_FREE char *text = field_text(k, fields[i]);

		choose_all(d, p, text);
	}
}

int dpkg_choose(struct dpkg *d, struct plan *p, const char *name)
{
	struct package *k = find_any(d, name, strlen(name));

	if (!k)
		return -ENOENT;
	choose(d, p, k);
	return 0;
}

int dpkg_choose_owner(struct dpkg *d, struct plan *p, const char *path)
{
	struct package *k = dpkg_find_owner(d, p, path);

	if (!k)
		return -ENOENT;
	choose(d, p, k);
	return 0;
}

/* The stanzas of what was chosen: what is not in the skeleton is not said to be. */
int dpkg_put_database(struct dpkg *d, struct plan *p)
{
	struct plan_item *i;
	FILE *f = plan_memory(open_memstream(&d->written, &d->written_len));

	for (size_t n = 0; n < d->npackage; n++) {
		const struct package *k = &d->package[n];

		if (!k->chosen)
			continue;
		(void)fwrite(k->stanza, 1, k->len, f);
		(void)fputc('\n', f);
	}
	if (fclose(f) != 0)
		return -ENOMEM;
	i = plan_put(p, "/var/lib/dpkg/status", PLAN_FILE, 0644);
	i->text = d->written;
	i->text_len = d->written_len;
	for (size_t n = 0; n < 2; n++) {
		i = plan_put(p, n ? "/var/lib/dpkg/available" : "/var/lib/dpkg/statoverride",
			     PLAN_FILE, 0644);
		i->is_empty = true;
		i->text = ""; /* the source need not have it */
	}
	return dpkg_put_infos(d, p);
}
