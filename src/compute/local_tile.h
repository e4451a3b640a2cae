/// local_tile.h: the tile of the kernels with local memory (cl/local_tile.clh): which ones a device can run,
/// which one suits a product, and how a sum is divided so that there is work for all compute units.
#ifndef SIAM_COMPUTE_LOCAL_TILE_H
#define SIAM_COMPUTE_LOCAL_TILE_H

#include "device/device.h"

/// The zero value is "the standard one for the product".
typedef struct siam_local_tile {
  int rows, columns, depth; ///< TILE_M, TILE_N, TILE_K
  int down, across;         ///< GROUP_M, GROUP_N
  int width;                ///< VECTOR
} siam_local_tile;

enum { SIAM_LOCAL_TILE_OPTIONS_SIZE = 128 };

/// Writes what tells the program of a tile from others.
void siam_local_tile_options(const siam_local_tile *tile, char options[SIAM_LOCAL_TILE_OPTIONS_SIZE]);

/// Whether the device can hold the tile: local memory, `extra` bytes beside it included, and work-group.
bool siam_local_tile_fits(const siam_device *device, const siam_local_tile *tile, size_t extra);

/// The tiles worth trying, in the order of a table; NULL past the last.
const siam_local_tile *siam_local_tile_at(size_t index);

/// What is taken for an m × n product untuned: a large tile where that leaves work for all compute units,
/// else a smaller one. False where the device can run none.
bool siam_local_tile_standard(const siam_device *device, int m, int n, size_t extra, siam_local_tile *tile);

enum { SIAM_LOCAL_TILE_TEXT_SIZE = 48 };

/// A tile as a text for the tuner, "64x64x16 by 16x16 width 4"; and back: false where it is no tile of the
/// table.
void siam_local_tile_write(const siam_local_tile *tile, char text[SIAM_LOCAL_TILE_TEXT_SIZE]);
bool siam_local_tile_read(const char *text, siam_local_tile *tile);

/// How a product of a long sum and few results is divided: `part` steps of the sum, a multiple of the tile's
/// depth, for each of `parts`.
typedef struct siam_local_parts {
  int part, parts;
} siam_local_parts;
siam_local_parts siam_local_tile_divide(const siam_device *device, const siam_local_tile *tile, int m, int n,
                                        int k);

#endif
