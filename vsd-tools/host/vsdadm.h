/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSDADM_H
#define VSDADM_H

#include <stdbool.h>

#include "registry.h"

/* What the verbs share.  Each verb gets its arguments after HOST and answers an
 * exit status, its message already written. */
struct adm_call {
	const char *verb;
	int argc;
	char **argv;          /* argc arguments after HOST */
	bool json;
	const char *rights;   /* --rights of user_add, or NULL */
};

int adm_vs_create(const struct adm_call *c);
int adm_vs_delete(const struct adm_call *c);
int adm_vs_list(const struct adm_call *c);
int adm_vs_info(const struct adm_call *c);
int adm_vs_enable(const struct adm_call *c);
int adm_vs_disable(const struct adm_call *c);
int adm_user_add(const struct adm_call *c);
int adm_user_del(const struct adm_call *c);
int adm_user_passwd(const struct adm_call *c);
int adm_user_list(const struct adm_call *c);
int adm_priv_list(const struct adm_call *c);
int adm_priv_set(const struct adm_call *c);

/* Find the server named, or say why not.  TOOL_OK or TOOL_FAILED. */
int adm_find(const char *name, struct vsd_server *out) VSD_MUST_CHECK;

/* The same, and open its root with every component checked. */
int adm_open(const char *name, struct vsd_server *out, int *out_root) VSD_MUST_CHECK;

/* Run the whole call on another host: `ssh -- HOST vsdadm --stdin`, the
 * arguments NUL-separated on stdin, so that no shell ever reads them.  Answers
 * the remote exit status; returns only on the failure to start. */
int adm_remote(const char *host, int argc, char **argv);

/* Take the arguments of --stdin: up to an empty one, so that what follows on
 * stdin stays the verb's own.  -1 and a message when they are malformed. */
int adm_stdin_args(int *out_argc, char ***out_argv);

#endif
