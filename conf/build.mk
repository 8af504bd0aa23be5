# SPDX-License-Identifier: LGPL-2.1-or-later

# What vsd-install puts at the top of the files of these names in /etc/pam.d.
conf_pam := \
	common-account \
	common-auth \
	common-password \
	common-session \
	common-session-noninteractive \
	cron \
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
INSTALLS += conf/cron.d/vsd:$(datadir)/cron.d:0644
INSTALLS += conf/exim4/vsd_servers:$(datadir)/exim4:0644
INSTALLS += conf/freevsd.conf:$(datadir):0644
INSTALLS += conf/sshd/vsd.conf:$(datadir)/sshd:0644
INSTALLS += conf/vsd.conf:$(datadir):0644
INSTALLS += conf/vsftpd/vsd.conf:$(datadir)/vsftpd:0644
INSTALLS += conf/proftpd/vsd.conf:$(datadir)/proftpd:0644
INSTALLS += $(foreach f,PAMAuthentication UnixAuthentication,conf/pure-ftpd/$(f):$(datadir)/pure-ftpd:0644)

# Starting at boot: units and what makes one for each server; an init script.
conf_units := vsd.service vsd.slice vsd.target vsd-addresses.service vsd-redirect.service vsd@.service
INSTALLS += $(conf_units:%=conf/systemd/%:$(unitdir):0644)
INSTALLS += $(B)/conf/vsd-generator:$(generatordir):0755
INSTALLS += conf/init.d/vsd:$(sysconfdir)/init.d:0755
INSTALLS += conf/tmpfiles.d/vsd.conf:$(tmpfilesdir):0644
ALL += $(B)/conf/vsd-generator

$(B)/conf/vsd-generator: conf/systemd/vsd-generator
	@mkdir -p $(@D)
	sed 's|@unitdir@|$(unitdir)|' $< >$@.new && mv $@.new $@

INSTALLS += conf/completion/vsdadm:$(prefix)/share/bash-completion/completions:0644
INSTALLS += conf/completion/vsboot:$(prefix)/share/bash-completion/completions:0644
# bash looks for a file of the command's own name.
conf_completion_same := \
	bevs \
	vsalias \
	vsd-genskel \
	vsd-install \
	vsd-refreshskel \
	vsd-uninstall \
	vsd-vsbatch \
	vsredirect
INSTALLS += $(conf_completion_same:%=$(B)/conf/completion/%:$(prefix)/share/bash-completion/completions:0644)
ALL += $(conf_completion_same:%=$(B)/conf/completion/%)
$(conf_completion_same:%=$(B)/conf/completion/%): conf/completion/vsboot
	@mkdir -p $(@D)
	cp $< $@
