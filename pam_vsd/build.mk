# SPDX-License-Identifier: LGPL-2.1-or-later
pam_vsd_src := \
	account.c \
	address.c \
	auth.c \
	hash.c \
	log.c \
	member.c \
	options.c \
	pam_vsd.c \
	password.c \
	session.c \
	slot.c \
	state.c
pam_vsd_obj := $(pam_vsd_src:%.c=$(B)/pam_vsd/%.o)

$(B)/pam_vsd.so: $(pam_vsd_obj) $(B)/libvsd.a pam_vsd/pam_vsd.map
	$(CC) $(CFLAGS) $(vsd_ldflags) $(LDFLAGS) $(vsd_modflags) \
	  -Wl,--version-script=pam_vsd/pam_vsd.map -o $@ $(pam_vsd_obj) $(B)/libvsd.a \
	  -lpam -lcrypt
ALL += $(B)/pam_vsd.so

INSTALLS += $(B)/pam_vsd.so:$(pamdir):0755
INSTALLS += pam_vsd/pam_vsd.8:$(mandir)/man8:0644
