# SPDX-License-Identifier: LGPL-2.1-or-later
# make soak [SOAK_SECONDS=300 SERVERS=250 WRONG=vsN], ten minutes in all: WRONG is given
# another server's token, so that it must fail.
soak: all
	tests/lab/run --servers 1 --sshd --vsftpd --profile minimal -- tests/soak/soak.py \
	  $(or $(SERVERS),250) $(or $(SOAK_SECONDS),300) $(WRONG)
.PHONY: soak
