/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* KEY=VALUE, as vs_set and user_mod take it. */
#include <errno.h>
#include <string.h>

#include "vsdadm.h"
#include "why.h"

int adm_set_key(const struct adm_key *keys, size_t nkeys, void *to, const char *pair,
		char why[VSD_WHY_MAX])
{
	size_t n = strcspn(pair, "=");

	for (size_t i = 0; pair[n] == '=' && i < nkeys; i++) {
		int r;

		if (strlen(keys[i].name) != n || memcmp(pair, keys[i].name, n) != 0)
			continue;
		r = keys[i].set(to, &keys[i], pair + n + 1);
		if (r < 0)
			why_say(why, "'%.100s': %s takes %s", pair, keys[i].name, keys[i].takes);
		return r;
	}
	why_say(why, "'%.100s': no such key", pair);
	return -ENOENT;
}
