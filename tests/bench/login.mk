# SPDX-License-Identifier: LGPL-2.1-or-later
# make bench-login [PAIRS=200]
bench-login: all
	tests/lab/run --servers 1 --sshd --vsftpd --profile minimal -- tests/bench/login.py $(or $(PAIRS),200)
.PHONY: bench-login
