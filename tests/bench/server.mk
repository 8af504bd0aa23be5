# SPDX-License-Identifier: LGPL-2.1-or-later
# make bench-server [ROUNDS=5 SERVERS=250]
bench-server: all
	tests/lab/run --servers 1 --sshd --profile minimal -- tests/bench/server.py \
	  $(or $(ROUNDS),5) $(or $(SERVERS),250)
.PHONY: bench-server
