/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "internal.h"

#include <stdlib.h>

#include "scope.h"

static const char key[] = "vsd_state";

static void state_free(pam_handle_t *pamh, void *data, int status)
{
	struct pv_state *st = data;

	(void)pamh;
	(void)status;
	if (!st)
		return;
	vsd_enter_free(st->enter);
	pv_member_free(st->member);
	pv_member_free(st->refused);
	free(st->asked);
	vsd_scope_close(&st->slot);
	free(st);
}

struct pv_state *pv_state_peek(pam_handle_t *pamh)
{
	const void *data = NULL;

	if (pam_get_data(pamh, key, &data) != PAM_SUCCESS)
		return NULL;
	return (struct pv_state *)(uintptr_t)data; /* ours; PAM lends it as const */
}

struct pv_state *pv_state_get(pam_handle_t *pamh)
{
	struct pv_state *st = pv_state_peek(pamh);

	if (st)
		return st;
	st = calloc(1, sizeof(*st));
	if (!st)
		return NULL;
	st->slot = -1;
	if (pam_set_data(pamh, key, st, state_free) != PAM_SUCCESS) {
		free(st);
		return NULL;
	}
	return st;
}
