# SPDX-License-Identifier: LGPL-2.1-or-later
# make bench-nss [ROUNDS=5 SERVERS=250 BIG=5000]
nss_bench := $(B)/tests/bench/nss $(B)/tests/bench/nss_cold $(B)/tests/bench/nss_make \
	$(B)/tests/bench/libnss_empty.so.2

$(B)/tests/bench/nss $(B)/tests/bench/nss_cold: $(B)/tests/bench/%: $(B)/tests/bench/%.o
	$(CC) $(CFLAGS) $(vsd_ldflags) $(LDFLAGS) -pie -o $@ $<
$(B)/tests/bench/nss_make: $(B)/tests/bench/nss_make.o $(B)/libvsd.a
	$(CC) $(CFLAGS) $(vsd_ldflags) $(LDFLAGS) -pie -o $@ $^
$(B)/tests/bench/libnss_empty.so.2: tests/bench/nss_empty.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 $(CFLAGS) -fPIC -shared -Wl,-soname,libnss_empty.so.2 -o $@ $<
bench-nss: all $(nss_bench)
	tests/lab/run --bare --with nss -- tests/bench/nss.sh $(B) $(or $(ROUNDS),5) $(or $(SERVERS),250) $(or $(BIG),5000)
.PHONY: bench-nss
