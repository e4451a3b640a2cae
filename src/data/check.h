/// check.h: the parts of siam_dataset_check(): one look at every picture, findings, and the report's text.
#ifndef SIAM_DATA_CHECK_H
#define SIAM_DATA_CHECK_H

#include "base/text.h"
#include "data/dataset.h"

/// What one look at a picture found.
typedef struct siam_look {
  uint64_t content, file; ///< Hashes of size and pixels, and of the file's bytes.
  uint32_t width, height;
  unsigned facts; ///< SIAM_FACT_…
  bool broken, blank;
  char *message; ///< Why it is broken.
} siam_look;

/// A report under way. The public struct comes first, so that a pointer to it is one to all.
typedef struct siam_check {
  siam_check_report report;
  siam_finding *findings;
  size_t capacity;
  char *reason;
  siam_text text;
  const siam_dataset *training, *validation;
  siam_look *looks[2]; ///< Of the pictures of training and of validation.
} siam_check;

/// Looks at every picture of both sides.
siam_status siam_check_look(siam_check *check, const siam_check_options *options);

/// Adds findings of pictures or pairs that have the same content.
siam_status siam_check_contents(siam_check *check);

/// Takes over copies of what it is given.
siam_status siam_check_add(siam_check *check, siam_finding_kind kind, const char *path, const char *other,
                           const char *reason);

/// Writes the report for people.
siam_status siam_check_write(siam_check *check);

#endif
