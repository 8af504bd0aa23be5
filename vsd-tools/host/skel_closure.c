/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "skel_closure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "elf_read.h"
#include "safe.h"
#include "tool.h"

#define FOLDERS_MAX 64
#define SCRIPT_LINE_MAX 256

struct closure {
	struct plan *p;
	struct packages *k;
	unsigned nfolder, missing;
	char *folder[FOLDERS_MAX]; /* where the loader looks */
	/* to look only, when not NULL: */
	void (*tell)(const char *path, const char *what, void *arg);
	void *arg;
};

static void add_folder(struct closure *c, const char *path)
{
	for (unsigned i = 0; i < c->nfolder; i++)
		if (strcmp(c->folder[i], path) == 0)
			return;
	if (path[0] == '/' && c->nfolder < FOLDERS_MAX)
		c->folder[c->nfolder++] = plan_text(path);
}

/* The folders of one file of the loader's configuration; `include` lines are left
 * to who reads ld.so.conf.d. */
static void read_loader_file(struct closure *c, const char *path)
{
	VSD_FREE char *text = NULL;
	char *save = NULL;
	size_t len;

	if (vsd_safe_read_file(c->p->sourcefd, path, 65536, &text, &len) < 0)
		return;
	for (char *w = strtok_r(text, " \t\n", &save); w; w = strtok_r(NULL, " \t\n", &save))
		if (w[0] == '/')
			add_folder(c, w);
}

/* Debian's names; another system's folders are in its ld.so.conf. */
static void find_folders(struct closure *c)
{
	static const char *const files[] = {
		"etc/ld.so.conf", "etc/ld.so.conf.d/x86_64-linux-gnu.conf",
		"etc/ld.so.conf.d/aarch64-linux-gnu.conf", "etc/ld.so.conf.d/libc.conf",
	};
	static const char *const usual[] = {
		"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu",
		"/usr/lib/aarch64-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib",
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		read_loader_file(c, files[i]);
	for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++)
		add_folder(c, usual[i]);
}

/* Put a file that something needs, with its package.  -ENOENT: not there. */
static int put_needed(struct closure *c, const char *path)
{
	int r;

	if (c->tell)
		return plan_leads_to_file(c->p, path);
	r = c->k ? packages_choose_owner(c->k, c->p, path) : -ENOENT;

	if (r == 0)
		r = packages_put_files(c->k, c->p);
	if (r < 0 && r != -ENOENT)
		return r;
	return plan_add(c->p, path, true);
}

static int try_library(struct closure *c, const char *folder, size_t len, const char *name)
{
	VSD_FREE char *path = plan_format("%.*s/%s", (int)len, folder, name);
	int r = put_needed(c, path);

	return r == -ENOTDIR || r == -ELOOP ? -ENOENT : r;
}

/* A RUNPATH: folders between colons, $ORIGIN being the file's own. */
static int try_runpath(struct closure *c, const char *runpath, const char *self, const char *name)
{
	const char *slash = strrchr(self, '/');

	for (const char *s = runpath; s && *s; s += strspn(s, ":")) {
		size_t n = strcspn(s, ":");
		VSD_FREE char *folder = NULL;
		int r;

		if (strncmp(s, "$ORIGIN", 7) == 0)
			folder = plan_format("%.*s%.*s", (int)(slash - self), self, (int)n - 7, s + 7);
		else if (strncmp(s, "${ORIGIN}", 9) == 0)
			folder = plan_format("%.*s%.*s", (int)(slash - self), self, (int)n - 9, s + 9);
		else
			folder = plan_format("%.*s", (int)n, s);
		r = folder[0] == '/' ? try_library(c, folder, strlen(folder), name) : -ENOENT;
		if (r != -ENOENT)
			return r;
		s += n;
	}
	return -ENOENT;
}

static int put_library(struct closure *c, const char *self, const struct elf_info *e,
		       const char *name)
{
	int r = -ENOENT;

	if (strchr(name, '/'))
		return put_needed(c, name);
	if (e->rpath && !e->runpath)
		r = try_runpath(c, e->rpath, self, name);
	if (r == -ENOENT && e->runpath)
		r = try_runpath(c, e->runpath, self, name);
	for (unsigned i = 0; r == -ENOENT && i < c->nfolder; i++)
		r = try_library(c, c->folder[i], strlen(c->folder[i]), name);
	return r;
}

