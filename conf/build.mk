# SPDX-License-Identifier: LGPL-2.1-or-later

# What vsd-install puts at the top of the files of these names in /etc/pam.d.
conf_pam := \
	common-account \
	common-auth \
	common-password \
	common-session \
	common-session-noninteractive \
	login \
	proftpd \
	pure-ftpd \
	remote \
	runuser \
	runuser-l \
	sshd \
	su \
	su-l \
	vsftpd
INSTALLS += $(conf_pam:%=conf/pam/%:$(datadir)/pam:0644)
INSTALLS += conf/freevsd.conf:$(datadir):0644
INSTALLS += conf/sshd/vsd.conf:$(datadir)/sshd:0644
INSTALLS += conf/vsd.conf:$(datadir):0644
INSTALLS += conf/vsftpd/vsd.conf:$(datadir)/vsftpd:0644
INSTALLS += conf/proftpd/vsd.conf:$(datadir)/proftpd:0644
INSTALLS += $(foreach f,PAMAuthentication UnixAuthentication,conf/pure-ftpd/$(f):$(datadir)/pure-ftpd:0644)
