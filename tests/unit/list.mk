# SPDX-License-Identifier: LGPL-2.1-or-later
# One line a test, in alphabetical order; below, what it needs beside libvsd.a.
unit_tests :=
unit_tests += account
unit_tests += bytes
unit_tests += conf
unit_tests += crontab
unit_tests += delete_crash
unit_tests += enter
unit_tests += enter_open
unit_tests += filter
unit_tests += format
unit_tests += import_crash
unit_tests += inside
unit_tests += job
unit_tests += job_crash
unit_tests += limit
unit_tests += logins
unit_tests += name
unit_tests += nss_cache
unit_tests += pam_stack
unit_tests += password
unit_tests += paths
unit_tests += refresh_crash
unit_tests += registry
unit_tests += registry_check
unit_tests += registry_full
unit_tests += rename_crash
unit_tests += running
unit_tests += safe
unit_tests += server
unit_tests += skel_crash
unit_tests += tree_remove
unit_tests += users
unit_tests += users_crash
unit_tests += users_edit
unit_tests += users_ids

# A private tree, and the paths beneath it.
paths_test_src := tests/unit/paths_test.c tests/unit/paths_tree.c
test_conf_src := $(paths_test_src)
test_crontab_src := $(paths_test_src)
test_enter_open_src := $(paths_test_src)
test_filter_src := vsd-tools/host/filter.c vsd-tools/host/filter_program.c
test_filter_libs := -lseccomp
test_limit_src := $(paths_test_src)
test_safe_src := $(paths_test_src)
test_nss_cache_src := nss_vsd/cache.c nss_vsd/state.c
$(B)/tests/unit/test_nss_cache.o: vsd_cflags += -Inss_vsd
test_paths_src := $(paths_test_src)
test_pam_stack_src := vsd-tools/host/pam_judge.c vsd-tools/host/pam_stack.c
test_password_libs := -lcrypt
test_running_src := $(paths_test_src)
test_tree_remove_src := $(paths_test_src) $(tree_src:%=vsd-tools/%)
test_tree_remove_libs := $(tree_libs)
test_users_src := $(paths_test_src)
test_users_edit_src := $(paths_test_src)
test_users_ids_src := $(paths_test_src)
test_registry_src := $(paths_test_src) tests/unit/servers.c
test_registry_check_src := $(test_registry_src)
test_registry_full_src := $(test_registry_src) tests/unit/starve.c

jobs_src := tests/unit/jobs.c $(paths_test_src) $(job_src:%=vsd-tools/%)
test_format_src := $(sort $(jobs_src)) tests/unit/servers.c \
                   $(addprefix vsd-tools/host/,pattern.c refresh_journal.c skelconf.c)
test_format_libs := $(job_libs)
test_job_src := $(jobs_src)
test_job_libs := $(job_libs)
crash_src := tests/unit/killer.c tests/unit/starve.c
test_job_crash_src := $(jobs_src) $(crash_src)
test_job_crash_libs := $(job_libs)
test_delete_crash_src := $(jobs_src) $(crash_src)
test_delete_crash_libs := $(job_libs)
test_rename_crash_src := $(jobs_src) $(crash_src)
test_rename_crash_libs := $(job_libs)
test_import_crash_src := $(jobs_src) $(crash_src)
test_import_crash_libs := $(job_libs)
# The queue's lock is in both lists.
test_refresh_crash_src := $(sort $(jobs_src) $(refresh_src:%=vsd-tools/%)) \
                          vsd-tools/host/refresh_journal.c $(crash_src)
test_refresh_crash_libs := $(job_libs)
test_users_crash_src := $(paths_test_src) $(crash_src)
test_skel_crash_src := $(sort $(jobs_src) $(skel_src:%=vsd-tools/%)) vsd-tools/common/tool.c \
                       $(crash_src)
test_skel_crash_libs := $(job_libs)
