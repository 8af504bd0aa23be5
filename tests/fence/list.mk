# SPDX-License-Identifier: LGPL-2.1-or-later
# The fence's own library behind a command line, for the lab's tests of it: no
# registry, no vsboot.
$(B)/tests/fence/fence_rig: $(B)/tests/fence/fence_rig.o \
	$(alias_src:%.c=$(B)/vsd-tools/%.o) $(fence_real_src:%.c=$(B)/vsd-tools/%.o) \
	$(tool_common_obj) $(B)/libvsd.a
	$(CC) $(CFLAGS) $(vsd_ldflags) $(LDFLAGS) -pie -o $@ $^ $(fence_real_libs)
fence-rig: $(B)/tests/fence/fence_rig
.PHONY: fence-rig
