# SPDX-License-Identifier: LGPL-2.1-or-later
# make bench-inside [ROUNDS=200 USERS=199]
$(B)/tests/bench/inside: tests/bench/inside.c
	mkdir -p $(@D)
	$(CC) $(CFLAGS) -D_GNU_SOURCE -o $@ $<
bench-inside: all $(B)/tests/bench/inside
	tests/lab/run --servers 2 --sshd --profile minimal -- sh tests/bench/inside.sh \
	  $(B)/tests/bench/inside $(or $(ROUNDS),200) $(or $(USERS),199)
.PHONY: bench-inside
