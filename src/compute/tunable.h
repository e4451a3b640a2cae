/// tunable.h: a computation that can be done in several ways, as a door of compute/ describes it to whoever
/// wants to find out which way is the fastest (tuner.h).
///
/// It is told by whole numbers alone, its sizes, so that it can be remembered. Its *name* is the key of the
/// result (device/tuning.h), and a *candidate* is a text that the door understands: an engine, and how it
/// divides its work.
#ifndef SIAM_COMPUTE_TUNABLE_H
#define SIAM_COMPUTE_TUNABLE_H

#include "device/tape.h"
#include "device/tuning.h"

enum { SIAM_TUNABLE_SIZES = 16 };

typedef struct siam_tunable siam_tunable;

/// What a door says about computations of a kind.
typedef struct siam_tunable_type {
  /// Writes candidate number `index` to `choice`; false past the last. Number 0 is the safe one: what the
  /// door does without tuning.
  bool (*candidate)(const siam_device *device, const siam_tunable *tunable, size_t index,
                    char choice[SIAM_TUNING_CHOICE_SIZE]);
  /// Adds the computation out = f(a, b) to the tape in the way of `choice`. A text that is no candidate is
  /// SIAM_ERROR_ARGUMENT.
  siam_status (*add)(siam_tape *tape, const siam_tunable *tunable, const char *choice, siam_view a,
                     siam_view b, siam_view out);
  /// Element `index` of the result in float64, added to `before` where tunable->adds.
  double (*expect)(const siam_tunable *tunable, const float *a, const float *b, float before, size_t index);
} siam_tunable_type;

struct siam_tunable {
  char name[SIAM_TUNING_PROBLEM_SIZE];
  const siam_tunable_type *type;
  int sizes[SIAM_TUNABLE_SIZES]; ///< The door's own.
  size_t a_count, b_count, out_count;
  double terms; ///< Products that are summed for an element of the result.
  bool adds;    ///< To what is in `out`; else it is overwritten.
};

/// Asks for the choice that is kept for a computation, and tells the device's observer that it was asked for.
/// NULL: there is none. Owned by the device.
const char *siam_tunable_choice(siam_device *device, const siam_tunable *tunable);

#endif
