/// EXIF: the orientation is one of the eight, whatever the bytes.
#include "data/formats.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  unsigned orientation = siam_exif_orientation(bytes, count);
  FUZZ_REQUIRE(orientation >= 1 && orientation <= 8);
  return 0;
}
