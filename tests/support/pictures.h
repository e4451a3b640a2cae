/// Pictures for tests: the committed fixtures (tests/data/fixtures/make.py) and small ones made on the spot.
#ifndef SIAM_TEST_PICTURES_H
#define SIAM_TEST_PICTURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Path of a fixture in one of eight rotating static buffers.
const char *siam_test_fixture(const char *name);

/// Writes a grey (channels 1) or coloured (3) raw PNM file; makes its folders.
void siam_test_write_pnm(const char *path, uint32_t width, uint32_t height, uint32_t channels,
                         const uint8_t *pixels);

/// Writes a picture of one shade, `size` × `size`.
void siam_test_write_flat(const char *path, uint32_t size, uint8_t shade);

/// What siam_test_write_landscape() draws; zero means the default.
typedef struct siam_test_landscape {
  int kind;      ///< 0 or 1: other hills under another sky.
  uint32_t side; ///< 0: 200.
  int percent;   ///< Of its brightness; 0: 100.
  bool mirrored;
  uint32_t cut;   ///< So many pixels are cut off at every side.
  double degrees; ///< Turned to the left about its middle; the corners are black.
} siam_test_landscape;

/// Writes a coloured picture of hills.
void siam_test_write_landscape(const char *path, const siam_test_landscape *landscape);

/// Writes any bytes; makes its folders.
void siam_test_write(const char *path, const void *bytes, size_t count);

#endif
