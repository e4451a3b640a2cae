/// IDX files of MNIST, compressed and not: the numbers that the header promises are there.
#include "idx.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  siam_idx idx = {0};
  uint32_t dimensions = count % 2 == 0 ? 1 : 3;
  if (siam_idx_parse("input", bytes, count, dimensions, &idx) == SIAM_OK) {
    uint64_t values = (uint64_t)idx.dimensions[0] * idx.dimensions[1] * idx.dimensions[2];
    FUZZ_REQUIRE(values > 0);
    volatile uint8_t last = idx.values[values - 1];
    (void)last;
  }
  siam_idx_release(&idx);
  return 0;
}
