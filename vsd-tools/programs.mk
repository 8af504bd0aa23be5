# SPDX-License-Identifier: LGPL-2.1-or-later
# One block a program; keep them in alphabetical order.
host_programs :=
helper_programs :=
guest_programs :=
