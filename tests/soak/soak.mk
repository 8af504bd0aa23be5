# SPDX-License-Identifier: LGPL-2.1-or-later
# make soak [SOAK_SECONDS=300 SERVERS=250 ISOLATION=full WRONG=vsN], ten minutes in all: WRONG
# is given another server's token, so that it must fail.
soak: all
	tests/lab/run --servers 1 --sshd --vsftpd --profile minimal --isolation $(or $(ISOLATION),full) \
	  -- tests/soak/soak.py $(or $(SERVERS),250) $(or $(SOAK_SECONDS),300) $(WRONG)
# make scale [SERVERS=5000 RUNNING=500], twenty minutes in all.
scale: all
	tests/lab/run --servers 1 --sshd --profile minimal -- \
	  tests/soak/scale.py $(or $(SERVERS),5000) $(or $(RUNNING),500)
.PHONY: soak scale
