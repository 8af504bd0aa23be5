# SPDX-License-Identifier: LGPL-2.1-or-later
# Two archives: the lookup half needs libc alone and is all that nss_vsd links;
# libvsd.a holds both halves.
libvsd_lookup_src := \
	account.c \
	addr.c \
	conf.c \
	conn.c \
	exec.c \
	index.c \
	keyval.c \
	name.c \
	number.c \
	paths.c \
	registry_read.c \
	registry_text.c \
	safe.c
libvsd_rest_src := \
	cgroup.c \
	cgroup_children.c \
	cgroup_fork.c \
	crontab.c \
	crontab_time.c \
	enter.c \
	enter_open.c \
	enter_simroot.c \
	index_write.c \
	inside.c \
	limit.c \
	logins.c \
	logins_find.c \
	rights.c \
	registry_again.c \
	registry_allocate.c \
	registry_check.c \
	registry_list.c \
	registry_why.c \
	registry_write.c \
	running.c \
	safe_write.c \
	terminal.c \
	users.c \
	users_cron.c \
	users_edit.c \
	users_exec.c \
	users_file.c \
	users_home.c \
	users_ids.c

libvsd_lookup_obj := $(libvsd_lookup_src:%.c=$(B)/libvsd/%.o)
libvsd_rest_obj := $(libvsd_rest_src:%.c=$(B)/libvsd/%.o)

$(B)/libvsd_lookup.a: $(libvsd_lookup_obj)
	rm -f $@ && $(AR) rcsD $@ $^
$(B)/libvsd.a: $(libvsd_lookup_obj) $(libvsd_rest_obj)
	rm -f $@ && $(AR) rcsD $@ $^
ALL += $(B)/libvsd_lookup.a $(B)/libvsd.a

INSTALLS += libvsd/vsd-servers.5:$(mandir)/man5:0644
INSTALLS += libvsd/vsd.conf.5:$(mandir)/man5:0644
