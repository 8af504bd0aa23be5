/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_ENTER_IMPL_H
#define VSD_ENTER_IMPL_H

#include <linux/filter.h>
#include <sys/stat.h>

#include "enter.h"

/* Shared by enter.c and enter_open.c alone. */

#define VSD_ENTER_NS_VS "/vs" /* the server within its namespace's own root */

struct vsd_enter_filter {
	struct sock_filter *code;
	unsigned short n;
};

struct vsd_enter {
	char name[VSD_NAME_MAX + 1];
	char root[VSD_PATH_MAX];
	enum vsd_isolation isolation;
	struct vsd_enter_who who;
	struct vsd_running run;
	int rootfd;           /* the server's root, as the host sees it */
	int cgfd;             /* its cgroup */
	bool joined;          /* this process began there */
	dev_t dev;            /* identity of rootfd: the namespace's /vs must */
	ino_t ino;            /*   be the same folder */
	struct vsd_enter_filter filter;
};

#endif
