/// Embeddings made elsewhere, a file of siamese-devices --basefile: a first byte that says which shape is
/// expected, then the file. What is taken is finite, the file's own bytes, and has a note that can be
/// printed.
#include "base/npy.h"
#include "target.h"

#include <math.h>
#include <string.h>

enum { MOST = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  float values[MOST * MOST];
  char note[SIAM_NPY_NOTE_SIZE];
  if (count == 0) return 0;
  const uint64_t rows = 1 + bytes[0] % MOST, columns = 1 + bytes[0] / MOST % MOST;
  if (siam_npy_parse("input", bytes + 1, count - 1, rows, columns, values, note) != SIAM_OK) return 0;
  const size_t numbers = (size_t)(rows * columns);
  FUZZ_REQUIRE(count > numbers * sizeof *values);
  FUZZ_REQUIRE(memcmp(bytes + count - numbers * sizeof *values, values, numbers * sizeof *values) == 0);
  for (size_t i = 0; i < numbers; i++) FUZZ_REQUIRE(isfinite(values[i]));
  FUZZ_REQUIRE(strlen(note) < SIAM_NPY_NOTE_SIZE);
  for (const char *c = note; *c != '\0'; c++) FUZZ_REQUIRE(*c >= ' ' && *c <= '~');
  return 0;
}
