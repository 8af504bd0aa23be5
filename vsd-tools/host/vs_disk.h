/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_VS_DISK_H
#define VSD_VS_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "registry.h"

/* What a server's tree takes on the disk: of its own, and by links to what it
 * shares with its skeleton and other servers. */
struct vs_disk {
	uint64_t own_bytes, shared_bytes;
	uint64_t own_inodes, shared_files; /* folders are its own */
	bool is_partial;         /* some folder could not be looked into */
};

void vs_disk_measure(int root, struct vs_disk *out);

#endif
