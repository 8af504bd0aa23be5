/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guest_args.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "number.h"
#include "why.h"

static const struct {
	const char *options, *usage;
	bool needs_name;
} kinds[] = {
	[ARGS_USERADD] = { "c:d:e:g:G:hmMNs:u:U", "useradd [-mMU] [-c NAME] [-d HOME] [-e DAY] "
			   "[-g GROUP] [-G GROUP,...] [-s SHELL] [-u UID] USER", true },
	[ARGS_USERDEL] = { "fhr", "userdel [-fr] USER", true },
	[ARGS_USERMOD] = { "ac:d:e:g:G:hLms:U", "usermod [-aLmU] [-c NAME] [-d HOME] [-e DAY] "
			   "[-g GROUP] [-G GROUP,...] [-s SHELL] USER", true },
	[ARGS_GROUPADD] = { "g:h", "groupadd [-g GID] GROUP", true },
	[ARGS_GROUPDEL] = { "h", "groupdel GROUP", true },
	[ARGS_GPASSWD] = { "a:d:h", "gpasswd -a USER | -d USER GROUP", true },
	[ARGS_PASSWD] = { "ehlSu:", "passwd [-l | -S | -e] [[-u] USER]", false },
	[ARGS_CHSH] = { "hs:", "chsh -s SHELL [USER]", false },
	[ARGS_CHFN] = { "f:h", "chfn -f NAME [USER]", false },
};

static const struct option longs[] = {
	{ "append", no_argument, NULL, 'a' },          { "comment", required_argument, NULL, 'c' },
	{ "create-home", no_argument, NULL, 'm' },     { "expiredate", required_argument, NULL, 'e' },
	{ "full-name", required_argument, NULL, 'f' }, { "gid", required_argument, NULL, 'g' },
	{ "groups", required_argument, NULL, 'G' },    { "help", no_argument, NULL, 'h' },
	{ "home", required_argument, NULL, 'd' },      { "home-dir", required_argument, NULL, 'd' },
	{ "move-home", no_argument, NULL, 'm' },       { "no-create-home", no_argument, NULL, 'M' },
	{ "remove", no_argument, NULL, 'r' },          { "shell", required_argument, NULL, 's' },
	{ "status", no_argument, NULL, 'S' },          { "uid", required_argument, NULL, 'u' },
	{ NULL, 0, NULL, 0 },
};

const char *args_usage(enum args_of kind)
{
	return kinds[kind].usage;
}

/* Days after 1970 of a day of the Gregorian calendar (March counts as its first
 * month, so that the odd day stands last). */
static long day_of(unsigned y, unsigned m, unsigned d)
{
	unsigned year = m > 2 ? y : y - 1, month = m > 2 ? m - 3 : m + 9;

	return (long)(year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + d) -
	       719469;
}

/* So many digits, zeros in front allowed; out of the bounds: false. */
static bool digits(const char *text, int n, unsigned least, unsigned most, unsigned *out)
{
	unsigned v = 0;

	for (; n > 0; n--, text++) {
		if (*text < '0' || *text > '9')
			return false;
		v = v * 10 + (unsigned)(*text - '0');
	}
	*out = v;
	return v >= least && v <= most;
}

/* YYYY-MM-DD; a number of days; "" or -1 for never. */
static int parse_day(const char *text, long *out)
{
	unsigned y, m, d;
	uint64_t n;

	if (!text[0] || strcmp(text, "-1") == 0) {
		*out = -1;
		return 0;
	}
	if (strlen(text) == 10 && text[4] == '-' && text[7] == '-') {
		if (!digits(text, 4, 1970, 9999, &y) || !digits(text + 5, 2, 1, 12, &m) ||
		    !digits(text + 8, 2, 1, 31, &d))
			return -EINVAL;
		*out = day_of(y, m, d);
		return 0;
	}
	if (vsd_number_parse(text, strlen(text), 9999999, &n) < 0)
		return -EINVAL;
	*out = (long)n;
	return 0;
}

