# SPDX-License-Identifier: LGPL-2.1-or-later
# One line a test, in alphabetical order; below, what it needs.
module_tests :=
module_tests += nss
module_tests += nss_faults
module_tests += nss_hostile
module_tests += nss_live
module_tests += nss_process
module_tests += nss_root
module_tests += nss_threads
module_tests += pam_address
module_tests += pam_codes
module_tests += pam_faults
module_tests += pam_options
module_tests += pam_session
module_tests += pam_vsd

# -rdynamic: the test's own pam_syslog stands before libpam's.
module_pam_address_src := tests/modules/pam_fixture.c
module_pam_address_libs := -rdynamic -lpam -lcrypt
module_pam_codes_src := tests/modules/pam_fixture.c
module_pam_codes_libs := -rdynamic -lpam -lcrypt
module_pam_options_src := tests/modules/pam_fixture.c
module_pam_options_libs := -rdynamic -lpam -lcrypt
module_pam_session_src := tests/modules/pam_fixture.c
module_pam_session_libs := -rdynamic -lpam -lcrypt
module_pam_vsd_src := tests/modules/pam_fixture.c
module_pam_vsd_libs := -rdynamic -lpam -lcrypt

include tests/modules/nss.mk
include tests/modules/faults.mk
