/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "accounts.h"
#include "number.h"
#include "safe.h"
#include "tool.h"
#include "why.h"

#define MAX_USERS 100 /* as vsd.conf(5) has it when it says nothing */

/* root's own file, which vsdadm writes: how many users the server may have.  One that
 * was made before there was such a file has none: then what is usual, and fits. */
static int read_max_users(int root, struct vsd_range range, uint32_t *out)
{
	VSD_FREE char *text = NULL;
	uint64_t n;
	size_t len;
	int r = vsd_safe_read_file(root, "etc/vsd/max_users", 32, &text, &len);

	if (r == -ENOENT) {
		*out = range.count > MAX_USERS ? MAX_USERS : range.count - 1;
		return 0;
	}
	if (r == 0 && (len < 2 || text[len - 1] != '\n' ||
		       vsd_number_parse(text, len - 1, UINT32_MAX, &n) < 0))
		r = -EBADMSG;
	if (r == 0)
		*out = (uint32_t)n;
	return r;
}

int account_open(const struct guest *g, struct account *a)
{
	const char *small = guest_short_of();
	int r;

	if (small)
		return tool_error("begin with so low a limit of", small,
				  "the change could be cut off in its middle, and this host "
				  "does not let root raise it");
	if (close_range(STDERR_FILENO + 1, ~0u, 0) < 0 || chdir("/") < 0 || guest_shield() < 0)
		return tool_errno("prepare for", "the change", errno);
	a->server = (struct vsd_server){ .uid_first = g->in.range.first,
					 .uid_count = g->in.range.count };
	(void)snprintf(a->server.name, sizeof(a->server.name), "%s", g->in.vs); /* fits */
	a->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	r = a->root < 0 ? -errno : read_max_users(a->root, g->in.range, &a->server.max_users);
	return r < 0 ? tool_errno("read", "/etc/vsd/max_users", r) : TOOL_OK;
}

int account_begin(const struct guest *g, enum args_of kind, int argc, char **argv, struct account *a)
{
	a->root = -1;
	a->name[0] = a->why[0] = '\0';
	if (args_parse(kind, argc, argv, &a->args, a->why) < 0)
		return tool_misuse("%s", a->why);
	if (a->args.help) {
		tool_say("Usage: %s", args_usage(kind));
		return TOOL_OK;
	}
	return account_open(g, a);
}

int account_end(const struct account *a, int r, const char *action)
{
	if (r >= 0)
		return TOOL_OK;
	return tool_error(action, a->args.name ? a->args.name : a->name,
			  a->why[0] ? a->why : strerror(-r));
}

int account_find(struct account *a, const char *name, char **text, struct vsd_passwd_line *out)
{
	const struct vsd_range range = { a->server.uid_first, a->server.uid_count };
	struct vsd_span file;
	int r = vsd_safe_read_file(a->root, "etc/passwd", VSD_ACCOUNT_FILE_MAX, text, &file.len);

	if (r == 0) {
		file.p = *text;
		r = vsd_passwd_find_name(file, range, (struct vsd_span){ name, strlen(name) }, out);
	}
	if (r < 0)
		why_say(a->why, "%s", r == -ENOENT ? "no such user" : strerror(-r));
	return r;
}

int account_find_own(const struct guest *g, struct account *a, char **text,
		     struct vsd_passwd_line *out)
{
	const struct vsd_range range = { a->server.uid_first, a->server.uid_count };
	struct vsd_span file;
	int r = vsd_safe_read_file(a->root, "etc/passwd", VSD_ACCOUNT_FILE_MAX, text, &file.len);

	if (r == 0) {
		file.p = *text;
		r = a->args.name ? vsd_passwd_find_name(file, range, (struct vsd_span){
					a->args.name, strlen(a->args.name) }, out) :
				   vsd_passwd_find_uid(file, range, g->caller.uid, out);
	}
	/* The same answer, whether or not there is one of that name. */
	if (!guest_is_admin(g) && (r < 0 || out->uid != g->caller.uid)) {
		why_say(a->why, "only admin may");
		return -EPERM;
	}
	if (r < 0)
		why_say(a->why, "%s", r == -ENOENT ? "no such user" : strerror(-r));
	else
		(void)snprintf(a->name, sizeof(a->name), "%.*s", (int)out->name.len, out->name.p);
	return r;
}

int account_lent(const struct guest *g, int (*wait)(void *arg), void *arg)
{
	sigset_t none;
	int r = vsd_enter_lend(g->caller.uid);

	if (r < 0)
		return r;
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL); /* a valid set: it cannot fail */
	r = wait(arg);
	return guest_shield() < 0 || vsd_enter_root() < 0 ? -EIO : r;
}

/* One byte more than may be: too much is seen as such. */
static int read_all(void *arg)
{
	struct account_input *in = arg;
	ssize_t n = 1;

	while (n > 0 && in->len <= in->max) {
		n = read(STDIN_FILENO, in->text + in->len, in->max + 1 - in->len);
		if (n < 0)
			return -errno;
		in->len += (size_t)n;
	}
	return 0;
}

int account_read_input(const struct guest *g, struct account *a, struct account_input *in)
{
	int r = -ENOMEM;

	in->len = 0;
	in->text = malloc(in->max + 1);
	if (in->text)
		r = account_lent(g, read_all, in);
	if (r < 0)
		why_say(a->why, "standard input: %s", strerror(-r));
	return r;
}

void account_input_free(struct account_input *in)
{
	if (in->text)
		explicit_bzero(in->text, in->len);
	free(in->text);
	in->text = NULL;
}

bool account_is_gone(const struct account *a, uint32_t uid)
{
	const struct vsd_range range = { a->server.uid_first, a->server.uid_count };
	VSD_FREE char *text = NULL;
	struct vsd_passwd_line line;
	size_t len;

	return vsd_safe_read_file(a->root, "etc/passwd", VSD_ACCOUNT_FILE_MAX, &text, &len) == 0 &&
	       vsd_passwd_find_uid((struct vsd_span){ text, len }, range, uid, &line) == -ENOENT;
}