static int take_id(struct args *a, const char *text, char why[VSD_WHY_MAX])
{
	if (vsd_number_id(text, strlen(text), &a->id) < 0 || a->id == 0) {
		why_say(why, "'%.40s' is no id", text);
		return -EINVAL;
	}
	return 0;
}

static int take_day(struct args *a, const char *text, char why[VSD_WHY_MAX])
{
	a->set_expire = true;
	if (parse_day(text, &a->expire_day) < 0) {
		why_say(why, "'%.40s' is no day (YYYY-MM-DD)", text);
		return -EINVAL;
	}
	return 0;
}

static int take(enum args_of kind, struct args *a, int o, char why[VSD_WHY_MAX])
{
	switch (o) {
	case 'a':
		a->append = true;
		if (kind == ARGS_GPASSWD)
			a->add = optarg;
		return 0;
	case 'c':
	case 'f':
		if (kind == ARGS_USERDEL)
			return 0; /* -f: processes are ended anyway */
		a->gecos = optarg;
		return 0;
	case 'd':
		if (kind == ARGS_GPASSWD)
			a->drop = optarg;
		else
			a->home = optarg;
		return 0;
	case 'e':
		if (kind != ARGS_PASSWD)
			return take_day(a, optarg, why);
		a->expired = true;
		return 0;
	case 'g':
		if (kind == ARGS_GROUPADD)
			return take_id(a, optarg, why);
		a->group = optarg;
		return 0;
	case 'G': a->groups = optarg; return 0;
	case 'h': a->help = true; return 0;
	case 'l':
	case 'L': a->lock = true; return 0;
	case 'm': a->move = true; return 0;
	case 'M': a->no_home = true; return 0;
	case 'r': a->remove = true; return 0;
	case 's': a->shell = optarg; return 0;
	case 'S': a->status = true; return 0;
	case 'U': a->unlock = kind == ARGS_USERMOD; return 0;
	case 'u':
		if (kind == ARGS_USERADD)
			return take_id(a, optarg, why);
		a->name = optarg;
		return 0;
	case 'N': return 0;
	default:
		why_say(why, "an unknown option, or one without its value");
		return -EINVAL;
	}
}

static int check(enum args_of kind, const struct args *a, char why[VSD_WHY_MAX])
{
	const char *what = NULL;

	if (kinds[kind].needs_name && !a->name)
		what = "whose?";
	else if (a->lock + a->unlock + a->status + a->expired > 1)
		what = "one of these options at a time";
	else if (kind == ARGS_GPASSWD && !a->add == !a->drop)
		what = "one of -a and -d";
	else if (kind == ARGS_USERMOD && a->append && !a->groups)
		what = "-a goes with -G";
	else if (kind == ARGS_USERMOD && a->move && !a->home)
		what = "-m goes with -d";
	else if (kind == ARGS_USERADD && a->move && a->no_home)
		what = "one of -m and -M";
	else if (kind == ARGS_CHSH && !a->shell)
		what = "-s SHELL is needed";
	else if (kind == ARGS_CHFN && !a->gecos)
		what = "-f NAME is needed";
	if (!what)
		return 0;
	why_say(why, "%s", what);
	return -EINVAL;
}

int args_parse(enum args_of kind, int argc, char **argv, struct args *out, char why[VSD_WHY_MAX])
{
	struct args a = { .name = NULL };
	int o, r = 0;

	optind = 0; /* glibc: start anew */
	opterr = 0;
	while (r == 0 && (o = getopt_long(argc, argv, kinds[kind].options, longs, NULL)) != -1) {
		/* A long option is known to all; its letter says whether it is this one's. */
		if (o != '?' && !strchr(kinds[kind].options, o))
			o = '?';
		r = take(kind, &a, o, why);
	}
	if (r < 0)
		return r;
	if (optind < argc && !a.name)
		a.name = argv[optind++];
	if (!a.help && optind < argc) {
		why_say(why, "one name at a time");
		return -EINVAL;
	}
	if (!a.help)
		r = check(kind, &a, why);
	if (r == 0)
		*out = a;
	return r;
}
