/// The parts of siamese-train: what was typed, and what is printed.
#ifndef SIAM_APPS_TRAIN_H
#define SIAM_APPS_TRAIN_H

#include "common/command.h"

#include <siamese/train.h>

typedef struct train_arguments {
  const char *output, *validation, *recipe, *encoder, *init, *reconstruct, *views, *loss, *pairs, *branches,
      *optimizer, *schedule, *augment, *resize;
  const char *log, *report, *device, *picture_cache;
  char *line;
  double picture_memory, holdout, margin, rate, weight_decay, momentum, clip, warmup, epochs, minutes, far,
      checkpoint_seconds, average;
  int64_t size, channels, embedding, batch, images_per_class, composed, within_parent, hardest, steps,
      patience, look_every, seed;
  bool given_memory, given_holdout, given_decay, given_momentum, given_clip, given_warmup;
  bool resume, json, quiet, turned_classes, holdout_parents, check, find_rate, allow_outside;
} train_arguments;

/// What was typed; train_command's options write here.
extern train_arguments arguments;
extern const app_command train_command;

/// Fails with a sentence where options exclude each other or are missing. Returns an exit code.
int train_check_arguments(void);

/// What was typed as the library takes it, without the callbacks. Fails where `resize` is unknown.
siam_status train_options(const char *data, siam_train_options *train);

void train_print(const siam_train_report *report, const char *device);

/// Returns the exit code, as does the next one.
int train_print_json(const siam_train_report *report, const char *device);

/// What --find-lr found, as text or, where asked for, as JSON. Returns the exit code.
int train_print_rates(const siam_rate_search *search);

/// Called after each picture that was looked at; false stops.
typedef bool train_checked(void *context, uint32_t done, uint32_t count);

/// --check: looks at the pictures of the data at `path` and reports.
int train_check_data(const char *path, train_checked *progress);

#endif
