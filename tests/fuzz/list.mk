# SPDX-License-Identifier: LGPL-2.1-or-later
# One line a fuzzer, in alphabetical order: fuzz_NAME.c, seeds in corpus/NAME/.
#
# Parser                                       Fuzzer, or why none
# vsd.conf (libvsd/conf)                       conf
# server records, the index (libvsd)           registry, index
# passwd, group, shadow (libvsd)               passwd, group, shadow
# crontabs                                     crontab
# pam_vsd's options                            pam_options
# the helpers' arguments (guest_args.c)        guest_args
# chpasswd's lines (chpasswd_line.c)           chpasswd
# manifest.c                                   manifest
# pam_stack.c, pam_judge.c                     pam
# skelconf.c, pattern.c                        skelconf
# tar.c, vs_import.c's head                    tar
# elf_read.c                                   elf_read
# skel_dpkg.c, owners of skel_dpkg_files.c     dpkg
# alternatives and put of skel_dpkg_files.c    none: each line is a path for plan_add,
#                                              which asks the file system
# skel_rpm_head.c, skel_rpm.c, skel_rpm_needs.c rpm
# job.c                                        job
# job_spool.c                                  none: names of a folder that is root's
# refresh_journal.c                            journal
# alias_record.c                               none: it is searched, not parsed
# pam_vsd's hooks and conversation             pam_talk: real libpam
# logins.c's utmp                              utmp
# inside.c's marker                            inside
# redirects, /etc/vsd/exec-groups              redirects, exec_groups
# netlink's answers (alias_dump.c)             netlink
fuzz_tests :=
fuzz_tests += conf
fuzz_tests += chpasswd
fuzz_tests += crontab
fuzz_tests += dpkg
fuzz_tests += elf_read
fuzz_tests += exec_groups
fuzz_tests += group
fuzz_tests += guest_args
fuzz_tests += index
fuzz_tests += inside
fuzz_tests += job
fuzz_tests += journal
fuzz_tests += manifest
fuzz_tests += netlink
fuzz_tests += pam
fuzz_tests += pam_options
fuzz_tests += pam_talk
fuzz_tests += passwd
fuzz_tests += redirects
fuzz_tests += registry
fuzz_tests += rpm
fuzz_tests += shadow
fuzz_tests += skelconf
fuzz_tests += tar
fuzz_tests += utmp

# Whatever file they read is the input (fuzz_file.h).
fuzz_file_libs := -Wl,--wrap=vsd_safe_open_root,--wrap=vsd_safe_read_file

fuzz_chpasswd_src := vsd-tools/guest/chpasswd_line.c vsd-tools/common/password.c
fuzz_chpasswd_libs := -lcrypt
fuzz_dpkg_src := $(skel_src:%=vsd-tools/%) vsd-tools/common/tool.c
fuzz_dpkg_libs := $(tree_libs) $(fuzz_file_libs)
fuzz_elf_read_src := vsd-tools/host/elf_read.c
fuzz_guest_args_src := vsd-tools/guest/guest_args.c
fuzz_job_src := vsd-tools/host/job.c vsd-tools/host/job_spool.c
fuzz_job_libs := $(fuzz_file_libs)
fuzz_journal_src := vsd-tools/host/refresh_journal.c
fuzz_journal_libs := $(fuzz_file_libs)
fuzz_manifest_src := vsd-tools/common/manifest.c
fuzz_netlink_src := vsd-tools/host/alias_dump.c
fuzz_netlink_libs := -lmnl -Wl,--wrap=mnl_socket_sendto,--wrap=mnl_socket_recvfrom,--wrap=mnl_socket_get_portid
fuzz_pam_options_src := pam_vsd/options.c
fuzz_pam_src := vsd-tools/host/pam_judge.c vsd-tools/host/pam_stack.c
fuzz_rpm_src := $(skel_src:%=vsd-tools/%) vsd-tools/common/tool.c
fuzz_rpm_libs := $(tree_libs) $(fuzz_file_libs)
fuzz_skelconf_src := vsd-tools/host/skelconf.c vsd-tools/host/pattern.c
fuzz_tar_src := $(tree_src:%=vsd-tools/%) vsd-tools/host/tar.c vsd-tools/host/tree_walk.c \
                vsd-tools/host/vs_export.c vsd-tools/host/vs_import.c vsd-tools/host/skel_server.c
fuzz_tar_libs := $(tree_libs)
fuzz_pam_talk_src := tests/modules/pam_fixture.c
fuzz_pam_talk_libs := -rdynamic -lpam -lcrypt -lcmocka
# Without vsd_modflags: what counts its edges is in the program that loads it.
$(B)/pam_vsd_fuzz.so: $(pam_vsd_obj) $(B)/libvsd.a
	$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,--exclude-libs,ALL -Wl,--version-script=pam_vsd/pam_vsd.map \
	  -o $@ $(pam_vsd_obj) $(B)/libvsd.a -lpam -lcrypt
$(B)/tests/fuzz/fuzz_pam_talk: | $(B)/pam_vsd_fuzz.so

$(B)/tests/fuzz/fuzz_pam_options.o: vsd_cflags += -Ipam_vsd
