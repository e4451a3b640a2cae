/// apps/sharing holds the parts of weight-sharing: one file for each system of the lesson, and what they
/// share: the lesson itself (lesson.h), the same arithmetic in float64 (exact.h) and the evidence
/// (evidence.h). It knows the library only by its public headers.
///
/// lesson.h: what a part gets, and where its evidence goes: onto paper for people, into one JSON object with
/// --json.
#ifndef SIAM_APPS_SHARING_LESSON_H
#define SIAM_APPS_SHARING_LESSON_H

#include "common/json.h"
#include "common/table.h"

#include <siamese/network.h>

typedef struct sharing_owned sharing_owned;

/// What the options say to the parts that train. NULL: the standard one.
typedef struct sharing_choices {
  const char *text, *data,
      *plot;     ///< A text file; a folder of pictures; where to write a plot, NULL: nowhere.
  int64_t seeds; ///< How often each training of the study is repeated.
  int64_t steps; ///< Updates of each training, at most; 0: as many as the part has planned.
} sharing_choices;

/// One part of the program while it runs.
typedef struct sharing_lesson {
  const char *name;            ///< Key in --json, and what a failed claim begins with.
  const char *preface, *title; ///< Printed before the part's first line; `preface` may be NULL.
  bool begun;                  ///< They were.
  siam_device *device;
  uint64_t seed;
  bool json;            ///< Print nothing.
  json_t *object;       ///< What --json says of this part; a part adds what it likes.
  unsigned failures;    ///< Claims that did not hold.
  sharing_owned *owned; ///< Released after the part.
  const sharing_choices *choices;
  const char *trouble; ///< Of sharing_fail(); NULL: a failure is the library's.
} sharing_lesson;

/// A part: one row in the table of weight-sharing.c. `run` returns a failure only for trouble; a claim that
/// does not hold is told by sharing_claim().
typedef struct sharing_part {
  const char *name, *title;
  siam_status (*run)(sharing_lesson *lesson);
  const bool
      *wanted; ///< The option that asks for it; NULL: a system, which runs unless options ask for others.
} sharing_part;

/// Runs a part: gives it an object, and releases what it owned. `*object` receives what it
/// has to say, with `claims` and `held`, and `*failures` is added to. Trouble is told on standard error.
siam_status sharing_run(const sharing_part *part, const sharing_lesson *common, json_t **object,
                        unsigned *failures);

/// An empty line for people.
void sharing_gap(sharing_lesson *lesson);

/// A line for people, indented.
__attribute__((format(printf, 2, 3))) void sharing_say(sharing_lesson *lesson, const char *format, ...);

/// A table for people; releases it.
void sharing_show(sharing_lesson *lesson, app_table *table);

/// States a claim, whether it held, and the evidence in words; a failed one is named on standard error.
__attribute__((format(printf, 4, 5))) void sharing_claim(sharing_lesson *lesson, bool held, const char *claim,
                                                         const char *evidence, ...);

/// Trouble of a part's own: keeps the sentence and returns a failure for the part to return.
__attribute__((format(printf, 2, 3))) siam_status sharing_fail(sharing_lesson *lesson, const char *format,
                                                               ...);

/// `count` zeros of `size` bytes, released after the part.
void *sharing_memory(sharing_lesson *lesson, size_t count, size_t size);
float *sharing_floats(sharing_lesson *lesson, size_t count);
double *sharing_doubles(sharing_lesson *lesson, size_t count);

/// Takes over a block of malloc(), which is released after the part; returns it.
void *sharing_keep(sharing_lesson *lesson, void *block);

/// Releases what the part has come to own since lesson->owned was `last`, for parts that build much in turns.
void sharing_release(sharing_lesson *lesson, const sharing_owned *last);

/// A network of vectors from lines (the last one NULL), not placed; destroyed after the part.
siam_status sharing_describe(sharing_lesson *lesson, int inputs, const char *const *lines,
                             siam_network **network);

/// The same, placed on the device with the lesson's seed.
siam_status sharing_build(sharing_lesson *lesson, int inputs, const char *const *lines,
                          siam_network **network);

/// 64 random bits for the purpose `what`, the same for the same seed, purpose and index.
uint64_t sharing_random(uint64_t seed, unsigned what, uint64_t index);

/// The numbers 0 … count − 1 in an order for the purpose `what`.
void sharing_shuffle(uint64_t seed, unsigned what, uint32_t *order, size_t count);

/// `count` numbers from −1 to 1 for the purpose `what`, each a multiple of 1/256, from the lesson's seed.
void sharing_draw(const sharing_lesson *lesson, unsigned what, size_t count, float *values);

/// Whether `count` floats have the same bits.
bool sharing_same_bits(const float *a, const float *b, size_t count);

/// Hands a failure on.
#define SHARING_TRY(call)                                                                                    \
  do {                                                                                                       \
    const siam_status tried = (call);                                                                        \
    if (tried != SIAM_OK) return tried;                                                                      \
  } while (0)

#endif
