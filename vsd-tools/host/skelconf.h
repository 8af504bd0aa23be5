/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_SKELCONF_H
#define VSD_SKELCONF_H

#include <stdbool.h>
#include <stddef.h>

#include "conf.h"

/* /etc/freevsd.conf: what goes into a skeleton.  freevsd.conf(5) */
#define SKELCONF_PATH VSD_SYSCONFDIR "/freevsd.conf"
#define SKELCONF_FILE_MAX (1ul << 20) /* bytes */
#define SKELCONF_FORMAT "1"
#define SKELCONF_RULE_MAX 16384
#define SKELCONF_PROFILE_MAX 32

enum skel_rule_kind {
	SKEL_PACKAGE,            /* must be on the host */
	SKEL_PACKAGE_OPTIONAL,   /* taken when it is there */
	SKEL_PACKAGE_EXCLUDE,    /* never, not even as a dependency */
	SKEL_INCLUDE,
	SKEL_EXCLUDE,
	SKEL_PRIVATE,
	SKEL_EMPTY,
	SKEL_DELETE,
	SKEL_ADMIN,              /* owned by the server's admin */
};

/* Whose names a rule's package has. */
enum skel_db { SKEL_DB_ANY, SKEL_DB_DPKG, SKEL_DB_RPM };

struct skel_rule {
	enum skel_rule_kind kind;
	enum skel_db db;         /* SKEL_DB_ANY: both have it by that name */
	unsigned line;           /* for messages */
	char *text;              /* package name or absolute pattern */
};

/* The rules that hold for one profile. */
struct skel_conf {
	size_t nrule;
	struct skel_rule *rule;
};

/* Parse the text and keep the rules of a profile, of those it includes, and the
 * lines before the first profile.
 * Owns:   skelconf_free
 * Errors: -EINVAL content, -EPROTONOSUPPORT another version's format, -ENOENT no such profile (with why); -ENOMEM */
int skelconf_parse(const char *text, size_t len, const char *profile, struct skel_conf *out,
		   char why[VSD_WHY_MAX]) VSD_MUST_CHECK;
int skelconf_load(const char *path, const char *profile, struct skel_conf *out,
		  char why[VSD_WHY_MAX]) VSD_MUST_CHECK;
void skelconf_free(struct skel_conf *c);

/* Drop the rules for packages of other databases: SKEL_DB_ANY drops none. */
void skelconf_keep_db(struct skel_conf *c, enum skel_db db);

/* Could it be a package's name, of dpkg's or rpm's?  It never looks like an option, a path
 * or a pattern. */
bool skelconf_is_package(const char *s, size_t len);

/* Is there a rule of the kind whose pattern matches the path? */
bool skelconf_matches(const struct skel_conf *c, enum skel_rule_kind kind, const char *path);

/* Is there a rule of the kind that says exactly this? */
bool skelconf_names(const struct skel_conf *c, enum skel_rule_kind kind, const char *text);

#endif
