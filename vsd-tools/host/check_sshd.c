/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vsdadm check: what sshd would do with a VS user, as it says itself (sshd -T), and
 * blocks that mean a user of the host and a VS user of the same name. */
#include <fnmatch.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account.h"
#include "check.h"
#include "check_lines.h"
#include "check_run.h"
#include "safe.h"
#include "why.h"

#define SSHD "/usr/sbin/sshd"
#define CONFIG "/etc/ssh/sshd_config"
#define BLANKS " \t"

/* ---- its own word for its settings ---- */

/* sshd reads NAME@SERVER in these two as a user and the client's host: a DenyUsers of
 * that form denies nobody, an AllowUsers lets nobody in. */
static void check_list(struct check *c, const char *line)
{
	const char *at = strrchr(line, '@');
	char why[VSD_WHY_MAX];
	struct vsd_server s;

	if ((strncmp(line, "denyusers ", 10) != 0 && strncmp(line, "allowusers ", 11) != 0) || !at ||
	    vsd_registry_find_name(at + 1, &s) != 0)
		return;
	why_say(why, "\"%.100s\" means a client's host %s, not that server's users: write \"?%s\" in "
		"place of \"@%s\"", line, s.name, s.name, s.name);
	check_wrong(c, "sshd", why);
}

/* What `sshd -T` says, for a VS user on a VS's address where there is one. */
static void check_sshd_line(struct check *c, const char *line)
{
	static const struct {
		const char *start, *good, *fix;
	} want[] = {
		{ "usepam ", "yes", "without PAM nobody enters: UsePAM yes" },
		{ "permituserenvironment ", "no", "a VS user's file would set the environment of "
						   "the login: PermitUserEnvironment no" },
		{ "gssapiauthentication ", "no", "the host's realm would let VS users in: "
						  "GSSAPIAuthentication no for Match Group *@*" },
		{ "hostbasedauthentication ", "no", "other hosts would vouch for VS users: "
						     "HostbasedAuthentication no for Match Group *@*" },
		{ "trustedusercakeys ", "none", "the host's CA would let VS users in: "
						 "TrustedUserCAKeys none for Match Group *@*" },
	};

	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		size_t n = strlen(want[i].start);

		if (strncmp(line, want[i].start, n) == 0 && strcmp(line + n, want[i].good) != 0)
			check_wrong(c, "sshd", want[i].fix);
	}
}

static void sshd_whole(void *to, char *line)
{
	check_list(to, line);
	check_sshd_line(to, line);
}

static void sshd_host(void *to, char *line)
{
	if (strncmp(line, "usepam", strlen("usepam")) == 0)
		check_sshd_line(to, line);
}

/* Ask for the settings of one login; `whole` for a VS user's, else the host's. */
static void ask(struct check *c, const char *spec, bool whole)
{
	const char *const argv[] = { SSHD, "-T", "-C", spec, NULL };

	if (check_run(argv, whole ? sshd_whole : sshd_host, c) < 0)
		check_wrong(c, "sshd", "its configuration cannot be read: see sshd -T");
}

/* ---- Match blocks ---- */

/* What the blocks of all its files name. */
struct blocks {
	bool by_address;
	struct {
		char pattern[64], file[128];
		bool said;
	} user[64];
	size_t nuser;
};

static void add_user(struct blocks *b, const char *pattern, size_t len, const char *file)
{
	size_t room = sizeof(b->user) / sizeof(b->user[0]);

	/* user@server is meant for a VS user, and * for everybody */
	if (b->nuser == room || len == 0 || len >= sizeof(b->user[0].pattern) || pattern[0] == '!' ||
	    memchr(pattern, '@', len) || strspn(pattern, "*") >= len)
		return;
	memcpy(b->user[b->nuser].pattern, pattern, len);
	b->user[b->nuser].pattern[len] = '\0';
	(void)snprintf(b->user[b->nuser].file, sizeof(b->user[0].file), "%s", file);
	b->nuser++;
}

