/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vsd-trylogin SERVICE USER: would PAM let this user of the host in, once the
 * password is right?  Account, credentials and session are asked as a daemon
 * does, and closed again.  vsd-install compares the answers from before and after
 * its changes. */
#include <security/pam_appl.h>
#include <stdio.h>
#include <string.h>
#include <stdlib.h>

#include "tool.h"

/* Nobody is there to answer; what modules say goes to nobody. */
static int converse(int n, const struct pam_message **msg, struct pam_response **resp, void *arg)
{
	(void)arg;
	for (int i = 0; i < n; i++)
		if (msg[i]->msg_style != PAM_TEXT_INFO && msg[i]->msg_style != PAM_ERROR_MSG)
			return PAM_CONV_ERR;
	*resp = calloc((size_t)n, sizeof(**resp));
	return *resp ? PAM_SUCCESS : PAM_BUF_ERR;
}

static int try_session(pam_handle_t *pamh, const char **out_step)
{
	int r;

	*out_step = "account";
	r = pam_acct_mgmt(pamh, PAM_SILENT);
	if (r != PAM_SUCCESS)
		return r;
	*out_step = "credentials";
	r = pam_setcred(pamh, PAM_ESTABLISH_CRED | PAM_SILENT);
	if (r != PAM_SUCCESS)
		return r;
	*out_step = "session";
	r = pam_open_session(pamh, PAM_SILENT);
	if (r == PAM_SUCCESS)
		(void)pam_close_session(pamh, PAM_SILENT); /* it was a try */
	(void)pam_setcred(pamh, PAM_DELETE_CRED | PAM_SILENT);
	return r;
}

static int help(void)
{
	tool_say("usage: vsd-trylogin SERVICE USER\n"
		 "Would PAM let that user of the host in?  vsd-install asks so.\n"
		 "\n"
		 "  -h, --help     this text\n"
		 "      --version  the version");
	return TOOL_OK;
}

int main(int argc, char **argv)
{
	const struct pam_conv conv = { .conv = converse };
	const char *step = "start";
	pam_handle_t *pamh = NULL;
	char why[256];
	int r;

	tool_init("vsd-trylogin");
	if (tool_version("vsd-trylogin", argc, argv))
		return TOOL_OK;
	if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
		return help();
	if (argc != 3)
		return tool_misuse("wants SERVICE and USER");
	r = pam_start(argv[1], argv[2], &conv, &pamh);
	if (r == PAM_SUCCESS)
		r = pam_set_item(pamh, PAM_RHOST, "localhost");
	if (r == PAM_SUCCESS)
		r = pam_set_item(pamh, PAM_TTY, "vsd-trylogin");
	if (r == PAM_SUCCESS)
		r = try_session(pamh, &step);
	if (r != PAM_SUCCESS) {
		(void)snprintf(why, sizeof(why), "%s of %s: %s", step, argv[1], pam_strerror(pamh, r));
		(void)tool_error("let in", argv[2], why); /* the status says the same */
	}
	if (pamh)
		(void)pam_end(pamh, r);
	return r == PAM_SUCCESS ? TOOL_OK : TOOL_FAILED;
}
