/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSDADM_H
#define VSDADM_H

#include <jansson.h>
#include <stdbool.h>

#include "job.h"
#include "registry.h"

/* What the verbs share.  Each verb gets its arguments after HOST and answers an
 * exit status, its message already written. */
struct adm_call {
	const char *verb;
	int argc;
	char **argv;          /* argc arguments after HOST */
	bool json, repair, now;
	const char *gecos, *rights, *shell; /* of user_add, or NULL */
	const char *live;     /* of check: a service, or NULL */
};

int adm_vs_create(const struct adm_call *c);
int adm_vs_delete(const struct adm_call *c);
int adm_vs_copy(const struct adm_call *c);
int adm_vs_export(const struct adm_call *c);
int adm_vs_import(const struct adm_call *c);
int adm_vs_list(const struct adm_call *c);
int adm_vs_info(const struct adm_call *c);
int adm_vs_install(const struct adm_call *c);
int adm_vs_verify(const struct adm_call *c);
int adm_vs_rename(const struct adm_call *c);
int adm_vs_set(const struct adm_call *c);
int adm_vs_enable(const struct adm_call *c);
int adm_vs_disable(const struct adm_call *c);
int adm_user_add(const struct adm_call *c);
int adm_user_del(const struct adm_call *c);
int adm_user_mod(const struct adm_call *c);
int adm_user_passwd(const struct adm_call *c);
int adm_user_list(const struct adm_call *c);
int adm_priv_list(const struct adm_call *c);
int adm_priv_set(const struct adm_call *c);
int adm_check(const struct adm_call *c);

/* vs_set, when the registry has the server's new addresses, redirects and name. */
int adm_change_address(const struct vsd_server *old, const char *name, bool running);

/* What the registry says of redirects now, where any are in force. */
int adm_update_redirects(const char *name);

/* check --live: one login through a service. */
int adm_check_live(const char *service, const struct vsd_conf *conf);

/* A KEY of KEY=VALUE: how a value is taken into the struct that the verb fills, and what
 * it may be.  `set` answers 0 or -errno. */
struct adm_key {
	const char *name;
	int (*set)(void *to, const struct adm_key *key, const char *value);
	const char *takes;
	size_t offset; /* of the member, for a `set` that several keys share */
};

/* Take one KEY=VALUE; -ENOENT no such key, or what its `set` answers, with why. */
int adm_set_key(const struct adm_key *keys, size_t nkeys, void *to, const char *pair,
		char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

#define ADM_OBJECT_MAX 128

/* "alice@vs1", of a call whose arguments begin with VS and USER, for messages. */
const char *adm_qualified(const struct adm_call *c, char out[ADM_OBJECT_MAX]);

/* Queue a job: all that can be refused is refused now.  `file`, when not NULL, is
 * what it imports, a file of the spool. */
int adm_queue(struct job *j, const char *file);

/* Tell that a quota is not enforced, and by reason of what. */
void adm_say_no_quota(uint64_t mb, const char *why);

/* Find the server named, or say why not.  TOOL_OK or TOOL_FAILED. */
int adm_find(const char *name, struct vsd_server *out) VSD_MUST_CHECK;

/* The same, and open its root with every component checked. */
int adm_open(const char *name, struct vsd_server *out, int *out_root) VSD_MUST_CHECK;

/* Is the right one that vsd.conf asks for or holds?  -ENOENT and others, why written */
int adm_check_right(const char *right, char why[VSD_WHY_MAX]) VSD_MUST_CHECK;

/* Change a server's file: the registry locked, `change` sees it as it is then,
 * and answers 0, or -errno with why. */
int adm_change(const char *name, int (*change)(struct vsd_server *s, void *arg,
	       char why[VSD_WHY_MAX]), void *arg) VSD_MUST_CHECK;

/* 1, 0; -errno when that cannot be told. */
int adm_is_running(const char *name) VSD_MUST_CHECK;

/* "running", "stopped", "disabled" or "unknown" */
const char *adm_state(const struct vsd_server *s);

/* Print and free it. */
int adm_print_json(json_t *j) VSD_MUST_CHECK;

/* Run the whole call on another host: `ssh -- HOST vsdadm --stdin`, the
 * arguments NUL-separated on stdin, so that no shell ever reads them.  Answers
 * the remote exit status; returns only on the failure to start. */
int adm_remote(const struct adm_call *c, const char *host, int argc, char **argv);

/* Take the arguments of --stdin: up to an empty one, so that what follows on
 * stdin stays the verb's own.  -1 and a message when they are malformed. */
int adm_stdin_args(int *out_argc, char ***out_argv);

#endif
