# SPDX-License-Identifier: LGPL-2.1-or-later
# One block a program; keep them in alphabetical order.
host_programs :=
helper_programs :=
guest_programs :=
script_programs := vsd-install vsd-uninstall
INSTALLS += vsd-tools/host/vsd-install.8:$(mandir)/man8:0644
INSTALLS += vsd-tools/host/vsd-uninstall.8:$(mandir)/man8:0644

helper_programs += vsd-trylogin
vsd-trylogin_src := host/try_login.c
vsd-trylogin_libs := -lpam
INSTALLS += vsd-tools/host/vsd-trylogin.8:$(mandir)/man8:0644

# Setuid in a skeleton alone: vsd-genskel sees to it.
helper_programs += vsd-guest
vsd-guest_src := common/password.c common/range_procs.c guest/account.c guest/accounts.c guest/caller.c \
                 guest/chpasswd.c guest/chpasswd_line.c guest/crontab.c guest/crontab_edit.c \
                 guest/guest_args.c guest/habit.c guest/passwd.c guest/process.c guest/rights.c \
                 guest/simroot.c guest/su.c guest/sudo.c guest/vsd_guest.c
vsd-guest_libs := -lcrypt
INSTALLS += vsd-tools/guest/simroot.8:$(mandir)/man8:0644
INSTALLS += vsd-tools/guest/vsd-guest.8:$(mandir)/man8:0644

# Run by nobody on the host, where it refuses: read by root alone in a skeleton.
helper_programs += vsd-job
vsd-job_src := guest/vsd_job.c
INSTALLS += vsd-tools/guest/vsd-job.8:$(mandir)/man8:0644

helper_programs += vsd-shell
vsd-shell_src := guest/vsd_shell.c
INSTALLS += vsd-tools/guest/vsd-shell.8:$(mandir)/man8:0644

host_programs += vsalias
vsalias_src := $(alias_src) host/vsalias.c host/vsalias_list.c
vsalias_libs := $(alias_libs) -ljansson
INSTALLS += vsd-tools/host/vsalias.8:$(mandir)/man8:0644

# A server's disk quota.
quota_src := host/quota.c host/quota_tree.c host/tree_walk.c

helper_programs += vsd-quota
vsd-quota_src := $(quota_src) host/vsd_quota.c
INSTALLS += vsd-tools/host/vsd-quota.8:$(mandir)/man8:0644

# Starting and stopping a server.
boot_src := $(alias_src) $(fence_src) host/boot_host.c host/boot_mount.c common/range_procs.c host/boot_range.c \
            host/boot_start.c host/boot_stop.c host/filter.c host/filter_program.c host/userns.c host/world.c host/world_chroot.c \
            $(quota_src)
boot_libs := $(sort $(alias_libs) $(fence_libs) -lseccomp)

host_programs += bevs
bevs_src := $(boot_src) host/bevs.c host/bevs_child.c host/bevs_helper.c host/bevs_relay.c host/bevs_user.c \
            host/boot_single.c
bevs_libs := $(boot_libs)
INSTALLS += vsd-tools/host/bevs.8:$(mandir)/man8:0644

host_programs += vsboot
vsboot_src := $(boot_src) host/boot_watch.c host/spawn_tool.c host/vsboot.c host/vsboot_status.c
vsboot_libs := $(boot_libs) -ljansson
INSTALLS += vsd-tools/host/vsboot.8:$(mandir)/man8:0644
INSTALLS += vsd-tools/host/vsd-fence.8:$(mandir)/man8:0644

helper_programs += vsd-init
vsd-init_src := host/init_logins.c host/init_services.c host/vsd_init.c host/world.c
vsd-init_libs := -lcap
INSTALLS += vsd-tools/host/vsd-init.8:$(mandir)/man8:0644

# Servers' crontabs, for the host's cron.
cron_src := host/cron_spool.c

helper_programs += vsd-crontabs
vsd-crontabs_src := $(tree_src) $(cron_src) host/vsd_crontabs.c
vsd-crontabs_libs := $(tree_libs)
INSTALLS += vsd-tools/host/vsd-crontabs.8:$(mandir)/man8:0644

