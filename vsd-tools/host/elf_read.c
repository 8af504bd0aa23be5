/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "elf_read.h"

#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define PHDR_MAX 4096
#define DYN_MAX 65536

struct elf {
	const unsigned char *data;
	size_t len;
	bool wide;               /* 64 bits */
};

/* A segment, of either width. */
struct segment {
	uint32_t type;
	uint64_t offset, address, size;
};

struct dynamic {
	int64_t tag;
	uint64_t value;
};

/* `n` bytes at `at`, or NULL. */
static const void *bytes(const struct elf *e, uint64_t at, uint64_t n)
{
	if (at > e->len || n > e->len - at)
		return NULL;
	return e->data + at;
}

/* A text at `at` that ends before `end` and before the file does. */
static const char *text(const struct elf *e, uint64_t at, uint64_t end)
{
	if (end > e->len)
		end = e->len;
	if (at >= end || !memchr(e->data + at, '\0', end - at))
		return NULL;
	return (const char *)e->data + at;
}

static bool read_segment(const struct elf *e, uint64_t at, struct segment *out)
{
	const void *p = bytes(e, at, e->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr));

	if (!p)
		return false;
	if (e->wide) {
		Elf64_Phdr h;

		memcpy(&h, p, sizeof(h)); /* the file need not be aligned */
		*out = (struct segment){ h.p_type, h.p_offset, h.p_vaddr, h.p_filesz };
	} else {
		Elf32_Phdr h;

		memcpy(&h, p, sizeof(h));
		*out = (struct segment){ h.p_type, h.p_offset, h.p_vaddr, h.p_filesz };
	}
	return true;
}

static bool read_dynamic(const struct elf *e, uint64_t at, struct dynamic *out)
{
	const void *p = bytes(e, at, e->wide ? sizeof(Elf64_Dyn) : sizeof(Elf32_Dyn));

	if (!p)
		return false;
	if (e->wide) {
		Elf64_Dyn d;

		memcpy(&d, p, sizeof(d));
		*out = (struct dynamic){ d.d_tag, d.d_un.d_val };
	} else {
		Elf32_Dyn d;

		memcpy(&d, p, sizeof(d));
		*out = (struct dynamic){ d.d_tag, d.d_un.d_val };
	}
	return true;
}

struct table {
	uint64_t at;
	unsigned count, entry;
};

static int read_header(const struct elf *e, struct elf_info *info, struct table *out)
{
	if (e->wide) {
		Elf64_Ehdr h;

		if (e->len < sizeof(h))
			return -EBADMSG;
		memcpy(&h, e->data, sizeof(h));
		info->machine = h.e_machine;
		*out = (struct table){ h.e_phoff, h.e_phnum, h.e_phentsize };
	} else {
		Elf32_Ehdr h;

		if (e->len < sizeof(h))
			return -EBADMSG;
		memcpy(&h, e->data, sizeof(h));
		info->machine = h.e_machine;
		*out = (struct table){ h.e_phoff, h.e_phnum, h.e_phentsize };
	}
	if (out->count == 0)
		return 0; /* an object file */
	if (out->count > PHDR_MAX ||
	    out->entry < (e->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)))
		return -EBADMSG;
	return 0;
}

/* Where in the file does the loaded address lie? */
static bool find_address(const struct elf *e, const struct table *t, uint64_t address,
			 uint64_t *out)
{
	struct segment s;

	for (unsigned i = 0; i < t->count; i++) {
		if (!read_segment(e, t->at + (uint64_t)i * t->entry, &s))
			return false;
		if (s.type == PT_LOAD && address >= s.address && address - s.address < s.size) {
			*out = s.offset + (address - s.address);
			return *out >= s.offset;
		}
	}
	return false;
}

/* Two passes: the strings' place and size, then what refers to them. */
static int read_strings(const struct elf *e, const struct table *t, const struct segment *dyn,
			uint64_t *out_at, uint64_t *out_end)
{
	uint64_t step = e->wide ? sizeof(Elf64_Dyn) : sizeof(Elf32_Dyn), address = 0, size = 0;
	struct dynamic d;

	for (uint64_t i = 0; i < dyn->size / step && i < DYN_MAX; i++) {
		if (!read_dynamic(e, dyn->offset + i * step, &d))
			return -EBADMSG;
		if (d.tag == DT_NULL)
			break;
		if (d.tag == DT_STRTAB)
			address = d.value;
		if (d.tag == DT_STRSZ)
			size = d.value;
	}
	if (address == 0)
		return -ENODATA; /* nothing has a name */
	if (!find_address(e, t, address, out_at) || size > e->len || *out_at > e->len - size)
		return -EBADMSG;
	*out_end = *out_at + size;
	return 0;
}

static int take_string(const struct elf *e, const struct dynamic *d, uint64_t strings,
		       uint64_t end, struct elf_info *info)
{
	const char *s;

	if (d->tag != DT_NEEDED && d->tag != DT_SONAME && d->tag != DT_RPATH &&
	    d->tag != DT_RUNPATH)
		return 0;
	s = d->value < end - strings ? text(e, strings + d->value, end) : NULL;
	if (!s || (d->tag == DT_NEEDED && info->nneeded == ELF_NEEDED_MAX))
		return -EBADMSG;
	if (d->tag == DT_NEEDED)
		info->needed[info->nneeded++] = s;
	else if (d->tag == DT_SONAME)
		info->soname = s;
	else if (d->tag == DT_RPATH)
		info->rpath = s;
	else
		info->runpath = s;
	return 0;
}

static int read_names(const struct elf *e, const struct table *t, const struct segment *dyn,
		      struct elf_info *info)
{
	uint64_t step = e->wide ? sizeof(Elf64_Dyn) : sizeof(Elf32_Dyn), strings, end;
	struct dynamic d;
	int r = read_strings(e, t, dyn, &strings, &end);

	if (r == -ENODATA)
		return 0;
	for (uint64_t i = 0; r == 0 && i < dyn->size / step && i < DYN_MAX; i++) {
		if (!read_dynamic(e, dyn->offset + i * step, &d))
			return -EBADMSG;
		if (d.tag == DT_NULL)
			break;
		r = take_string(e, &d, strings, end, info);
	}
	return r;
}

int elf_read(const void *data, size_t len, struct elf_info *out)
{
	struct elf e = { .data = data, .len = len };
	struct elf_info info = { 0 };
	struct segment s;
	struct table t;
	int r;

	if (len < EI_NIDENT || memcmp(data, ELFMAG, SELFMAG) != 0)
		return -ENOEXEC;
	if (e.data[EI_DATA] != (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB
									: ELFDATA2MSB))
		return -ENOEXEC;
	info.bits = e.data[EI_CLASS];
	if (info.bits != ELFCLASS32 && info.bits != ELFCLASS64)
		return -ENOEXEC;
	e.wide = info.bits == ELFCLASS64;
	r = read_header(&e, &info, &t);
	for (unsigned i = 0; r == 0 && i < t.count; i++) {
		if (t.at > len || !read_segment(&e, t.at + (uint64_t)i * t.entry, &s))
			return -EBADMSG;
		if (s.type == PT_INTERP) {
			if (s.offset > len || s.size > len ||
			    !(info.interp = text(&e, s.offset, s.offset + s.size)))
				r = -EBADMSG;
		} else if (s.type == PT_DYNAMIC) {
			r = read_names(&e, &t, &s, &info);
		}
	}
	if (r == 0)
		*out = info;
	return r;
}
