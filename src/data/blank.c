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
