#include "compute/tile.h"

enum {
  MOST_VECTORS = 4,
  LEAST_WORK = 4000000 ///< Of a work-item, in multiply-adds: a thread that has gone to sleep wakes up later
                       ///< than another is done with fewer.
};

/// Rows by number of vectors, as direct convolutions want them (matrix products have their own). With AVX-512
/// there are 32 registers, before it 16; one must be left for the broadcast float, which is else loaded anew
/// for each vector. Twelve rows are as many addresses as fit the general registers.
static const int rows_of_32[MOST_VECTORS + 1] = {0, 12, 12, 8, 6};
static const int rows_of_16[MOST_VECTORS + 1] = {0, 10, 6, 4, 2};

int siam_tile_most_vectors(const siam_device *device) {
  return device->traits.vector_width >= 16 ? MOST_VECTORS : 2;
}

/// The tile with so many vectors, and as many rows as fit beside them.
static siam_tile tile_of(const siam_device *device, int vectors) {
  const int width = (int)device->traits.vector_width;
  return (siam_tile){(width >= 16 ? rows_of_32 : rows_of_16)[vectors], vectors, vectors * width};
}

siam_tile siam_tile_for(const siam_device *device, int columns) {
  const int width = (int)device->traits.vector_width;
  const int most = siam_tile_most_vectors(device);
  siam_tile tile = {0};
  int least = 0;
  for (int vectors = most; vectors > 0; vectors--) {
    const int covered = siam_divide_up(columns, vectors * width) * vectors;
    // A wide tile loads less, and one vector alone waits for loads: worth some empty lanes.
    if (tile.vectors != 0 && (covered * 16 >= least * 15 || (vectors == 1 && columns > width))) continue;
    least = covered;
    tile = tile_of(device, vectors);
  }
  return tile;
}

int siam_tasks_worth(const siam_device *device, double multiply_adds, int per_unit) {
  const int most = per_unit * (int)device->traits.compute_units;
  const double worth = multiply_adds / LEAST_WORK;
  return worth < 2 ? 1 : worth < most ? (int)worth : most;
}
