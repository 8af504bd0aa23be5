# SPDX-License-Identifier: LGPL-2.1-or-later
nss_vsd_src := \
	bare.c \
	cache.c \
	file.c \
	group.c \
	groups.c \
	gshadow.c \
	initgroups.c \
	lookup.c \
	nss_vsd.c \
	passwd.c \
	rights.c \
	secret.c \
	server.c \
	shadow.c \
	state.c \
	stream.c \
	users.c \
	walk.c \
	who.c

nss_vsd_obj := $(nss_vsd_src:%.c=$(B)/nss_vsd/%.o)
nss_vsd_so := $(B)/libnss_vsd.so.2

$(nss_vsd_so): $(nss_vsd_obj) $(B)/libvsd_lookup.a nss_vsd/nss_vsd.map
	$(CC) $(CFLAGS) $(vsd_ldflags) $(LDFLAGS) $(vsd_modflags) -Wl,-soname,libnss_vsd.so.2 \
	  -Wl,--version-script=nss_vsd/nss_vsd.map -o $@ $(nss_vsd_obj) $(B)/libvsd_lookup.a
ALL += $(nss_vsd_so)
INSTALLS += $(nss_vsd_so):$(nssdir):0644
INSTALLS += nss_vsd/nss_vsd.8:$(mandir)/man8:0644
