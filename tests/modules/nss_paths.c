/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The seam for a copy of nss_vsd that has a private tree (paths_test.h). */
#include "paths.h"

#include "paths_test.h"

const char vsd_path_conf[] = TEST_TREE "/etc/vsd.conf";
const char vsd_path_servers[] = TEST_TREE "/etc/vsd/servers";
const char vsd_path_exec[] = TEST_TREE "/etc/vsd/exec-groups";
const char vsd_path_state[] = TEST_TREE "/var/lib/vsd";
const char vsd_path_index[] = TEST_TREE "/var/lib/vsd/index";
const char vsd_path_lock[] = TEST_TREE "/var/lib/vsd/lock";
const char vsd_path_run[] = TEST_TREE "/run/vsd";
const char vsd_path_spool[] = TEST_TREE "/var/spool/vsd";
