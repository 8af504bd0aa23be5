/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vsd.conf: refused with a reason, or whole and in bounds. */
#include "fuzz.h"

#include <string.h>

#include "conf.h"

static void check_programs(unsigned n, const char *const *program)
{
	MUST(n <= VSD_PROGRAM_MAX);
	for (unsigned i = 0; i < n; i++)
		MUST(program[i][0] == '/' && strlen(program[i]) < VSD_PROGRAM_BYTES);
}

static void check(const struct vsd_conf *c)
{
	MUST(c->uid_base >= 1000 && c->uid_step >= 2 && c->slots >= 1);
	MUST((uint64_t)c->uid_base + (uint64_t)c->uid_step * c->slots <= UINT32_MAX);
	MUST(c->vs_root[0] == '/' && c->skel[0] == '/');
	MUST(c->nservice <= VSD_SERVICE_MAX && c->nexec <= VSD_EXEC_MAX);
	MUST(c->nredirect <= VSD_PORT_MAX && c->nhost_port <= VSD_PORT_MAX &&
	     c->nreach <= VSD_PORT_MAX);
	for (unsigned i = 0; i < c->nservice; i++) {
		const struct vsd_service *s = &c->service[i];

		MUST(vsd_name_is_user(s->name, strlen(s->name)) &&
		     vsd_name_is_user(s->right, strlen(s->right)));
		MUST(vsd_conf_find_service(c, s->name) == s); /* none is hidden by another */
		check_programs(s->nprogram, s->program);
	}
	for (unsigned i = 0; i < c->nexec; i++)
		check_programs(c->exec[i].nprogram, c->exec[i].program);
	for (unsigned i = 0; i < c->nredirect; i++)
		MUST(c->redirect[i].from && c->redirect[i].to);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char why[VSD_WHY_MAX] = "";
	struct vsd_conf *c = NULL;

	if (vsd_conf_parse((const char *)data, size, &c, why) == 0)
		check(c);
	else
		MUST(!c && why[0] && memchr(why, '\0', sizeof(why)));
	vsd_conf_free(c);
	return 0;
}
