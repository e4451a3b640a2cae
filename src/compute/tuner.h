/// tuner.h: finds the fastest of the ways in which something can be computed on a device.
///
/// After KataGo's tuner: the safe candidate comes first and is held to float64; all others are held to it, in
/// random order. Each is checked before it is timed, with what is timed: a number that is not finite, an
/// element outside the bound of float32's rounding, or a candidate that does not build puts it out. What is
/// compared is speed × (1 − share of the bound that its error takes), against the safe candidate measured
/// beside it, since the speed of machines moves.
#ifndef SIAM_COMPUTE_TUNER_H
#define SIAM_COMPUTE_TUNER_H

#include "compute/tunable.h"

typedef struct siam_tuner siam_tuner;

/// The device must outlive it.
siam_status siam_tuner_create(siam_device *device, uint64_t seed, siam_tuner **tuner);
/// NULL is allowed.
void siam_tuner_destroy(siam_tuner *tuner);
siam_device *siam_tuner_device(const siam_tuner *tuner);

/// What came out for one computation.
typedef struct siam_tuner_result {
  char choice[SIAM_TUNING_CHOICE_SIZE]; ///< The fastest sound candidate; the safe one where none is faster.
  char safe[SIAM_TUNING_CHOICE_SIZE];
  double seconds, safe_seconds; ///< Of one run of each, measured beside each other.
  double error;                 ///< Largest error of the choice, as a share of the bound.
  unsigned sound;               ///< Candidates that were right, the safe one among them.
  unsigned wrong;               ///< Candidates outside the bound, or with numbers that are not finite.
  unsigned failed;              ///< Candidates that could not be built or run.
  unsigned untried;             ///< Candidates for which no time was left.
} siam_tuner_result;

/// Tries candidates until all are through or `seconds` are over, building included; one that has begun ends.
/// A safe candidate that is wrong, or cannot run, is the status's failure: nothing may be chosen then.
siam_status siam_tuner_run(siam_tuner *tuner, const siam_tunable *tunable, double seconds,
                           siam_tuner_result *result);

typedef enum siam_tuner_outcome { SIAM_TUNER_SOUND, SIAM_TUNER_WRONG, SIAM_TUNER_FAILED } siam_tuner_outcome;

/// Two candidates, measured by turns.
typedef struct siam_tuner_race {
  double safe_seconds, seconds; ///< Medians of one run of each.
  double speed;                 ///< Median of safe ÷ other of each turn.
  double error;                 ///< Largest error of the other, as a share of the bound; infinite: not run.
} siam_tuner_race;

/// Holds candidate `choice` to candidate `safe`, which is held to float64, and races it where it is right. A
/// `safe` that is wrong or cannot run is the status's failure, and so is running out of host memory.
siam_status siam_tuner_compare(siam_tuner *tuner, const siam_tunable *tunable, const char *safe,
                               const char *choice, siam_tuner_outcome *outcome, siam_tuner_race *raced);

#endif
