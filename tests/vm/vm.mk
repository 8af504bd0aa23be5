# SPDX-License-Identifier: LGPL-2.1-or-later
# make check-vm [T=text]: not part of check, as it boots a kernel by emulation
check-vm: all
	tests/vm/run $(T)
.PHONY: check-vm
