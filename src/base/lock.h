/// lock.h: that one run at a time writes a file. The lock ends with the process, however that ends, and
/// leaves nothing on the disk: it is a name in Linux's abstract namespace of sockets. Only runs in the same
/// network namespace see it, so none on another machine, nor in a container that has a network of its own.
#ifndef SIAM_BASE_LOCK_H
#define SIAM_BASE_LOCK_H

#include "base/error.h"

/// A lock that is held. Release with siam_lock_release().
typedef struct siam_lock siam_lock;

/// Takes the lock of a file, which need not be there; its folder must. SIAM_ERROR_FILE: another run of this
/// user has it, here or in another process. Where the system has no such sockets there is no lock, and
/// `*lock` stays NULL.
siam_status siam_lock_take(const char *path, siam_lock **lock);

/// NULL is allowed.
void siam_lock_release(siam_lock *lock);

#endif
