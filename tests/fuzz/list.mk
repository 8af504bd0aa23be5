# SPDX-License-Identifier: LGPL-2.1-or-later
# One line a fuzzer, in alphabetical order: fuzz_NAME.c, seeds in corpus/NAME/.
fuzz_tests :=
fuzz_tests += conf
fuzz_tests += crontab
fuzz_tests += group
fuzz_tests += guest_args
fuzz_tests += index
fuzz_tests += pam
fuzz_tests += passwd
fuzz_tests += registry
fuzz_tests += shadow
fuzz_tests += tar

fuzz_guest_args_src := vsd-tools/guest/guest_args.c
fuzz_pam_src := vsd-tools/host/pam_judge.c vsd-tools/host/pam_stack.c
fuzz_tar_src := $(tree_src:%=vsd-tools/%) vsd-tools/host/tar.c vsd-tools/host/tree_walk.c \
                vsd-tools/host/vs_export.c vsd-tools/host/vs_import.c
fuzz_tar_libs := $(tree_libs)
