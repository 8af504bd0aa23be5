# SPDX-License-Identifier: LGPL-2.1-or-later
# Percent of the lines of libvsd, of nss_vsd and of pam_vsd that the tests must run.
coverage_goal := 90
# Labs whose daemons and tools run what no unit or module test can: a login from its
# start to its end, simulated root, a server's cgroup, sessions told apart.
LABS ?= 102-faults 20-ssh 26-who 32-limits 50-simroot
coverage: install-deps
	tests/coverage/run $(coverage_goal) $(LABS)
.PHONY: coverage
