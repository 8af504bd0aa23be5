# SPDX-License-Identifier: LGPL-2.1-or-later
# The fence's own library behind a command line, for the lab's tests of it: no
# registry, no vsboot.
$(B)/tests/fence/fence_rig: $(B)/tests/fence/fence_rig.o \
	$(alias_src:%.c=$(B)/vsd-tools/%.o) $(fence_real_src:%.c=$(B)/vsd-tools/%.o) \
	$(tool_common_obj) $(B)/libvsd.a
	$(CC) $(CFLAGS) $(vsd_ldflags) $(LDFLAGS) -pie -o $@ $^ $(fence_real_libs)
fence-rig: $(B)/tests/fence/fence_rig
.PHONY: fence-rig

# Tools of a build without the fence (FENCE=no).
define fence_none_rule
$(B)/tests/fence/none/$(1): $$(patsubst %.c,$(B)/vsd-tools/%.o,$$(filter-out $$(fence_real_src),$$($(1)_src)) \
	$(fence_none_src)) $$(tool_common_obj) $(B)/libvsd.a
	@mkdir -p $$(@D)
	$$(CC) $$(CFLAGS) $$(vsd_ldflags) $$(LDFLAGS) -pie -o $$@ $$^ $$($(1)_libs)
fence-none: $(B)/tests/fence/none/$(1)
endef
$(foreach p,vsboot vsdadm,$(eval $(call fence_none_rule,$(p))))
.PHONY: fence-none
