#include "loss_records.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

void siam_loss_records_open(siam_loss_records *records) {
  *records = (siam_loss_records){0};
  records->file = siam_golden_open("losses", records->path);
}

bool siam_loss_records_next(siam_loss_records *records, const char *name) {
  const size_t length = strlen(name);
  while (fgets(records->line, sizeof records->line, records->file) != NULL) {
    records->line[strcspn(records->line, "\n")] = '\0';
    const char end = strncmp(records->line, name, length) == 0 ? records->line[length] : 'x';
    if (end != ' ' && end != '\0') continue;
    records->records++;
    return true;
  }
  return false;
}

double siam_loss_records_number(siam_loss_records *records) {
  return siam_golden_number(records->file, records->path);
}

void siam_loss_records_expect(siam_loss_records *records, const char *what, int place, double ours) {
  const double theirs = siam_loss_records_number(records);
  // Float64 of both sides: some thousand operations, and the 14 digits of the file.
  cr_expect_float_eq(ours, theirs, 1e-11 * (1 + fabs(theirs)), "%s: %s %d is %.14g and there %.14g",
                     records->line, what, place, ours, theirs);
}

void siam_loss_records_close(siam_loss_records *records, const char *name, int least) {
  fclose(records->file);
  cr_expect_geq(records->records, least, "%s has %d records of %s", records->path, records->records, name);
}
