/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server's file: what is accepted is in bounds, and survives being written and
 * read again to the byte. */
#include "fuzz.h"

#include <string.h>

#include "registry.h"

static void check_bounds(const struct vsd_server *s)
{
	MUST(s->id > 0 && s->uid_first >= 1000 && s->uid_count >= 2);
	MUST((uint64_t)s->uid_first + s->uid_count <= UINT32_MAX);
	MUST(vsd_server_has_id(s, s->uid_first) && !vsd_server_has_id(s, 0));
	MUST(!vsd_server_has_id(s, UINT32_MAX));
	MUST(s->naddr >= 1 && s->naddr <= VSD_SERVER_ADDR_MAX);
	for (unsigned i = 0; i < s->naddr; i++)
		MUST(vsd_addr_is_usable(&s->addr[i]));
	MUST(s->root[0] == '/' && !strstr(s->root, "/../") && s->skel[0] == '/');
	MUST(vsd_name_is_fqdn(s->fqdn, strlen(s->fqdn)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char first[8192], second[8192], why[VSD_WHY_MAX];
	struct vsd_server s, again;
	size_t n1, n2;

	if (vsd_server_parse((const char *)data, size, "vs1", &s, why) < 0) {
		MUST(memchr(why, '\0', sizeof(why)) && why[0]);
		return 0;
	}
	check_bounds(&s);
	MUST(vsd_server_format(&s, first, sizeof(first), &n1) == 0);
	MUST(vsd_server_parse(first, n1, "vs1", &again, why) == 0);
	MUST(vsd_server_format(&again, second, sizeof(second), &n2) == 0);
	MUST(n1 == n2 && memcmp(first, second, n1) == 0);
	return 0;
}
