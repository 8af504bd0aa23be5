/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vsdadm check: what the ftp servers' own configuration must say. */
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "check_lines.h"

#define PROFTPD "/etc/proftpd/proftpd.conf"
#define PROFTPD_OURS "/etc/proftpd/conf.d/vsd.conf"
#define PROFTPD_ORDER "AuthOrder mod_auth_pam.c* mod_auth_unix.c"

static void check_vsftpd(struct check *c)
{
	static const struct {
		const char *key, *line;
	} want[] = { { "session_support", "session_support=YES" },
		     { "chroot_local_user", "chroot_local_user=YES" },
		     { "passwd_chroot_enable", "passwd_chroot_enable=YES" } };
	static const char path[] = "/etc/vsftpd.conf";
	char v[CHECK_LINE_BYTES], text[VSD_WHY_MAX];

	if (access(path, F_OK) < 0)
		return;
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++)
		if (!check_last_value(path, want[i].key, '=', v) || strncasecmp(v, "YES", 3) != 0) {
			(void)snprintf(text, sizeof(text), "VS users would be served outside, or by "
				       "one wall alone: add the line %s", want[i].line);
			check_wrong(c, path, text);
		}
}

/* proftpd takes the first AuthOrder that it meets; at a second one it leaves the rest of
 * that file alone, or does not start. */
static void check_proftpd_order(struct check *c, const char *path)
{
	char v[CHECK_LINE_BYTES];

	if (strcmp(path, PROFTPD_OURS) != 0 && check_last_value(path, "AuthOrder", ' ', v))
		check_wrong(c, path, "its AuthOrder stands beside that of " PROFTPD_OURS ", which "
			    "proftpd reads no further then: take the line out");
}

static void check_proftpd(struct check *c)
{
	char v[CHECK_LINE_BYTES];
	glob_t g;

	if (access(PROFTPD, F_OK) < 0)
		return;
	if (!check_last_value(PROFTPD_OURS, "AuthOrder", ' ', v) || !strstr(v, "mod_auth_pam.c*"))
		check_wrong(c, "proftpd", "a user whom PAM refused is asked for in the password files: "
			    "put " PROFTPD_ORDER " into " PROFTPD_OURS);
	check_proftpd_order(c, PROFTPD);
	if (glob("/etc/proftpd/conf.d/*", 0, NULL, &g) != 0)
		return; /* it has none */
	for (size_t i = 0; i < g.gl_pathc; i++)
		check_proftpd_order(c, g.gl_pathv[i]);
	globfree(&g);
}

static void check_pure_ftpd(struct check *c)
{
	struct check_lines l = check_lines_open("/etc/pure-ftpd/conf/UnixAuthentication");

	if (check_lines_next(&l) && strncasecmp(l.line, "yes", 3) == 0)
		check_wrong(c, "pure-ftpd", "a user whom PAM refused is asked for in the "
			    "password files: write no into /etc/pure-ftpd/conf/UnixAuthentication");
	check_lines_close(&l);
}

void check_ftpds(struct check *c)
{
	check_vsftpd(c);
	check_proftpd(c);
	check_pure_ftpd(c);
}
