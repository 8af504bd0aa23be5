# SPDX-License-Identifier: LGPL-2.1-or-later
# One block a program; keep them in alphabetical order.
host_programs :=
helper_programs :=
guest_programs :=
script_programs := vsd-install vsd-uninstall
INSTALLS += vsd-tools/host/vsd-install.8:$(mandir)/man8:0644
INSTALLS += vsd-tools/host/vsd-uninstall.8:$(mandir)/man8:0644

helper_programs += vsd-shell
vsd-shell_src := guest/vsd_shell.c
INSTALLS += vsd-tools/guest/vsd-shell.8:$(mandir)/man8:0644

host_programs += vsalias
vsalias_src := $(alias_src) host/vsalias.c host/vsalias_list.c
vsalias_libs := $(alias_libs) -ljansson
INSTALLS += vsd-tools/host/vsalias.8:$(mandir)/man8:0644
