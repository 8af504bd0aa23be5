# SPDX-License-Identifier: LGPL-2.1-or-later
# The attacks of tests/lab/t/100-escape.sh, static: it runs in every root; and what takes
# the walls away, for 104 and 105.
escape_src := main.c tree.c process.c kernel.c mount.c ipc.c serve.c net.c self.c
$(B)/tests/escape/escape: $(escape_src:%.c=$(B)/tests/escape/%.o)
	$(CC) $(CFLAGS) $(LDFLAGS) -static -o $@ $^
escape-probe: $(B)/tests/escape/escape $(B)/tests/escape/without.so
# It stands in libc's place: as libc calls it, not as headers rename it.
$(B)/tests/escape/without.so: tests/escape/without.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 $(WARN) -D_GNU_SOURCE $(CFLAGS) $(LDFLAGS) -shared -fPIC -o $@ $< -ldl
check-escape: install-deps
	tests/run --only lab escape; status=$$?; \
	  grep -h '^# ' build/test-out/lab-10[0145]-escape*.log; exit $$status
.PHONY: escape-probe check-escape
