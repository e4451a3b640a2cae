/// Picture decoders, header and pixels: what is taken has a size within the limits and every sample set.
#include "data/picture.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  static const siam_picture_options limits = {.max_pixels = 1 << 18, .max_dimension = 2048};
  siam_picture picture;
  siam_status status = siam_picture_decode("input", bytes, count, &limits, &picture);
  FUZZ_REQUIRE((status == SIAM_OK) == (picture.pixels != NULL));
  if (status == SIAM_OK) {
    FUZZ_REQUIRE(picture.width >= 1 && picture.width <= 2048 && picture.height >= 1 &&
                 picture.height <= 2048);
    FUZZ_REQUIRE((uint64_t)picture.width * picture.height <= limits.max_pixels);
    FUZZ_REQUIRE(picture.channels == 1 || picture.channels == 3);
    size_t samples = (size_t)picture.width * picture.height * picture.channels;
    volatile uint8_t sum = 0;
    for (size_t i = 0; i < samples; i++) sum = (uint8_t)(sum + picture.pixels[i]);
  }
  siam_picture_clear(&picture);
  return 0;
}
