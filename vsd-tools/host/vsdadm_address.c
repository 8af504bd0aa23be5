/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Other addresses, redirects or another name for a server that may be running: the registry
 * says so already, and the rest follows.  Every step can be taken again: vs_set with
 * the same addresses mends what a killed one has left. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alias.h"
#include "cgroup.h"
#include "fence.h"
#include "safe.h"
#include "spawn_tool.h"
#include "tool.h"
#include "vsdadm.h"
#include "why.h"
#include "words.h"

/* ---- etc/hosts ---- */

/* The lines that the old addresses and name gave, in the new ones' place.  A file
 * that says something else is the server's own by now. */
static int put_hosts(int root, const char *text, const struct vsd_server *old,
		     const struct vsd_server *now)
{
	static const char word[] = "@HOSTS@";
	VSD_FREE char *from = NULL, *to = NULL, *whole = NULL;
	VSD_CLOSE int etc = -1;
	size_t nfrom, nto;
	const char *at;
	int n, r = words_expand(word, sizeof(word) - 1, old, &from, &nfrom);

	if (r == 0)
		r = words_expand(word, sizeof(word) - 1, now, &to, &nto);
	at = r == 0 && nfrom > 0 ? strstr(text, from) : NULL;
	if (r < 0 || !at || strcmp(from, to) == 0)
		return r;
	n = asprintf(&whole, "%.*s%s%s", (int)(at - text), text, to, at + nfrom);
	if (n < 0)
		return -ENOMEM;
	r = vsd_safe_open_beneath(root, "etc", O_RDONLY | O_DIRECTORY, 0, &etc);
	return r < 0 ? r : vsd_safe_replace_file(etc, "hosts", whole, (size_t)n, 0, 0, 0644);
}

static int change_hosts(const struct vsd_server *old, const struct vsd_server *now)
{
	VSD_CLOSE int root = -1;
	VSD_FREE char *text = NULL;
	size_t len;
	int r = vsd_safe_open_root(now->root, &root);

	if (r == 0)
		r = vsd_safe_read_file(root, "etc/hosts", 65536, &text, &len);
	if (r == 0)
		r = put_hosts(root, text, old, now);
	return r == -ENOENT || r == -EPERM ? 0 : r; /* none, or not as it was made */
}

/* ---- a server that runs ---- */

/* From its next system call on its processes have these addresses. */
static int change_fence(const struct vsd_conf *c, const struct vsd_server *s, char why[VSD_WHY_MAX])
{
	VSD_CLOSE int cg = -1;
	int r = c->fence ? fence_supported(why) : -EOPNOTSUPP;

	if (r == -EOPNOTSUPP)
		return 0; /* as when it was started */
	if (r == 0)
		r = fence_load(c, why);
	if (r < 0)
		return r;
	r = vsd_cgroup_open(s->name, false, &cg);
	if (r < 0) {
		why_say(why, "open its cgroup: %s", strerror(-r));
		return r;
	}
	return fence_set(NULL, s, cg, why);
}

/* Those that it no longer has; the interface may hold them for a while without harm,
 * but no longer than this. */
static int drop_old(const struct vsd_server *old, const struct vsd_server *now)
{
	struct vsd_addr gone[VSD_SERVER_ADDR_MAX];
	struct alias_result result[VSD_SERVER_ADDR_MAX];
	size_t n = 0;

	for (unsigned i = 0; i < old->naddr; i++)
		if (!vsd_server_has_addr(now, &old->addr[i]))
			gone[n++] = old->addr[i];
	return n == 0 ? 0 : alias_down(gone, n, result);
}

static int follow(const struct vsd_server *now, char why[VSD_WHY_MAX])
{
	struct vsd_conf *c = NULL;
	int r = vsd_conf_load(&c, why);

	if (r == 0)
		r = alias_up_server(c, now, why);
	if (r == 0)
		r = change_fence(c, now, why);
	vsd_conf_free(c);
	return r;
}

int adm_update_redirects(const char *name)
{
	static const char *const update[] = { "vsredirect", "--update", NULL };

	return run_tool(update) < 0 ?
		       tool_error("change the redirects of", name, "see vsredirect --apply") : TOOL_OK;
}

/* Under the registry's lock: of two vs_set, what the later one wrote is what both
 * bring into force. */
static int change(const struct vsd_server *old, const struct vsd_server *now, bool running)
{
	char why[VSD_WHY_MAX] = "";

	if (change_hosts(old, now) < 0)
		return tool_error("write etc/hosts of", now->name, "see vsdadm check");
	if (running && follow(now, why) < 0) {
		(void)tool_error("change the addresses of", now->name, why);
		return tool_error("change the addresses of", now->name,
				  "they are written down; vsboot --restart brings them into force");
	}
	if (drop_old(old, now) != 0)
		return tool_error("take the old addresses of", now->name, "see vsalias");
	return adm_update_redirects(now->name);
}

int adm_change_address(const struct vsd_server *old, const char *name, bool running)
{
	struct vsd_server now;
	VSD_CLOSE int lock = -1;
	int r = vsd_registry_lock(&lock);

	if (r == 0)
		r = vsd_registry_find_name(name, &now);
	if (r < 0) {
		char why[VSD_WHY_MAX];

		vsd_registry_why(name, r, why);
		return tool_error("read the registry for", name, why);
	}
	return change(old, &now, running);
}
