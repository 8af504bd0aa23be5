# SPDX-License-Identifier: LGPL-2.1-or-later
# make bench-net [ROUNDS=7 SERVERS=250 SECONDS=2]
$(B)/tests/bench/net_load: $(B)/tests/bench/net_load.o
	$(CC) $(CFLAGS) $(vsd_ldflags) $(LDFLAGS) -pie -o $@ $<
bench-net: all fence-rig $(B)/tests/bench/net_load
	tests/lab/run --bare --with net -- tests/bench/net.py \
	  $(or $(ROUNDS),7) $(or $(SERVERS),250) $(or $(SECONDS),2)
.PHONY: bench-net
