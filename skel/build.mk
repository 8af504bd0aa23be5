# SPDX-License-Identifier: LGPL-2.1-or-later
# What a skeleton gets beside copied system files: installed to datadir/skel,
# from where vsd-genskel takes it.  NAME.in is a template (words.h).
skel_files := \
	etc/group.in \
	etc/gshadow.in \
	etc/hostname.in \
	etc/hosts.in \
	etc/nsswitch.conf \
	etc/passwd.in \
	etc/profile \
	etc/resolv.conf.in \
	etc/shadow.in \
	etc/skel/.bashrc \
	etc/skel/.profile \
	etc/vsd/priv \
	root/.bashrc \
	root/.profile
skel_secret := etc/gshadow.in etc/shadow.in

INSTALLS += $(foreach f,$(filter-out $(skel_secret),$(skel_files)),skel/$(f):$(datadir)/skel/$(patsubst %/,%,$(dir $(f))):0644)
INSTALLS += $(foreach f,$(skel_secret),skel/$(f):$(datadir)/skel/$(patsubst %/,%,$(dir $(f))):0600)
