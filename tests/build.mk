# SPDX-License-Identifier: LGPL-2.1-or-later
# Unit tests (tests/unit/list.mk) are cmocka programs that link libvsd.a; module
# tests (tests/modules/list.mk) dlopen what `all` made.  Neither is part of `all`:
# building the software needs no test library.
include tests/unit/list.mk
include tests/modules/list.mk

# The default is tests/unit/test_NAME.c and libvsd.a; test_NAME_src adds sources
# (relative to the top), test_NAME_libs libraries.  With $(paths_test_src) among the
# sources the test has a private tree of its own: those objects stand before the archive,
# so their paths win over libvsd's paths.c.
define unit_rule
$(B)/tests/unit/test_$(1): $(B)/tests/unit/test_$(1).o $$(test_$(1)_src:%.c=$(B)/%.o) $(B)/libvsd.a
	$$(CC) $$(CFLAGS) $$(vsd_ldflags) $$(LDFLAGS) -pie -o $$@ $$^ $$(test_$(1)_libs) -lcmocka
endef
$(foreach t,$(unit_tests),$(eval $(call unit_rule,$(t))))

# module_NAME_src and module_NAME_libs likewise; no libvsd: a module is tested
# from outside, as its host loads it.
define module_rule
$(B)/tests/modules/test_$(1): $(B)/tests/modules/test_$(1).o $$(module_$(1)_src:%.c=$(B)/%.o)
	$$(CC) $$(CFLAGS) $$(vsd_ldflags) $$(LDFLAGS) -pie -o $$@ $$^ $$(module_$(1)_libs) -lcmocka
endef
$(foreach t,$(module_tests),$(eval $(call module_rule,$(t))))

$(B)/tests/%.o: vsd_cflags += -Ivsd-tools/common -Ivsd-tools/host -Ivsd-tools/guest -Itests/unit

unit_programs   := $(unit_tests:%=$(B)/tests/unit/test_%)
module_programs := $(module_tests:%=$(B)/tests/modules/test_%) $(module_programs_extra)

unit-tests: $(unit_programs)
module-tests: all $(module_programs)

# Fuzzers (tests/fuzz/list.mk) want clang and its runtime; tests/fuzz/run builds
# them, in a folder of their own.
include tests/fuzz/list.mk
fuzz_programs := $(fuzz_tests:%=$(B)/tests/fuzz/fuzz_%)
define fuzz_rule
$(B)/tests/fuzz/fuzz_$(1): $(B)/tests/fuzz/fuzz_$(1).o $$(fuzz_$(1)_src:%.c=$(B)/%.o) $(B)/libvsd.a
	$$(CC) $$(CFLAGS) $$(vsd_ldflags) $$(LDFLAGS) -pie -o $$@ $$^ $$(fuzz_$(1)_libs)
endef
$(foreach t,$(fuzz_tests),$(eval $(call fuzz_rule,$(t))))

# Lists for tests/run: one program a line.
list-unit-tests:
	@printf '%s\n' $(unit_programs)
list-module-tests:
	@printf '%s\n' $(module_programs)
list-fuzz-tests:
	@printf '%s\n' $(fuzz_programs)
list-modules:
	@printf '%s\n' $(filter %.so %.so.2,$(ALL))
list-programs:
	@printf '%s\n' $(host_programs:%=$(B)/%) $(helper_programs:%=$(B)/%) $(guest_programs:%=$(B)/%)
list-scripts:
	@printf '%s\n' $(script_programs:%=$(B)/%)

# The packages that building and testing need, from Debian's archive.
install-deps:
	tests/deps
check: install-deps
	tests/run $(T)
check-root: check
# What takes too long for each check.
check-long: install-deps
	tests/run --only long $(T)
demo: install-deps
	tests/demo
lint:
	tests/run --only lint
# make fuzz SECONDS=n: every fuzzer for n seconds.
fuzz: export FUZZ_SECONDS = $(or $(SECONDS),10)
fuzz:
	tests/run --only fuzz

.PHONY: unit-tests module-tests
.PHONY: list-unit-tests list-module-tests list-fuzz-tests list-modules list-programs list-scripts
.PHONY: install-deps check check-long check-root demo fuzz lint

include tests/bench/create.mk
include tests/bench/nss.mk
include tests/bench/inside.mk
include tests/bench/login.mk
include tests/bench/net.mk
include tests/bench/pam.mk
include tests/bench/server.mk
include tests/soak/soak.mk
include tests/vm/vm.mk
include tests/coverage/list.mk
# make check builds the benches' programs, too: they are run too seldom to show a break.
bench-programs: $(B)/tests/bench/create $(B)/tests/bench/inside $(B)/tests/bench/net_load $(pam_bench) $(nss_bench)

# One after the other, for they measure; make bench BENCHES="bench-nss bench-pam" for some.
BENCHES := bench-nss bench-pam bench-login bench-server bench-inside bench-net bench-create
bench: all
	MAKE="$(MAKE)" tests/bench/all.sh $(B)/bench $(BENCHES)
# The whole run, on a machine that does nothing else, and then its figures in docs/bench.md,
# docs/bench.svg and the README.
bench-docs: bench
	tests/bench/docs.py $(B)/bench/log . $(BENCHES)
.PHONY: bench bench-docs bench-programs
include tests/fence/list.mk
include tests/escape/list.mk
