/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vsd-quota FOLDER: does its filesystem enforce disk quotas of servers?  vsd-install,
 * which is a script, asks so. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "quota.h"
#include "safe.h"
#include "tool.h"

static int help(void)
{
	tool_say("usage: vsd-quota FOLDER\n"
		 "Does the filesystem of that folder enforce disk quotas of servers?  If it does\n"
		 "not, print why, and exit 1.  vsd-install asks so.\n"
		 "\n"
		 "  -h, --help     this text\n"
		 "      --version  the version");
	return TOOL_OK;
}

int main(int argc, char **argv)
{
	char why[VSD_WHY_MAX] = "";
	VSD_CLOSE int fd = -1;
	int r;

	tool_init("vsd-quota");
	if (tool_version("vsd-quota", argc, argv))
		return TOOL_OK;
	if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
		return help();
	if (argc != 2 || argv[1][0] == '-')
		return tool_misuse("wants FOLDER");
	fd = open(argv[1], O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return tool_errno("open", argv[1], errno);
	r = quota_is_possible(fd, why);
	if (r == -EOPNOTSUPP) {
		tool_say("%s", why);
		return TOOL_FAILED;
	}
	return r < 0 ? tool_error("look at quotas of", argv[1], why) : TOOL_OK;
}
