/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vsdadm check: mail programs of the host that would do a VS user's bidding outside the
 * VS (a .forward's pipe, a mailbox in their home), as their own configuration says.
 * None is asked about an address: to answer, it might read that user's files. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "check_run.h"
#include "why.h"

#define BLANKS " \t"

static bool is_there(const char *path)
{
	return access(path, X_OK) == 0;
}

/* ---- exim: its routers, in their order ---- */

/* A router, as `exim -bP routers` prints it: "NAME router:", then a line an option,
 * "KEY = VALUE" or, for a switch, "KEY" or "no_KEY". */
struct router {
	char name[64];
	bool asks_for_user; /* finds users of the system, or acts in their homes */
	bool for_hosts_own; /* but for no name with an @ */
	bool for_vs;        /* takes every name with an @, ... */
	bool asks_more;     /* ... or not every one */
	bool redirects, may_fail, fails;
};

struct exim {
	struct router now;
	bool refused;       /* an earlier router has refused every VS user */
	bool may_skip;      /* an earlier router may jump over others */
	char unsafe[64];    /* the first router that would serve one */
};

static void router_ends(struct exim *e)
{
	const struct router *r = &e->now;

	if (r->asks_for_user && !r->for_hosts_own && !e->refused && !e->unsafe[0])
		(void)snprintf(e->unsafe, sizeof(e->unsafe), "%s", r->name);
	if (r->for_vs && !r->asks_more && r->redirects && r->may_fail && r->fails && !e->may_skip)
		e->refused = true;
	memset(&e->now, 0, sizeof(e->now));
}

static void remove_blanks(char *s)
{
	char *to = s;

	for (; *s; s++)
		if (!strchr(BLANKS, *s))
			*to++ = *s;
	*to = '\0';
}

static void router_switch(struct router *r, const char *name)
{
	static const char *const conditions[] = { "check_local_user", "no_expn", "no_address_test",
						  "no_verify_recipient", "unseen", "verify_only" };

	if (strcmp(name, "check_local_user") == 0)
		r->asks_for_user = true;
	if (strcmp(name, "allow_fail") == 0)
		r->may_fail = true;
	for (size_t i = 0; i < sizeof(conditions) / sizeof(*conditions); i++)
		r->asks_more |= strcmp(name, conditions[i]) == 0;
}

static void router_value(struct exim *e, const char *key, char *value)
{
	static const char *const conditions[] = { "condition", "domains", "local_part_prefix",
						  "local_part_suffix", "require_files", "senders" };
	struct router *r = &e->now;

	if (value[0] == '\0')
		return;
	if (strcmp(key, "router_home_directory") == 0 || strstr(value, "lookup passwd") ||
	    strstr(value, "passwd{"))
		r->asks_for_user = true;
	if (strcmp(key, "pass_router") == 0 || strcmp(key, "redirect_router") == 0)
		e->may_skip = true;
	if (strcmp(key, "driver") == 0)
		r->redirects = strcmp(value, "redirect") == 0;
	if (strcmp(key, "data") == 0)
		r->fails = strncmp(value, ":fail:", strlen(":fail:")) == 0;
	if (strcmp(key, "local_parts") == 0) {
		remove_blanks(value);
		r->for_hosts_own = strncmp(value, "!^.*@", strlen("!^.*@")) == 0 &&
				   (value[5] == '\0' || value[5] == ':');
		r->for_vs = strcmp(value, "^.*@") == 0;
	}
	for (size_t i = 0; i < sizeof(conditions) / sizeof(*conditions); i++)
		r->asks_more |= strcmp(key, conditions[i]) == 0;
}

static void exim_line(void *to, char *line)
{
	struct exim *e = to;
	char *value = strstr(line, " = "), *end = strstr(line, " router:");

	if (end && end[strlen(" router:")] == '\0') {
		router_ends(e);
		*end = '\0';
		(void)snprintf(e->now.name, sizeof(e->now.name), "%s", line);
	} else if (value) {
		*value = '\0';
		value += strlen(" = ");
		router_value(e, line, value + strspn(value, BLANKS));
	} else {
		router_switch(&e->now, line);
	}
}

/* Whether exim is there, and safe. */
static bool exim_is_safe(struct check *c, const char *path)
{
	const char *const argv[] = { path, "-bP", "routers", NULL };
	char text[VSD_WHY_MAX];
	struct exim e;

	memset(&e, 0, sizeof(e));
	if (!is_there(path))
		return false;
	if (check_run(argv, exim_line, &e) < 0) {
		check_wrong(c, path, "its configuration cannot be read: see exim -bP routers");
		return false;
	}
	router_ends(&e);
	if (!e.unsafe[0])
		return true;
	(void)snprintf(text, sizeof(text), "its router %s would run a VS user's .forward on the host: let "
		       "/usr/share/vsd/exim4/vsd_servers be its first router",
		       e.unsafe);
	check_wrong(c, path, text);
	return false;
}

/* ---- postfix: local(8), and what it may do for a recipient ---- */

struct postfix {
	bool has_local;
	unsigned values;
	char set[64]; /* a setting that is not empty */
};

/* A line of master.cf: its eighth word is the program. */
static void postfix_service(void *to, char *line)
{
	struct postfix *p = to;
	const char *at = line;

	for (int i = 0; i < 7; i++) {
		at += strcspn(at, BLANKS);
		at += strspn(at, BLANKS);
	}
	p->has_local |= strcspn(at, BLANKS) == strlen("local") &&
			strncmp(at, "local", strlen("local")) == 0;
}

/* The settings that make local(8) act as its recipient. */
static const char *const postfix_names[] = { "forward_path", "home_mailbox", "mailbox_command",
					     "mailbox_command_maps" };
enum { POSTFIX_NAMES = sizeof(postfix_names) / sizeof(*postfix_names) };

/* "NAME = VALUE"; warnings come between them. */
static void postfix_value(void *to, char *line)
{
	struct postfix *p = to;
	char *value = line + strcspn(line, BLANKS "=");

	for (int i = 0; i < POSTFIX_NAMES; i++) {
		size_t n = strlen(postfix_names[i]);

		if (value != line + n || strncmp(line, postfix_names[i], n) != 0)
			continue;
		p->values++;
		value += strspn(value, BLANKS "=");
		if (*value)
			(void)snprintf(p->set, sizeof(p->set), "%s", postfix_names[i]);
		return;
	}
}

/* master.cf may set them for one service: "local/unix/forward_path = ..." */
static void postfix_override(void *to, char *line)
{
	struct postfix *p = to;

	for (int i = 0; i < POSTFIX_NAMES; i++)
		if (strstr(line, postfix_names[i])) {
			line[strcspn(line, BLANKS "=")] = '\0';
			(void)snprintf(p->set, sizeof(p->set), "%s", line);
		}
}

static bool postfix_is_safe(struct check *c)
{
	static const char local[] = "/usr/lib/postfix/sbin/local", postconf[] = "/usr/sbin/postconf";
	static const char *const service[] = { postconf, "-M", NULL };
	const char *const value[] = { postconf, "-x", postfix_names[0], postfix_names[1],
				      postfix_names[2], postfix_names[3], NULL };
	static const char *const override[] = { postconf, "-P", NULL };
	struct postfix p;
	char text[VSD_WHY_MAX];

	memset(&p, 0, sizeof(p));
	if (!is_there(local) && !is_there("/usr/libexec/postfix/local"))
		return false;
	if (check_run(service, postfix_service, &p) < 0 || check_run(value, postfix_value, &p) < 0 ||
	    check_run(override, postfix_override, &p) < 0 || p.values != POSTFIX_NAMES) {
		check_wrong(c, "postfix", "its configuration cannot be read: see postconf -x and -M");
		return false;
	}
	if (!p.has_local || !p.set[0])
		return true;
	(void)snprintf(text, sizeof(text), "with %.63s it would serve a VS user on the host: leave "
		       "forward_path, home_mailbox, mailbox_command and mailbox_command_maps empty, "
		       "or take local out of master.cf", p.set);
	check_wrong(c, "postfix", text);
	return false;
}

/* ---- the rest ---- */

void check_mail(struct check *c)
{
	/* Read by nobody but themselves, these are judged by being there. */
	static const char *const servers[] = { "/usr/libexec/sendmail/sendmail", "/usr/sbin/smtpd",
					       "/usr/lib/courier/courier/courierd",
					       "/var/qmail/bin/qmail-local" };
	static const char *const filters[] = { "/usr/bin/procmail", "/usr/bin/maildrop" };
	const char *exim = is_there("/usr/sbin/exim4") ? "/usr/sbin/exim4" : "/usr/sbin/exim";
	bool exim_safe = exim_is_safe(c, exim), postfix_safe = postfix_is_safe(c);

	for (size_t i = 0; i < sizeof(servers) / sizeof(*servers); i++)
		if (is_there(servers[i]))
			check_wrong(c, servers[i], "it would run a VS user's .forward on the host: "
				    "use exim4 or postfix, or a program that only relays");
	/* run by a server's configuration, which has just been looked at */
	for (size_t i = 0; !exim_safe && !postfix_safe && i < sizeof(filters) / sizeof(*filters); i++)
		if (is_there(filters[i]))
			check_wrong(c, filters[i], "it would run a VS user's filter on the host: "
				    "remove it");
}
