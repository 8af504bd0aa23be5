/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_ELF_READ_H
#define VSD_ELF_READ_H

#include <stddef.h>
#include <stdint.h>

#include "scope.h"

#define ELF_NEEDED_MAX 256

/* What a program or library needs to run.  The texts are borrowed from the file's
 * bytes, NUL-terminated within them. */
struct elf_info {
	unsigned char bits;      /* ELFCLASS32, ELFCLASS64 */
	uint16_t machine;
	const char *interp;      /* NULL: none */
	const char *soname;
	const char *rpath, *runpath;
	unsigned nneeded;
	const char *needed[ELF_NEEDED_MAX];
};

/* Read the dynamic section of an ELF file without running anything of it: ldd
 * would execute what it is asked about.  Every offset is checked.
 * Shape:  len bytes of the file from its start, all of it
 * Errors: -ENOEXEC no ELF file, or of another byte order; -EBADMSG damaged
 * Safe:   tool; a hostile file costs at most a pass over its tables */
int elf_read(const void *data, size_t len, struct elf_info *out) VSD_MUST_CHECK;

#endif
