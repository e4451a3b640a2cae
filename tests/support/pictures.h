/// Pictures for tests: the committed fixtures (tests/data/fixtures/make.py) and small ones made on the spot.
#ifndef SIAM_TEST_PICTURES_H
#define SIAM_TEST_PICTURES_H

#include <stddef.h>
#include <stdint.h>

/// Path of a fixture in one of eight rotating static buffers.
const char *siam_test_fixture(const char *name);

/// Writes a grey (channels 1) or coloured (3) raw PNM file; makes its folders.
void siam_test_write_pnm(const char *path, uint32_t width, uint32_t height, uint32_t channels,
                         const uint8_t *pixels);

/// Writes a picture of one shade, `size` × `size`.
void siam_test_write_flat(const char *path, uint32_t size, uint8_t shade);

/// Writes any bytes; makes its folders.
void siam_test_write(const char *path, const void *bytes, size_t count);

#endif
