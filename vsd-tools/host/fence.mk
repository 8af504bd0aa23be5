# SPDX-License-Identifier: LGPL-2.1-or-later
# Libraries of the host tools.  A program that uses one adds $(fence_src) or
# $(alias_src) to its P_src and $(fence_libs) or $(alias_libs) to its P_libs.
alias_src := \
	host/alias.c \
	host/alias_dump.c \
	host/alias_nl.c \
	host/alias_record.c \
	host/alias_server.c
alias_libs := -lmnl

# The fence wants clang (for the programs in the kernel, whatever $(CC) is) and
# libbpf.  FENCE=no, or a machine without them: $(fence_none_src).
CLANG ?= clang
LLVM_STRIP ?= $(shell command -v llvm-strip 2>/dev/null)
ifndef FENCE
FENCE := $(shell command -v $(CLANG) >/dev/null 2>&1 && \
	$(CC) -E -include bpf/libbpf.h -x c /dev/null >/dev/null 2>&1 && echo yes || echo no)
endif

fence_real_src := \
	host/fence_host.c \
	host/fence_load.c \
	host/fence_maps.c \
	host/fence_pin.c \
	host/fence_pins.c \
	host/fence_program.c \
	host/fence_server.c
fence_none_src := \
	host/fence_none.c \
	host/fence_pins.c
fence_real_libs := -lbpf -lmnl

ifeq ($(FENCE),yes)
fence_src := $(fence_real_src)
fence_libs := $(fence_real_libs)
else
fence_src := $(fence_none_src)
fence_libs :=
endif

fence_objects := $(B)/vsd-tools/host/bpf/fence.bpf.o $(B)/vsd-tools/host/bpf/unix.bpf.o

# Debugging sections are dropped; what the kernel and libbpf read (BTF) stays.
$(fence_objects): $(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CLANG) -target bpf -mcpu=v3 -O2 -g -Wall -Wextra $(if $(WERROR),-Werror) \
	  -ffile-prefix-map=$(CURDIR)=. $(if $(multiarch),-I/usr/include/$(multiarch)) -MMD -MP -c -o $@ $<
	$(if $(LLVM_STRIP),$(LLVM_STRIP) -g $@)

$(B)/vsd-tools/host/fence_program.o: $(fence_objects)
$(B)/vsd-tools/host/fence_program.o: vsd_cflags += '-DFENCE_OBJECTS="$(B)/vsd-tools/host/bpf"'
