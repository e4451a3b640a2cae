/// tile.h: the size of the CPU kernels' register tile (cl/tile.clh).
#ifndef SIAM_COMPUTE_TILE_H
#define SIAM_COMPUTE_TILE_H

#include "device/device.h"

typedef struct siam_tile {
  int rows, vectors; ///< ROWS, VECTORS
  int columns;       ///< vectors × the device's vector width
} siam_tile;

/// The tile for results with `columns` columns: the widest whose columns waste the fewest lanes at the right
/// edge, and as many rows as the device's registers hold beside them. Few different ones, since each is a
/// program to build.
siam_tile siam_tile_for(const siam_device *device, int columns);

/// Of a tile of any kernel.
int siam_tile_most_vectors(const siam_device *device);

/// Work-items for so many multiply-adds of the direct algorithm: `per_unit` for each compute unit, or as few
/// as make waking a thread for one of them worth while.
int siam_tasks_worth(const siam_device *device, double multiply_adds, int per_unit);

static inline int siam_divide_up(int count, int size) {
  return (count + size - 1) / size;
}
static inline int siam_smaller(int a, int b) {
  return a < b ? a : b;
}
static inline int siam_larger(int a, int b) {
  return a > b ? a : b;
}

#endif
