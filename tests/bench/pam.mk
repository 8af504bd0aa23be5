# SPDX-License-Identifier: LGPL-2.1-or-later
# make bench-pam [ROUNDS=400 BIG=5000]
pam_bench := $(B)/tests/bench/pam $(B)/tests/bench/enter_floor
$(B)/tests/bench/pam: $(B)/tests/bench/pam.o
	$(CC) $(CFLAGS) $(vsd_ldflags) $(LDFLAGS) -pie -o $@ $< -lpam
$(B)/tests/bench/enter_floor: $(B)/tests/bench/enter_floor.o
	$(CC) $(CFLAGS) $(vsd_ldflags) $(LDFLAGS) -pie -o $@ $<
bench-pam: all $(pam_bench) $(B)/tests/bench/nss_make
	tests/lab/run --servers 1 --with bench --profile minimal -- tests/bench/pam.py $(B) \
	  $(or $(ROUNDS),400) $(or $(BIG),5000)
.PHONY: bench-pam
