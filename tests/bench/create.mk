# SPDX-License-Identifier: LGPL-2.1-or-later
# make bench-create [ROUNDS=7 SERVERS=250]
create_src := $(tree_src:%=$(B)/vsd-tools/%) $(refresh_src:%=$(B)/vsd-tools/%)
create_obj := $(create_src:%.c=%.o) $(B)/vsd-tools/host/refresh_journal.o
$(B)/tests/bench/create: $(B)/tests/bench/create.o $(B)/tests/bench/create_floor.o $(create_obj) $(B)/libvsd.a
	$(CC) $(CFLAGS) $(vsd_ldflags) $(LDFLAGS) -pie -o $@ $^ $(tree_libs)
bench-create: all $(B)/tests/bench/create
	tests/lab/run --servers 0 --with bench -- tests/bench/create.sh $(B)/tests/bench/create $(or $(ROUNDS),7) $(or $(SERVERS),250)
.PHONY: bench-create
