/// reference/ is the specification: every layer in float64 as plain loops, bounds of how far float32 may
/// stray from it, and checks that hold a device to both. Tests and `siamese-devices --self-test` share it; it
/// is no part of the library, so here a program may end. It may use everything above device/, and nothing
/// uses it.
///
/// give_up.h: what ends the program, with exit code 2.
#ifndef SIAM_REFERENCE_GIVE_UP_H
#define SIAM_REFERENCE_GIVE_UP_H

#include "base/error.h"

#include <stddef.h>

/// Prints the sentence to standard error and ends the program.
_Noreturn void siam_reference_give_up(const char *format, ...) __attribute__((format(printf, 1, 2)));

/// Gives up with the library's sentence unless `status` is SIAM_OK.
void siam_reference_ok(siam_status status);

/// A zeroed array, of at least one element; free() releases it. Gives up where there is no memory.
void *siam_reference_array(size_t count, size_t size);

#endif
