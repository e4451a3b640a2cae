#include "golden.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { SEED = 20240607, PATH_SIZE = 512 };

siam_draw siam_golden_draw(uint32_t purpose, size_t index) {
  return siam_random(SEED, SIAM_STREAM_SAMPLE, purpose, index);
}

double siam_golden_centred(uint32_t word) {
  return (double)(word >> 8) * 0x1p-23 - 1;
}

void siam_golden_spread(uint32_t purpose, size_t count, double scale, double offset, float *values) {
  for (size_t i = 0; i < count; i += 4) {
    siam_draw four = siam_golden_draw(purpose, i / 4);
    for (size_t k = 0; k < 4 && i + k < count; k++)
      values[i + k] = (float)(siam_golden_centred(four.word[k]) * scale + offset);
  }
}

FILE *siam_golden_open(const char *name, char *path) {
  snprintf(path, PATH_SIZE, "%s/tests/golden/%s.txt", SIAMESE_SOURCE_DIR, name);
  FILE *file = fopen(path, "r");
  cr_assert_not_null(file, "%s is missing; a script beside it makes it", path);
  cr_assert_eq(fscanf(file, "#%*[^\n]"), 0);
  return file;
}

double siam_golden_number(FILE *file, const char *path) {
  char word[64], *end = word;
  cr_assert_eq(fscanf(file, "%63s", word), 1, "%s ends early", path);
  double number = strtod(word, &end);
  cr_assert(end != word && *end == '\0', "%s: '%s' is not a number", path, word);
  return number;
}