/* "Match KEY PATTERN[,PATTERN...] KEY ..." or KEY=PATTERN, quoted or not */
static void read_match(struct blocks *b, char *line, const char *file)
{
	char *key, *save = NULL;

	for (key = strtok_r(line, BLANKS "=\"", &save); key; key = strtok_r(NULL, BLANKS "=\"", &save)) {
		const char *value;

		if (strcasecmp(key, "all") == 0 || strcasecmp(key, "final") == 0 ||
		    strcasecmp(key, "canonical") == 0)
			continue;
		value = strtok_r(NULL, BLANKS "=\"", &save);
		if (!value)
			return;
		if (strcasecmp(key, "LocalAddress") == 0)
			b->by_address = true;
		if (strcasecmp(key, "User") != 0)
			continue;
		for (const char *p = value; *p; p += strcspn(p, ","), p += *p == ',')
			add_user(b, p, strcspn(p, ","), file);
	}
}

static void read_file(struct blocks *b, const char *file)
{
	struct check_lines l = check_lines_open(file);

	while (check_lines_next(&l)) {
		char *p = l.line + strspn(l.line, BLANKS);

		if (strncasecmp(p, "match", 5) == 0 && strchr(BLANKS "=", p[5]))
			read_match(b, p + 5, file);
	}
	check_lines_close(&l);
}

static void read_blocks(struct blocks *b)
{
	glob_t g;

	read_file(b, CONFIG);
	if (glob(CONFIG ".d/*.conf", 0, NULL, &g) != 0)
		return; /* no such folder */
	for (size_t i = 0; i < g.gl_pathc; i++)
		read_file(b, g.gl_pathv[i]);
	globfree(&g);
}

static void check_user(struct check *c, struct blocks *b, const struct vsd_server *s,
		       struct vsd_span name)
{
	char bare[VSD_NAME_MAX + 1], why[VSD_WHY_MAX];

	memcpy(bare, name.p, name.len);
	bare[name.len] = '\0';
	for (size_t i = 0; i < b->nuser; i++) {
		if (b->user[i].said || fnmatch(b->user[i].pattern, bare, 0) != 0)
			continue;
		b->user[i].said = true;
		why_say(why, "its block \"Match User %s\" means the VS user %s@%s too: add \"Group "
			"*,!*@*\" to the line", b->user[i].pattern, bare, s->name);
		check_wrong(c, b->user[i].file, why);
	}
}

static void check_users(struct check *c, struct blocks *b, const struct vsd_server *s)
{
	VSD_FREE char *text = NULL;
	VSD_CLOSE int root = -1;
	struct vsd_passwd_line l;
	size_t len, cursor = 0;

	if (vsd_safe_open_root(s->root, &root) < 0 ||
	    vsd_safe_read_file(root, "etc/passwd", VSD_ACCOUNT_FILE_MAX, &text, &len) < 0)
		return; /* check_tree says so */
	while (vsd_passwd_next((struct vsd_span){ text, len }, &cursor, &l))
		if (vsd_server_has_id(s, l.uid))
			check_user(c, b, s, l.name);
}

/* ---- */

struct each {
	struct check *c;
	struct blocks blocks;
	bool asked;
};

static int check_server(const struct vsd_server *s, void *arg)
{
	struct each *e = arg;
	char spec[256], addr[VSD_ADDR_TEXT_MAX];

	if (e->blocks.nuser)
		check_users(e->c, &e->blocks, s);
	for (unsigned i = 0; i < s->naddr && (e->blocks.by_address || !e->asked); i++) {
		vsd_addr_format(&s->addr[i], addr);
		(void)snprintf(spec, sizeof(spec), "user=admin@%s,host=x,addr=192.0.2.1,laddr=%s,"
			       "lport=22", s->name, addr); /* fits */
		ask(e->c, spec, true);
		e->asked = true;
	}
	return 0;
}

void check_sshd(struct check *c)
{
	VSD_FREE struct each *e = NULL;
	int r;

	if (access(SSHD, X_OK) < 0 || access(CONFIG, F_OK) < 0)
		return;
	e = calloc(1, sizeof(*e));
	if (!e) {
		check_wrong(c, "sshd", strerror(ENOMEM));
		return;
	}
	e->c = c;
	read_blocks(&e->blocks);
	r = vsd_registry_each(check_server, NULL, e);
	if (r < 0 && r != -ENOENT)
		check_wrong(c, "sshd", "the registry cannot be read, so that its settings for VS users "
			    "are not known");
	if (!e->asked)
		ask(c, "user=root,host=x,addr=192.0.2.1,laddr=127.0.0.1,lport=22", false);
}
