# SPDX-License-Identifier: LGPL-2.1-or-later
# One line a fuzzer, in alphabetical order: fuzz_NAME.c, seeds in corpus/NAME/.
fuzz_tests :=
fuzz_tests += conf
fuzz_tests += crontab
fuzz_tests += elf_read
fuzz_tests += group
fuzz_tests += guest_args
fuzz_tests += index
fuzz_tests += job
fuzz_tests += journal
fuzz_tests += manifest
fuzz_tests += pam
fuzz_tests += pam_options
fuzz_tests += passwd
fuzz_tests += registry
fuzz_tests += shadow
fuzz_tests += skelconf
fuzz_tests += tar

# Whatever file they read is the input (fuzz_file.h).
fuzz_file_libs := -Wl,--wrap=vsd_safe_open_root,--wrap=vsd_safe_read_file

fuzz_elf_read_src := vsd-tools/host/elf_read.c
fuzz_guest_args_src := vsd-tools/guest/guest_args.c
fuzz_job_src := vsd-tools/host/job.c vsd-tools/host/job_spool.c
fuzz_job_libs := $(fuzz_file_libs)
fuzz_journal_src := vsd-tools/host/refresh_journal.c
fuzz_journal_libs := $(fuzz_file_libs)
fuzz_manifest_src := vsd-tools/common/manifest.c
fuzz_pam_options_src := pam_vsd/options.c
fuzz_pam_src := vsd-tools/host/pam_judge.c vsd-tools/host/pam_stack.c
fuzz_skelconf_src := vsd-tools/host/skelconf.c vsd-tools/host/pattern.c
fuzz_tar_src := $(tree_src:%=vsd-tools/%) vsd-tools/host/tar.c vsd-tools/host/tree_walk.c \
                vsd-tools/host/vs_export.c vsd-tools/host/vs_import.c vsd-tools/host/skel_server.c
fuzz_tar_libs := $(tree_libs)

$(B)/tests/fuzz/fuzz_pam_options.o: vsd_cflags += -Ipam_vsd
