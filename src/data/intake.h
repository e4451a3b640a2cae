/// intake.h: from a file to its place in an array, for many threads at once, with a bound on the pixels that
/// are decoded at a time.
#ifndef SIAM_DATA_INTAKE_H
#define SIAM_DATA_INTAKE_H

#include "data/resample.h"

#include <pthread.h>

/// What is known of a decoded picture, as bits.
enum { SIAM_FACT_ROTATED = 1, SIAM_FACT_ALPHA = 2, SIAM_FACT_GREY = 4, SIAM_FACT_SIXTEEN_BIT = 8 };

/// Pictures wait here until those in work leave room; one alone is always let in.
typedef struct siam_intake {
  siam_picture_options options; ///< Limits of one picture.
  pthread_mutex_t lock;
  pthread_cond_t room;
  uint64_t pixels_in_work;
} siam_intake;

void siam_intake_begin(siam_intake *intake, const siam_picture_options *options);
void siam_intake_end(siam_intake *intake);

/// Decodes a file and hands the picture to `use` while its pixels are counted as in work; clears it after.
siam_status siam_intake_load(siam_intake *intake, const char *path,
                             siam_status (*use)(void *context, const siam_picture *picture), void *context);

/// The same for a file that was read already; `name` stands for it in messages.
siam_status siam_intake_decode(siam_intake *intake, const char *name, const uint8_t *bytes, size_t count,
                               siam_status (*use)(void *context, const siam_picture *picture), void *context);

/// Whether a failure says something about the file; anything else concerns the program.
bool siam_is_fault_of_file(siam_status status);

/// Bits of SIAM_FACT_….
unsigned siam_picture_facts(const siam_picture *picture);

#endif
