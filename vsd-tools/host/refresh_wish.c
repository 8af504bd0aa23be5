/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "refresh_wish.h"

#include "safe.h"
#include "skel_install.h"
#include "skel_server.h"
#include "tool.h"

static int load(const char *skel, struct manifest *m)
{
	char why[VSD_WHY_MAX] = "";
	VSD_CLOSE int fd = -1;
	int r = vsd_safe_open_root(skel, &fd);

	if (r < 0)
		return tool_errno("open", skel, r);
	return manifest_load(fd, m, why) < 0 ? tool_error("read", skel, why) : TOOL_OK;
}

/* To *list: what a manifest names, then what was said; an empty text forgets all. */
static int add(char **list, const char *had, const char *said)
{
	if ((had && had[0] && skel_install_add(list, had) < 0) ||
	    (said && skel_install_add(list, said) < 0))
		return tool_misuse("--install wants names of packages");
	return TOOL_OK;
}

/* Those of the server alone are noted, and are packages as its base's are. */
static int add_own(struct skel_wish *w, const char *install, char **packages, char **noted)
{
	struct manifest m = { .text = NULL };
	int r = load(w->skel, &m);

	if (r != TOOL_OK)
		return r;
	r = add(noted, m.install, install);
	if (r == TOOL_OK)
		r = add(packages, *noted, NULL);
	w->noted = *noted ? *noted : "";
	manifest_free(&m);
	return r;
}

int refresh_wish(struct skel_wish *w, const char *install, char **packages, char **noted,
		 struct manifest *m)
{
	char base[VSD_PATH_MAX];
	uint32_t id;
	bool is_own = skel_server_split(w->skel, base, &id);
	int r = load(is_own ? base : w->skel, m);

	if (r != TOOL_OK)
		return r;
	if (!w->source)
		w->source = m->source;
	if (!w->profile)
		w->profile = m->profile;
	if (!w->conf)
		w->conf = m->conf[0] ? m->conf : SKELCONF_PATH;
	r = add(packages, m->install, is_own ? NULL : install);
	if (r == TOOL_OK && is_own)
		r = add_own(w, install, packages, noted);
	w->install = *packages;
	if (r == TOOL_OK && (!w->source[0] || !w->profile[0]))
		r = tool_misuse("the skeleton does not say what it was made from: --source "
				"and --profile");
	return r;
}
