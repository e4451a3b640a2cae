/// Tuning: finding out which of the ways to compute something is the fastest on a device, and keeping it.
///
/// Matrix products and convolutions can be computed in several ways, and which is the fastest depends on the
/// device and on the sizes. What comes as standard was chosen by measurement on other devices; tuning
/// measures on this one. Results lie in the user's cache folder and are used from then on by every program.
/// docs/tuning.md says what is measured and how it is checked.
#ifndef SIAMESE_TUNE_H
#define SIAMESE_TUNE_H

#include <siamese/device.h>
#include <stdbool.h>

/// Whether CLBlast is tried with other parameters than its own.
typedef enum siam_tune_clblast {
  SIAM_TUNE_CLBLAST_STANDARD, ///< On devices that are no CPUs, where it was not tried before.
  SIAM_TUNE_CLBLAST_ON,       ///< Yes, also where it was; what was kept before is forgotten.
  SIAM_TUNE_CLBLAST_OFF       ///< No; what was kept before stays in use.
} siam_tune_clblast;

/// Zero means the default.
typedef struct siam_tune_options {
  const char *encoder; ///< A built-in encoder, a description file, or "all" built-in ones; NULL: "conv4".
  int batch;           ///< Pairs of a training step; 0: 64.
  double minutes;      ///< Time for everything, building kernels included; 0: 2.
  uint64_t seed;       ///< Of operands and of the order of candidates.
  /// CLBlast's parameters hold for a whole process and there is no way back to its own, so where they are
  /// tried, products by CLBlast may be slower in the rest of the process than in the next.
  siam_tune_clblast clblast;
  /// Called before each computation; false stops with SIAM_INTERRUPTED. What was found stays. May be NULL.
  bool (*progress)(void *context, size_t done, size_t count, const char *name);
  void *context;
} siam_tune_options;

/// One computation.
typedef struct siam_tune_row {
  char name[96];           ///< "gemm nn 128x64x64", "conv forward 128x28x28x64 3x3x64 stride 1 pad 1x1".
  char choice[64];         ///< What is kept; empty where nothing could be found.
  char standard[64];       ///< What is done without tuning.
  double seconds;          ///< Of one run the chosen way …
  double standard_seconds; ///< … and the standard way beside it.
  double error;            ///< Largest error of the choice, as a share of what rounding allows.
  unsigned sound, wrong, failed; ///< Candidates that were right, wrong, or could not be built or run.
  unsigned untried;              ///< Candidates for which no time was left.
  char reason[256];              ///< Why nothing was found; empty where something was.
} siam_tune_row;

/// CLBlast's parameters; all 0 where they were not tried.
typedef struct siam_tune_clblast_row {
  bool tried;
  char choice[64];               ///< What is kept: "its own", or a set; empty where nothing could be found.
  double speed;                  ///< How many times as fast as its own, geometric mean over `products`.
  double seconds;                ///< Of one product, geometric mean …
  double own_seconds;            ///< … and with its own parameters.
  double error;                  ///< Largest error, as a share of what rounding allows.
  unsigned products;             ///< That sets were judged by.
  unsigned sound, wrong, failed; ///< Sets that were right, wrong, or refused.
  unsigned untried;              ///< Sets for which no time was left.
  char reason[256];              ///< Why nothing was found; empty where something was.
} siam_tune_clblast_row;

/// Owns all it points to.
typedef struct siam_tune_report {
  siam_device_info device;
  const siam_tune_row *rows;
  size_t row_count;
  siam_tune_clblast_row clblast;
  double seconds; ///< Of everything.
} siam_tune_report;

/// Tunes what a training step and embedding of the encoder compute: each product and convolution once. A row
/// that fails, or for which no time is left, stops nothing. SIAM_ERROR_ARGUMENT: an unknown encoder or a
/// batch that cannot be, or CLBlast's parameters are to be tried and were changed in this process before. The
/// caller frees the report with siam_tune_report_free().
SIAM_API siam_status siam_tune(siam_device *device, const siam_tune_options *options,
                               siam_tune_report **report);
SIAM_API void siam_tune_report_free(siam_tune_report *report);

#endif
