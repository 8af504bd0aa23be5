# SPDX-License-Identifier: LGPL-2.1-or-later
# The attacks of tests/lab/t/100-escape.sh.  Static: it runs in every root.
escape_src := main.c tree.c process.c kernel.c mount.c ipc.c serve.c net.c self.c
$(B)/tests/escape/escape: $(escape_src:%.c=$(B)/tests/escape/%.o)
	$(CC) $(CFLAGS) $(LDFLAGS) -static -o $@ $^
escape-probe: $(B)/tests/escape/escape
check-escape: install-deps
	tests/run --only lab escape; status=$$?; \
	  grep -h '^# ' build/test-out/lab-10[01]-escape*.log; exit $$status
.PHONY: escape-probe check-escape
