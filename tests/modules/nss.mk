# SPDX-License-Identifier: LGPL-2.1-or-later
# nss_vsd's tests load a copy of the module whose paths lie in a private tree, and
# make servers in that tree with libvsd; test_nss_threads_tsan is all of that under
# ThreadSanitizer.
nss_rig_src := tests/modules/nss_rig.c $(paths_test_src)
nss_test_so := $(B)/tests/modules/libnss_vsd.so.2
nss_test_paths := $(B)/tests/unit/paths_tree.o

$(nss_test_so): $(nss_vsd_obj) $(nss_test_paths) $(B)/libvsd_lookup.a nss_vsd/nss_vsd.map
	$(CC) $(CFLAGS) $(vsd_ldflags) $(LDFLAGS) $(vsd_modflags) -Wl,-soname,libnss_vsd.so.2 \
	  -Wl,--version-script=nss_vsd/nss_vsd.map -o $@ $(nss_vsd_obj) $(nss_test_paths) \
	  $(B)/libvsd_lookup.a

$(foreach t,nss nss_hostile nss_live nss_process nss_root nss_threads,$(eval \
  module_$(t)_src := $(nss_rig_src))$(eval \
  module_$(t)_libs := $(B)/libvsd.a)$(eval \
  $(B)/tests/modules/test_$(t): | $(nss_test_so) $(B)/libvsd.a))

$(B)/tests/modules/nss_rig.o $(B)/tests/modules/test_nss_process.o: vsd_cflags += \
  -DNSS_TEST_MODULE='"$(abspath $(nss_test_so))"' -DNSS_MODULE='"$(abspath $(nss_vsd_so))"' \
  -DNSS_MAP='"$(abspath nss_vsd/nss_vsd.map)"'

# One compiler run each: few files, and no object of it is of use to others.
nss_tsan := $(B)/tests/modules/tsan
nss_tsan_flags = -fsanitize=thread -DNSS_TSAN -std=gnu11 -O1 -g -D_GNU_SOURCE -Ilibvsd -Itests/unit
$(nss_tsan)/libnss_vsd.so.2: $(nss_vsd_obj) $(nss_test_paths) $(B)/libvsd_lookup.a
	@mkdir -p $(@D)
	$(CC) $(nss_tsan_flags) -fPIC -fvisibility=hidden -shared -Wl,-soname,libnss_vsd.so.2 \
	  -Wl,--version-script=nss_vsd/nss_vsd.map -o $@ $(nss_vsd_src:%=nss_vsd/%) \
	  $(filter-out libvsd/paths.c,$(libvsd_lookup_src:%=libvsd/%)) tests/unit/paths_tree.c
$(B)/tests/modules/test_nss_threads_tsan: $(nss_tsan)/libnss_vsd.so.2 $(B)/tests/modules/test_nss_threads $(B)/libvsd.a
	$(CC) $(nss_tsan_flags) -DNSS_TEST_MODULE='"$(abspath $(nss_tsan)/libnss_vsd.so.2)"' -o $@ \
	  tests/modules/test_nss_threads.c $(nss_rig_src) $(B)/libvsd.a -lcmocka
ifndef SAN
module_programs_extra += $(B)/tests/modules/test_nss_threads_tsan
endif
