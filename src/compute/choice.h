/// choice.h: how the environment forces an engine.
#ifndef SIAM_COMPUTE_CHOICE_H
#define SIAM_COMPUTE_CHOICE_H

#include "base/error.h"

/// Looks the environment variable `variable` up among the `count` names and writes its place; unset or empty
/// is place 0, which is "auto" by convention. Another value is SIAM_ERROR_ARGUMENT with the names in the
/// sentence.
siam_status siam_choice_read(const char *variable, const char *const *names, int count, int *chosen);

#endif