# Queued jobs: vsdadm writes them, vsd-vsbatch does them.
job_src := $(alias_src) $(tree_src) host/tar.c host/vs_import.c host/vs_export.c $(quota_src) \
           $(cron_src) host/delete.c \
           host/job.c host/job_check.c host/job_hold.c host/job_run.c host/rename.c host/job_spool.c \
           host/skel_server.c host/unfinished.c
job_libs := $(alias_libs) $(tree_libs)

host_programs += vsd-vsbatch
vsd-vsbatch_src := $(job_src) common/progress.c host/batch.c host/spawn_tool.c host/vsd_vsbatch.c
vsd-vsbatch_libs := $(job_libs) -ljansson
INSTALLS += vsd-tools/host/vsd-vsbatch.8:$(mandir)/man8:0644

host_programs += vsdadm
vsdadm_src := \
	common/range_procs.c \
	host/boot_range.c \
	host/check_exec.c \
	host/check_fence.c \
	host/check_ftpds.c \
	host/check_host.c \
	host/check_lines.c \
	host/check_mail.c \
	host/check_quota.c \
	host/check_redirect.c \
	host/check_run.c \
	host/check_sshd.c \
	host/check_services.c \
	host/check_tree.c \
	host/live_client.c \
	host/live_login.c \
	host/live_look.c \
	host/pam_judge.c \
	host/pam_stack.c \
	common/password.c \
	host/refresh_journal.c \
	host/skel_left.c \
	host/spawn_tool.c \
	host/vs_disk.c \
	host/vsdadm.c \
	host/vsdadm_address.c \
	host/vsdadm_check.c \
	host/vsdadm_install.c \
	host/vsdadm_key.c \
	host/vsdadm_list.c \
	host/vsdadm_live.c \
	host/vsdadm_mod.c \
	host/vsdadm_move.c \
	host/vsdadm_priv.c \
	host/vsdadm_remote.c \
	host/vsdadm_set.c \
	host/vsdadm_user.c \
	host/vsdadm_verify.c \
	host/vsdadm_vs.c \
	$(fence_src) \
	$(job_src)
vsdadm_libs := $(sort $(job_libs) $(fence_libs) -lcrypt -ljansson)
INSTALLS += vsd-tools/host/vsdadm.8:$(mandir)/man8:0644

# Skeletons: thought out, written, exchanged.
skel_src := $(tree_src) host/elf_read.c host/pattern.c host/skel_boot.c host/skel_cache.c host/skel_check.c \
            host/skel_closure.c host/skel_dpkg.c host/skel_dpkg_files.c host/skel_exec.c host/skel_index.c \
            host/skel_install.c host/skel_keep.c host/skel_make.c host/skel_own.c host/skel_packages.c \
            host/skel_plan.c host/skel_rpm.c host/skel_rpm_files.c host/skel_rpm_head.c host/skel_rpm_needs.c \
            host/skel_server.c host/skel_source.c host/skel_walk.c host/skel_write.c \
            host/skelconf.c host/refresh_journal.c host/spawn_tool.c
host_programs += vsd-genskel
vsd-genskel_src := $(skel_src) host/vsd_genskel.c
vsd-genskel_libs := $(tree_libs)
INSTALLS += vsd-tools/host/vsd-genskel.8:$(mandir)/man8:0644
INSTALLS += conf/freevsd.conf.5:$(mandir)/man5:0644

refresh_src := host/job_hold.c host/refresh_diff.c host/refresh_file.c host/refresh_folder.c \
               host/refresh_run.c host/refresh_server.c host/refresh_servers.c $(quota_src)
host_programs += vsd-refreshskel
vsd-refreshskel_src := $(skel_src) $(refresh_src) common/progress.c host/refresh_tell.c host/refresh_wish.c host/vsd_refreshskel.c
vsd-refreshskel_libs := $(tree_libs) -ljansson
INSTALLS += vsd-tools/host/vsd-refreshskel.8:$(mandir)/man8:0644

host_programs += vsredirect
vsredirect_src := $(alias_src) $(fence_src) host/redirect.c host/redirect_check.c host/vsredirect.c
vsredirect_libs := $(sort $(alias_libs) $(fence_libs) -ljansson -lnftables)
INSTALLS += vsd-tools/host/vsredirect.8:$(mandir)/man8:0644
