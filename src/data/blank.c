#include "data/blank.h"

enum { LEAST_DEVIATION = 3 };

bool siam_pixels_are_blank(const uint8_t *bytes, const siam_picture_shape *shape) {
  uint64_t pixels = (uint64_t)shape->height * shape->width;
  for (uint32_t c = 0; c < shape->channels; c++) {
    uint64_t sum = 0, squares = 0;
    for (uint64_t i = 0; i < pixels; i++) {
      uint64_t value = bytes[i * shape->channels + c];
      sum += value;
      squares += value * value;
    }
    double mean = (double)sum / (double)pixels;
    if ((double)squares / (double)pixels - mean * mean >= LEAST_DEVIATION * LEAST_DEVIATION) return false;
  }
  return true;
}

bool siam_picture_is_one_colour(const siam_picture *picture) {
  const size_t count = (size_t)picture->width * picture->height;
  for (uint32_t c = 0; c < picture->channels; c++) {
    uint8_t least = 255, most = 0;
    for (size_t i = 0; i < count; i++) {
      uint8_t value = picture->pixels[i * picture->channels + c];
      if (value < least) least = value;
      if (value > most) most = value;
    }
    if (most - least > 2 * LEAST_DEVIATION) return false;
  }
  return true;
}
