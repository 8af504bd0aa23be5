/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NSS_RIG_H
#define NSS_RIG_H

#include <grp.h>
#include <gshadow.h>
#include <nss.h>
#include <pwd.h>
#include <shadow.h>
#include <stdbool.h>
#include <stdint.h>

#include "unit.h"

/* nss_vsd as glibc would load it, on a private tree with servers in it. */
#define RIG_ROOTS "/mnt/home/vsd/vs"
#define RIG_FIRST 2000000u
#define RIG_STEP 200u

typedef enum nss_status getpw_fn(const char *, struct passwd *, char *, size_t, int *);

struct rig_api {
	void *handle;
	enum nss_status (*setpwent)(int), (*endpwent)(void);
	enum nss_status (*setgrent)(int), (*endgrent)(void);
	enum nss_status (*setspent)(int), (*endspent)(void);
	enum nss_status (*setsgent)(int), (*endsgent)(void);
	enum nss_status (*getpwent)(struct passwd *, char *, size_t, int *);
	enum nss_status (*getgrent)(struct group *, char *, size_t, int *);
	enum nss_status (*getspent)(struct spwd *, char *, size_t, int *);
	enum nss_status (*getsgent)(struct sgrp *, char *, size_t, int *);
	enum nss_status (*getpwnam)(const char *, struct passwd *, char *, size_t, int *);
	enum nss_status (*getpwuid)(uid_t, struct passwd *, char *, size_t, int *);
	enum nss_status (*getgrnam)(const char *, struct group *, char *, size_t, int *);
	enum nss_status (*getgrgid)(gid_t, struct group *, char *, size_t, int *);
	enum nss_status (*getspnam)(const char *, struct spwd *, char *, size_t, int *);
	enum nss_status (*getsgnam)(const char *, struct sgrp *, char *, size_t, int *);
	enum nss_status (*initgroups)(const char *, gid_t, long *, long *, gid_t **, long, int *);
};

/* What rig_load loads, unless told otherwise the copy with the private tree. */
extern const char *rig_module;
/* The module that rig_load loaded and rig_stop unloads. */
extern struct rig_api rig;
void rig_load(void);
void rig_stop(void);
/* An empty tree and the module.  Skips the test when not root. */
void rig_start(void);

/* For cmocka's groups: rig_start with vs1 and vs2 in the tree, and its end. */
int rig_set_up(void **state);
int rig_tear_down(void **state);

/* Server vsN: id N, its range, address 10.77.0.N, files with root (uid 0), admin,
 * alice (GECOS "Alice,room 1", in audio) and bob. */
void rig_server(unsigned n);
void rig_server_remove(unsigned n);
uint32_t rig_uid(unsigned n, uint32_t i);

/* Replace a file of server vsN by rename, as the tools do. */
void rig_file(unsigned n, const char *path, mode_t mode, const char *text);
/* passwd: its good lines for vs1 with `extra` before and after. */
void rig_passwd(unsigned n, const char *before, const char *after);

/* Lookups that need no thought about buffers. */
enum nss_status rig_pwnam(const char *name, struct passwd *out);
enum nss_status rig_pwuid(uid_t uid, struct passwd *out);
int rig_open_fds(void);

#endif