/* What is missing is told; any other error ends the work. */
static int weigh(struct closure *c, const char *self, const char *what, int r)
{
	char *before;

	if (r != -ENOENT)
		return r;
	c->missing++;
	if (c->tell) {
		c->tell(self, what, c->arg);
		return 0;
	}
	tool_say("warning: %s needs %s, which the source lacks", self, what);
	before = c->p->lacks;
	c->p->lacks = plan_format("%slacks %s %s\n", before ? before : "", self, what);
	free(before);
	return 0;
}

static int put_for_elf(struct closure *c, const char *self, const void *data, size_t len)
{
	struct elf_info e;
	int r = elf_read(data, len, &e);

	if (r < 0)
		return 0; /* no program of ours to judge: data, or another machine's */
	if (e.interp)
		r = weigh(c, self, e.interp, put_needed(c, e.interp));
	for (unsigned i = 0; r == 0 && i < e.nneeded; i++)
		r = weigh(c, self, e.needed[i], put_library(c, self, &e, e.needed[i]));
	return r;
}

static int put_from_path(struct closure *c, const char *name)
{
	static const char *const places[] = { "/usr/bin", "/bin", "/usr/sbin", "/sbin" };
	int r = -ENOENT;

	for (size_t i = 0; r == -ENOENT && i < sizeof(places) / sizeof(*places); i++)
		r = try_library(c, places[i], strlen(places[i]), name);
	return r;
}

/* "#! /usr/bin/env perl" asks for two programs. */
static int put_for_script(struct closure *c, const char *self, const char *data, size_t len)
{
	char line[SCRIPT_LINE_MAX], *save = NULL, *word;
	size_t n = len < sizeof(line) ? len : sizeof(line) - 1;
	const char *slash;
	int r;

	memcpy(line, data, n);
	line[n] = '\0';
	line[strcspn(line, "\n")] = '\0';
	word = strtok_r(line + 2, " \t", &save);
	if (!word || word[0] != '/')
		return 0;
	r = weigh(c, self, word, put_needed(c, word));
	slash = strrchr(word, '/');
	if (r < 0 || strcmp(slash, "/env") != 0)
		return r;
	do
		word = strtok_r(NULL, " \t", &save);
	while (word && (word[0] == '-' || strchr(word, '=')));
	return word ? weigh(c, self, word, put_from_path(c, word)) : 0;
}

static int put_for(struct closure *c, uint32_t n)
{
	/* By value: adding moves the array. */
	const struct plan_item i = c->p->item[n];
	VSD_FREE char *self = plan_text(i.path);
	VSD_CLOSE int fd = -1;
	struct stat st;
	void *data;
	int r = plan_open(c->p, &i, &fd);

	if (r < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size < 4)
		return r < 0 ? tool_errno("open", self, r), r : 0;
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return -errno;
	if (memcmp(data, "\177ELF", 4) == 0)
		r = put_for_elf(c, self, data, (size_t)st.st_size);
	else if (memcmp(data, "#!", 2) == 0 && (i.mode & 0111))
		r = put_for_script(c, self, data, (size_t)st.st_size);
	(void)munmap(data, (size_t)st.st_size); /* fails only for a bad address */
	return r;
}

/* Could it be a program or a library?  Spares reading every text file. */
static bool is_worth_reading(const struct plan_item *i)
{
	return i->type == PLAN_FILE && !i->gone && !i->done && !i->text &&
	       ((i->mode & 0111) || strstr(i->path, ".so"));
}

static int for_all(struct closure *c)
{
	int r = 0;

	find_folders(c);
	for (uint32_t n = 1; r == 0 && n < c->p->nitem; n++) /* it grows as we go */
		if (is_worth_reading(&c->p->item[n])) {
			c->p->item[n].done = true;
			r = put_for(c, n);
		}
	for (unsigned i = 0; i < c->nfolder; i++)
		free(c->folder[i]);
	return r;
}

int closure_put(struct plan *p, struct packages *k, unsigned *out_missing)
{
	struct closure c = { .p = p, .k = k };
	int r = for_all(&c);

	*out_missing = c.missing;
	return r;
}

int closure_check(struct plan *p, void (*tell)(const char *path, const char *what, void *arg),
		  void *arg)
{
	struct closure c = { .p = p, .tell = tell, .arg = arg };

	return for_all(&c);
}
