# SPDX-License-Identifier: LGPL-2.1-or-later
# What a skeleton gets beside copied system files: installed to datadir/skel,
# from where vsd-genskel takes it.  NAME.in is a template (words.h).
skel_files := \
	etc/aliases \
	etc/dovecot/dovecot.conf.in \
	etc/exim4/conf/exim.conf.in \
	etc/exim4/conf/routes \
	etc/exim4/exim4.conf \
	etc/group.in \
	etc/hostname.in \
	etc/hosts.in \
	etc/httpd/conf/httpd.conf.in \
	etc/httpd/conf/php-fpm.conf \
	etc/msmtprc.in \
	etc/nginx/nginx.conf.in \
	etc/nsswitch.conf \
	etc/passwd.in \
	etc/profile \
	etc/redis/redis.conf \
	etc/resolv.conf.in \
	etc/shells \
	etc/sv/README \
	etc/shadow.in \
	etc/skel/.bashrc \
	etc/skel/.profile \
	etc/vsd/max_users.in \
	etc/vsd/priv \
	home/httpd/docs/index.html.in \
	root/.bashrc \
	root/.profile
skel_secret := etc/shadow.in

INSTALLS += $(foreach f,$(filter-out $(skel_secret),$(skel_files)),skel/$(f):$(datadir)/skel/$(patsubst %/,%,$(dir $(f))):0644)
INSTALLS += $(foreach f,$(skel_secret),skel/$(f):$(datadir)/skel/$(patsubst %/,%,$(dir $(f))):0600)

# Services, off until admin links them into /etc/service: runit's form, each with
# the same logger.
skel_services := dovecot exim httpd mariadb nginx php-fpm postgresql redis
skel_programs := \
	$(skel_services:%=etc/sv/%/run) \
	etc/sv/postgresql/control/t \
	usr/lib/vsd/admin/pkill \
	usr/lib/vsd/habits \
	usr/sbin/sendmail
INSTALLS += $(foreach f,$(skel_programs),skel/$(f):$(datadir)/skel/$(patsubst %/,%,$(dir $(f))):0755)
INSTALLS += $(skel_services:%=skel/log/run:$(datadir)/skel/etc/sv/%/log:0755)
