/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Locks and fork.  A mutex that another thread holds at fork() stays locked in
 * the child for ever.  pthread_atfork would take every lock at every fork of the
 * host process, and deadlocks when a signal handler forks; so the mutexes lie on
 * a page that the kernel gives the child empty (MADV_WIPEONFORK): all zeros is an
 * unlocked mutex.  `busy` lies elsewhere and survives, so that the child sees
 * that it inherited a half-made change. */
#include "state.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct lock {
	pthread_mutex_t mutex;
	bool seen; /* set by the first holder in this process */
};

enum { PAGE_BYTES = 65536 }; /* the largest page size of any port */

/* Static, so that dlclose unmaps it: nothing is left to leak. */
static char area[2 * PAGE_BYTES] __attribute__((aligned(4096)));
static struct lock *_Atomic locks;
static bool busy[GUARD_COUNT];

static struct {
	atomic_bool known;
	dev_t dev;
	ino_t ino;
} home;

/* Idempotent: threads that meet here do the same thing twice. */
static struct lock *locks_make(void)
{
	long page = sysconf(_SC_PAGESIZE);
	size_t step = page > 0 && page <= PAGE_BYTES ? (size_t)page : PAGE_BYTES;
	uintptr_t at = ((uintptr_t)area + step - 1) / step * step;
	struct lock *made = (struct lock *)(void *)(area + (at - (uintptr_t)area));

	/* No kernel that VSD runs on lacks it (4.14).  Where it fails all the same,
	 * a child of a fork during another thread's lookup has to wait as it would
	 * have to for malloc. */
	(void)madvise(made, step, MADV_WIPEONFORK);
	atomic_store_explicit(&locks, made, memory_order_release);
	return made;
}

static inline struct lock *lock_of(enum nss_guard g)
{
	struct lock *all = atomic_load_explicit(&locks, memory_order_acquire);

	if (!all)
		all = locks_make();
	return &all[g];
}

/* The lock is held: was it torn from another holder by a fork? */
static bool taken(struct lock *l, enum nss_guard g)
{
	bool torn = !l->seen && busy[g];

	l->seen = true;
	busy[g] = true;
	return torn;
}

bool nss_guard_enter(enum nss_guard g)
{
	struct lock *l = lock_of(g);

	(void)pthread_mutex_lock(&l->mutex); /* a plain mutex: no error is possible */
	return taken(l, g);
}

bool nss_guard_try(enum nss_guard g, bool *out_torn)
{
	struct lock *l = lock_of(g);

	if (pthread_mutex_trylock(&l->mutex) != 0)
		return false;
	*out_torn = taken(l, g);
	return true;
}

void nss_guard_leave(enum nss_guard g)
{
	busy[g] = false;
	(void)pthread_mutex_unlock(&lock_of(g)->mutex);
}

bool nss_root_changed(void)
{
	struct stat st;
	bool changed = false;

	if (stat("/", &st) < 0)
		return true;
	if (atomic_load_explicit(&home.known, memory_order_acquire))
		return st.st_dev != home.dev || st.st_ino != home.ino;
	(void)nss_guard_enter(GUARD_HOME); /* torn or not, `known` is set last */
	if (!atomic_load(&home.known)) {
		home.dev = st.st_dev;
		home.ino = st.st_ino;
		atomic_store_explicit(&home.known, true, memory_order_release);
	} else {
		changed = st.st_dev != home.dev || st.st_ino != home.ino;
	}
	nss_guard_leave(GUARD_HOME);
	return changed;
}

uint64_t nss_seed(void)
{
	static _Atomic uint64_t seed;
	uint64_t s = atomic_load_explicit(&seed, memory_order_relaxed), half[2];

	if (s)
		return s;
	/* 16 random bytes that the kernel gave the process; a fixed number where
	 * it did not costs speed under attack, nothing else. */
	memset(half, 0x5a, sizeof(half));
	if (getauxval(AT_RANDOM))
		memcpy(half, (const void *)getauxval(AT_RANDOM), sizeof(half));
	s = (half[0] ^ (half[1] * 0x9e3779b97f4a7c15u)) | 1;
	atomic_store_explicit(&seed, s, memory_order_relaxed);
	return s;
}
