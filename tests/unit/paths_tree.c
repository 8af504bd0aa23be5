/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvsd's paths beneath a private tree (paths_test.h): for tests, and for the copy of
 * nss_vsd that they load. */
#include "paths.h"

#include "paths_test.h"

const char vsd_path_conf[] = TEST_TREE "/etc/vsd.conf";
const char vsd_path_servers[] = TEST_TREE "/etc/vsd/servers";
const char vsd_path_exec[] = TEST_TREE "/etc/vsd/exec-groups";
const char vsd_path_state[] = TEST_TREE "/var/lib/vsd";
const char vsd_path_index[] = TEST_TREE "/var/lib/vsd/index";
const char vsd_path_lock[] = TEST_TREE "/var/lib/vsd/lock";
const char vsd_path_run[] = TEST_TREE "/run/vsd";
const char vsd_path_host_etc[] = TEST_TREE "/etc";
const char vsd_path_spool[] = TEST_TREE "/var/spool/vsd";
const char vsd_path_cron[] = TEST_TREE "/var/spool/cron";
