/// intake.h: from files to their places in an array, for many threads at once, with a bound on the pixels
/// that are decoded at a time.
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

/// How many threads to load with where `asked` is 0: one per processor, at most 16; two where pictures are
/// decoded in processes, for a thread sleeps while its process works.
uint32_t siam_intake_threads(const siam_intake *intake, uint32_t asked);

/// What became of a file.
typedef struct siam_taken {
  uint32_t number;             ///< Of the file, among those that were asked for.
  siam_status status;          ///< Why there is no picture; siam_last_error() has the sentence.
  const siam_picture *picture; ///< Or NULL.
  const uint8_t *bytes;        ///< The file, NULL where it could not be read.
  size_t count;
} siam_taken;

/// Anything but SIAM_OK ends the intake and goes to the caller.
typedef siam_status siam_take_in(void *context, const siam_taken *taken);

/// Reads and decodes files, at most SIAM_INTAKE_MOST of them, and hands each to `use`, in some order, while
/// its pixels are counted as in work; clears it after.
enum { SIAM_INTAKE_MOST = 32 };
siam_status siam_intake_load(siam_intake *intake, const char *const *paths, uint32_t count, siam_take_in *use,
                             void *context);

/// Whether a failure says something about the file; anything else concerns the program.
bool siam_is_fault_of_file(siam_status status);

/// Bits of SIAM_FACT_….
unsigned siam_picture_facts(const siam_picture *picture);

#endif
