/// tests/golden/losses.txt: numbers of pytorch-metric-learning, a record after the other.
#ifndef SIAM_TEST_LOSS_RECORDS_H
#define SIAM_TEST_LOSS_RECORDS_H

#include "golden.h"

#include <stdbool.h>

typedef struct siam_loss_records {
  FILE *file;
  char path[512];
  char line[256]; ///< The loss of the record: its name and its options.
  int records;    ///< So far.
} siam_loss_records;

void siam_loss_records_open(siam_loss_records *records);

/// Goes on to the next record of this name; false where there is none.
bool siam_loss_records_next(siam_loss_records *records, const char *name);

double siam_loss_records_number(siam_loss_records *records);

/// Expects `ours` to be the next number.
void siam_loss_records_expect(siam_loss_records *records, const char *what, int place, double ours);

/// Closes it, and expects that there were at least so many records.
void siam_loss_records_close(siam_loss_records *records, const char *name, int least);

#endif
