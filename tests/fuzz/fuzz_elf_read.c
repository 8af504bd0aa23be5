/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program or library of any bytes: refused, or each text ends within the file. */
#include "fuzz.h"

#include <string.h>

#include "elf_read.h"

static void check_text(const char *s, const char *file, size_t len)
{
	if (!s)
		return;
	MUST(s >= file && s < file + len);
	MUST(memchr(s, '\0', len - (size_t)(s - file)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *file = (const char *)data;
	struct elf_info e = { 0 };

	if (elf_read(data, size, &e) < 0) {
		MUST(e.bits == 0 && e.nneeded == 0);
		return 0;
	}
	MUST((e.bits == 1 || e.bits == 2) && e.nneeded <= ELF_NEEDED_MAX);
	check_text(e.interp, file, size);
	check_text(e.soname, file, size);
	check_text(e.rpath, file, size);
	check_text(e.runpath, file, size);
	for (unsigned i = 0; i < e.nneeded; i++) {
		MUST(e.needed[i]);
		check_text(e.needed[i], file, size);
	}
	return 0;
}
