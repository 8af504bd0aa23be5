# SPDX-License-Identifier: LGPL-2.1-or-later
# make bench-net [ROUNDS=7 SERVERS=250 SECONDS=2]
bench-net: all fence-rig
	tests/lab/run --bare --with net -- tests/bench/net.py \
	  $(or $(ROUNDS),7) $(or $(SERVERS),250) $(or $(SECONDS),2)
.PHONY: bench-net
