# SPDX-License-Identifier: LGPL-2.1-or-later
# Libraries of the host tools.  A program that uses one adds $(fence_src) or
# $(alias_src) to its P_src and $(fence_libs) or $(alias_libs) to its P_libs.
alias_src := \
	host/alias.c \
	host/alias_dump.c \
	host/alias_nl.c \
	host/alias_record.c
alias_libs := -lmnl

fence_src := host/fence_none.c
fence_libs :=
