# SPDX-License-Identifier: LGPL-2.1-or-later
# The modules with each call of theirs sent through faults.c, which stands in the
# program that loads them; with SAN=1 under the sanitizers too.
faults_flags := $(shell tests/modules/faults-list)
faults_nss := $(B)/tests/modules/libnss_vsd_faults.so.2
faults_pam := $(B)/pam_vsd_faults.so
faults_tests := nss_faults pam_faults

$(faults_nss): $(nss_vsd_obj) $(nss_test_paths) $(B)/libvsd_lookup.a tests/modules/faults.c
	$(CC) $(CFLAGS) $(LDFLAGS) -shared $(SANLINK) $(faults_flags) -Wl,-soname,libnss_vsd.so.2 \
	  -Wl,--exclude-libs,ALL -Wl,--version-script=nss_vsd/nss_vsd.map -o $@ $(nss_vsd_obj) $(nss_test_paths) \
	  $(B)/libvsd_lookup.a
$(faults_pam): $(pam_vsd_obj) $(B)/libvsd.a tests/modules/faults.c
	$(CC) $(CFLAGS) $(LDFLAGS) -shared $(SANLINK) $(faults_flags) -Wl,--exclude-libs,ALL \
	  -Wl,--version-script=pam_vsd/pam_vsd.map -o $@ $(pam_vsd_obj) $(B)/libvsd.a -lpam -lcrypt

module_nss_faults_src := $(nss_rig_src) tests/modules/faults.c
module_nss_faults_libs := $(B)/libvsd.a -rdynamic -lpam -lcrypt
module_pam_faults_src := tests/modules/pam_fixture.c tests/modules/faults.c
module_pam_faults_libs := -rdynamic -lpam -lcrypt
$(B)/tests/modules/test_nss_faults: | $(faults_nss) $(B)/libvsd.a
$(B)/tests/modules/test_pam_faults: | $(faults_pam)
$(B)/tests/modules/test_nss_faults.o: vsd_cflags += -DNSS_FAULTS_MODULE='"$(abspath $(faults_nss))"'

# What a lab logs in with (tests/lab/t/102-faults.sh).
$(B)/tests/modules/fault_login: $(B)/tests/modules/fault_login.o $(B)/tests/modules/faults.o | $(faults_pam)
	$(CC) $(CFLAGS) $(vsd_ldflags) $(LDFLAGS) -pie -o $@ $^ -rdynamic -lpam -lcrypt
fault-login: $(B)/tests/modules/fault_login
fault-tests: $(faults_tests:%=$(B)/tests/modules/test_%)
list-fault-tests:
	@printf '%s\n' $(faults_tests:%=$(B)/tests/modules/test_%)
.PHONY: fault-login fault-tests list-fault-tests
