# SPDX-License-Identifier: LGPL-2.1-or-later
# One non-recursive build.  Each folder's build.mk lists its sources; all that is
# made lands in build/.

# What --version says; debian/changelog and conf/rpm/vsd.spec say the same (tests/lint).
version     := 0.1

prefix      ?= /usr
exec_prefix ?= $(prefix)
# As Debian names it, from where the compiler finds the C library's start files
# (clang knows no -print-multiarch); empty where libraries lie elsewhere.
start_dir   := $(dir $(shell $(CC) -print-file-name=crt1.o 2>/dev/null))
multiarch   := $(if $(findstring -linux-gnu,$(start_dir)),$(notdir $(patsubst %/,%,$(start_dir))))
libdir      ?= $(exec_prefix)/lib$(if $(multiarch),/$(multiarch))
nssdir      ?= $(libdir)
pamdir      ?= $(libdir)/security
# The contract names it: the same path on the host and in every server.
helperdir   := /usr/lib/vsd
sbindir     ?= $(exec_prefix)/sbin
bindir      ?= $(exec_prefix)/bin
sysconfdir  ?= /etc
mandir      ?= $(prefix)/share/man
unitdir     ?= $(prefix)/lib/systemd/system
generatordir ?= $(prefix)/lib/systemd/system-generators
tmpfilesdir ?= $(prefix)/lib/tmpfiles.d
datadir     ?= $(prefix)/share/vsd

INSTALL ?= install
CFLAGS  ?= -O2 -g
WARN     = -Wall -Wextra -Wshadow -Wformat=2 -Wundef -Wcast-qual -Wstrict-prototypes \
           -Wmissing-prototypes -Wpointer-arith -Wvla -Wframe-larger-than=4096
HARDEN   = -fstack-protector-strong -D_FORTIFY_SOURCE=2
ifdef SAN
HARDEN   = -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
SANLINK  = -fsanitize=address,undefined
endif
ifdef WERROR
WARN    += -Werror
endif
B       := build$(if $(SAN),/san)

vsd_cflags   = -std=gnu11 $(WARN) $(HARDEN) -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 \
               -DVSD_SYSCONFDIR='"$(sysconfdir)"' -DVSD_DATADIR='"$(datadir)"' \
               -DVSD_VERSION='"$(version)"' \
               -ffile-prefix-map=$(CURDIR)=. -Ilibvsd -MMD -MP
vsd_pic      = -fPIC -fvisibility=hidden -ffunction-sections -fdata-sections
vsd_ldflags  = -Wl,-z,relro,-z,now,-z,noexecstack $(SANLINK)
vsd_modflags = -shared -Wl,-z,defs -Wl,--exclude-libs,ALL -Wl,--gc-sections

.DELETE_ON_ERROR:
.SECONDEXPANSION:
.SUFFIXES:

all:

# Filled by the build.mk files: what `all` makes, and what install and
# uninstall put where, as FILE:DIRECTORY:MODE (FILE relative to here).
ALL     :=
INSTALLS :=

include libvsd/build.mk
include nss_vsd/build.mk
include pam_vsd/build.mk
include vsd-tools/build.mk
include conf/build.mk
include skel/build.mk
include tests/build.mk

all: $(ALL)

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(vsd_cflags) $(vsd_pic) $(CFLAGS) -c -o $@ $<

# One command for all that has the same folder and mode.
install_to    = $(sort $(foreach i,$(INSTALLS),$(call install_field,2,$i):$(call install_field,3,$i)))
install_field = $(word $1,$(subst :, ,$2))
install_files = $(foreach i,$(filter %:$1,$(INSTALLS)),$(call install_field,1,$i))
install: all
	@set -e; $(foreach t,$(install_to),set -- $(call install_files,$t); \
	  dir=$(call install_field,1,$t); echo "install $$* -> $$dir"; $(INSTALL) -d "$(DESTDIR)$$dir"; \
	  $(INSTALL) -m $(call install_field,2,$t) "$$@" "$(DESTDIR)$$dir/";)

uninstall:
	@for i in $(INSTALLS); do \
	  file=$${i%%:*}; rest=$${i#*:}; dir=$${rest%%:*}; \
	  rm -f "$(DESTDIR)$$dir/$${file##*/}"; \
	done

clean:
	find build -mindepth 1 -maxdepth 1 ! -name lab-cache -exec rm -rf {} + 2>/dev/null || :

distclean:
	rm -rf build

.PHONY: all install uninstall clean distclean
-include $(shell find $(B) -path '*/lab-cache' -prune -o -type f -name '*.d' -print 2>/dev/null)
