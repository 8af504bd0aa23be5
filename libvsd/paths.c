/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "paths.h"

const char vsd_path_conf[] = VSD_SYSCONFDIR "/vsd.conf";
const char vsd_path_servers[] = VSD_SYSCONFDIR "/vsd/servers";
const char vsd_path_exec[] = VSD_SYSCONFDIR "/vsd/exec-groups";
const char vsd_path_state[] = "/var/lib/vsd";
const char vsd_path_index[] = "/var/lib/vsd/index";
const char vsd_path_lock[] = "/var/lib/vsd/lock";
const char vsd_path_run[] = "/run/vsd";
const char vsd_path_spool[] = "/var/spool/vsd";
const char vsd_path_host_etc[] = "/etc";
const char vsd_path_cron[] = "/var/spool/cron";
