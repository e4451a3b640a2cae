/// The IDX format of MNIST and its relatives: two zero bytes, a type, the number of dimensions, each
/// dimension as 32 bits big-endian, then the values in row-major order. http://yann.lecun.com/exdb/mnist/
#ifndef SIAM_MNIST_IDX_H
#define SIAM_MNIST_IDX_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum { SIAM_IDX_DIMENSIONS = 3 };

typedef struct siam_idx {
  uint32_t dimension_count;
  uint32_t dimensions[SIAM_IDX_DIMENSIONS]; ///< 1 where there are fewer.
  uint8_t *values;
} siam_idx;

/// Reads an IDX file of bytes with exactly `dimension_count` dimensions, compressed by gzip or not. The whole
/// file has to be as long as its header says. Release with siam_idx_release().
siam_status siam_idx_read(const char *path, uint32_t dimension_count, siam_idx *idx);

/// The same for a file of `count` bytes that lies in memory; `path` stands for it in messages.
siam_status siam_idx_parse(const char *path, const uint8_t *bytes, size_t count, uint32_t dimension_count,
                           siam_idx *idx);
void siam_idx_release(siam_idx *idx);

#endif
