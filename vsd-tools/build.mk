# SPDX-License-Identifier: LGPL-2.1-or-later
# Each program P lists P_src (relative to vsd-tools/) and P_libs.  host_programs
# land in sbindir, helper_programs in helperdir (/usr/lib/vsd), guest_programs in
# bindir of the skeleton by way of helperdir/guest.
include vsd-tools/host/fence.mk
# The tree engine: making and removing a server's files (common/tree.h).
tree_src := \
	common/manifest.c \
	common/tree.c \
	common/tree_as.c \
	common/tree_delete.c \
	common/tree_finish.c \
	common/tree_make.c \
	common/tree_private.c \
	common/tree_xattr.c \
	common/tree_remove.c \
	common/tree_same.c \
	common/tree_threads.c \
	common/words.c
tree_libs := -lpthread

include vsd-tools/programs.mk

tool_common_src := common/tool.c
tool_common_obj := $(tool_common_src:%.c=$(B)/vsd-tools/%.o)

define tool_rule
$(B)/$(1): $$($(1)_src:%.c=$(B)/vsd-tools/%.o) $$(tool_common_obj) $(B)/libvsd.a
	$$(CC) $$(CFLAGS) $$(vsd_ldflags) $$(LDFLAGS) -pie -o $$@ $$^ $$($(1)_libs)
ALL += $(B)/$(1)
endef
$(foreach p,$(host_programs) $(helper_programs) $(guest_programs),$(eval $(call tool_rule,$(p))))

$(B)/vsd-tools/common/tool.o: Makefile
$(B)/vsd-tools/%.o: vsd_cflags += -Ivsd-tools/common -Ivsd-tools/host -Ivsd-tools/guest

# Commands that are scripts: host/P.sh with what they share and @datadir@ filled in.
$(script_programs:%=$(B)/%): $(B)/%: vsd-tools/host/%.sh \
	vsd-tools/host/host-files.sh vsd-tools/host/host-checks.sh Makefile
	@mkdir -p $(@D)
	sed -e '/^@host-files@/{r vsd-tools/host/host-files.sh' -e 'd}' \
	  -e '/^@host-checks@/{r vsd-tools/host/host-checks.sh' -e 'd}' \
	  -e 's|@datadir@|$(datadir)|; s|@version@|$(version)|' $< >$@.new && chmod 0755 $@.new && mv $@.new $@
ALL += $(script_programs:%=$(B)/%)
INSTALLS += $(script_programs:%=$(B)/%:$(sbindir):0755)

INSTALLS += $(foreach p,$(host_programs),$(B)/$(p):$(sbindir):0755)
INSTALLS += $(foreach p,$(helper_programs),$(B)/$(p):$(helperdir):0755)
INSTALLS += $(foreach p,$(guest_programs),$(B)/$(p):$(helperdir)/guest:0755)
