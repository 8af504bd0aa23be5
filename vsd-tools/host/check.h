/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_CHECK_H
#define VSD_CHECK_H

#include <jansson.h>
#include <stdbool.h>

#include "registry.h"

/* The parts of `vsdadm check`. */
struct check {
	bool repair;
	bool json;          /* people read stderr, programs these arrays: */
	json_t *services, *fence, *problems;
	unsigned wrong;     /* found and still so */
	unsigned repaired;
};

/* Tell one thing that is wrong, or that was and has been put right. */
void check_wrong(struct check *c, const char *object, const char *reason);
void check_repaired(struct check *c, const char *object, const char *reason);

/* A fact that people should know, and no fault. */
void check_note(struct check *c, const char *text);

/* A server's tree: its folders and files belong to root or to the server's range,
 * the account files are root's, and admin has the first uid.  Repairs owners.
 * Starting state: root on the host; the server may run, and be hostile */
void check_tree(struct check *c, const struct vsd_server *s);

/* vs_root: folders that belong to no server, and what killed tools left. */
void check_folder(struct check *c, const struct vsd_conf *conf);

/* What becomes of a VS user in each PAM service of the host. */
void check_services(struct check *c, const struct vsd_conf *conf);

/* sshd's settings for VS users, at every address of theirs where blocks ask for it. */
void check_sshd(struct check *c);

/* Mail programs that would serve a VS user outside the VS. */
void check_mail(struct check *c);

/* The ftp servers' own configuration. */
void check_ftpds(struct check *c);

/* Kernel switches, mounts, name service and daemons' own configuration. */
void check_host(struct check *c, const struct vsd_conf *conf);

/* Exec rights: each has its group, and the skeleton's programs are held by them. */
void check_exec(struct check *c, const struct vsd_conf *conf);

/* Redirects: what is in force is what the registry and vsd.conf say. */
void check_redirects(struct check *c);

/* Each server's disk quota: its limit in the kernel, and what lies outside of it. */
void check_quota(struct check *c);

/* The address fence, program by program, and every running server's place in it. */
void check_fence(struct check *c, const struct vsd_conf *conf);

#endif
