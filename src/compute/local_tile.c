#include "compute/local_tile.h"

#include "compute/tile.h"

#include <stdio.h>
#include <string.h>

enum {
  GROUPS_PER_UNIT = 4, ///< Work-groups for each compute unit, so that one computes while another loads.
  LEAST_PART = 256,    ///< Shortest part of a sum worth a matrix of its own.
  MOST_PARTS = 64
};

/// From large to small. What they ask of a device: 256 work-items and 18 KiB at most, 64 and 5 KiB from the
/// fifth on; the last, for the smallest devices, no more than 16 work-items.
static const siam_local_tile tiles[] = {
    {128, 128, 8, 16, 16, 4}, {128, 64, 16, 16, 16, 4}, {64, 64, 16, 16, 16, 4}, {64, 128, 16, 16, 16, 4},
    {64, 64, 16, 8, 8, 4},    {64, 32, 16, 8, 8, 4},    {32, 64, 16, 8, 8, 4},   {32, 32, 16, 8, 8, 4},
    {32, 32, 16, 8, 8, 2},    {32, 32, 32, 8, 8, 4},    {64, 16, 16, 16, 4, 4},  {16, 16, 16, 4, 4, 4},
};
enum { TILES = sizeof tiles / sizeof *tiles };

void siam_local_tile_options(const siam_local_tile *tile, char options[SIAM_LOCAL_TILE_OPTIONS_SIZE]) {
  snprintf(options, SIAM_LOCAL_TILE_OPTIONS_SIZE,
           "-DTILE_M=%d -DTILE_N=%d -DTILE_K=%d -DGROUP_M=%d -DGROUP_N=%d -DVECTOR=%d", tile->rows,
           tile->columns, tile->depth, tile->down, tile->across, tile->width);
}

bool siam_local_tile_fits(const siam_device *device, const siam_local_tile *tile, size_t extra) {
  const size_t floats =
      (size_t)tile->depth * ((size_t)tile->rows + 1 + (size_t)tile->columns + (size_t)tile->width);
  return tile->down * tile->across <= (int)device->traits.group_limit &&
         floats * sizeof(float) + extra <= device->traits.local_bytes;
}

const siam_local_tile *siam_local_tile_at(size_t index) {
  return index < TILES ? &tiles[index] : NULL;
}

bool siam_local_tile_standard(const siam_device *device, int m, int n, size_t extra, siam_local_tile *tile) {
  /// Large, for skinny results, medium, small.
  static const int choices[] = {2, 4, 10, 7, 11};
  const int wanted = GROUPS_PER_UNIT * (int)device->traits.compute_units;
  bool found = false;
  for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
    const siam_local_tile *one = &tiles[choices[i]];
    if (!siam_local_tile_fits(device, one, extra)) continue;
    *tile = *one;
    found = true;
    const bool narrow = n <= one->columns / 2;
    if (!narrow && siam_divide_up(m, one->rows) * siam_divide_up(n, one->columns) >= wanted) return true;
  }
  return found;
}

void siam_local_tile_write(const siam_local_tile *tile, char text[SIAM_LOCAL_TILE_TEXT_SIZE]) {
  snprintf(text, SIAM_LOCAL_TILE_TEXT_SIZE, "%dx%dx%d by %dx%d width %d", tile->rows, tile->columns,
           tile->depth, tile->down, tile->across, tile->width);
}

bool siam_local_tile_read(const char *text, siam_local_tile *tile) {
  char known[SIAM_LOCAL_TILE_TEXT_SIZE];
  for (int i = 0; i < TILES; i++) {
    siam_local_tile_write(&tiles[i], known);
    *tile = tiles[i];
    if (strcmp(known, text) == 0) return true;
  }
  return false;
}

siam_local_parts siam_local_tile_divide(const siam_device *device, const siam_local_tile *tile, int m, int n,
                                        int k) {
  const int groups = siam_divide_up(m, tile->rows) * siam_divide_up(n, tile->columns);
  const int wanted = GROUPS_PER_UNIT * (int)device->traits.compute_units;
  int parts = siam_smaller(siam_divide_up(wanted, groups), siam_larger(1, k / LEAST_PART));
  parts = siam_smaller(parts, MOST_PARTS);
  const int part = siam_divide_up(siam_divide_up(k, parts), tile->depth) * tile->depth;
  return (siam_local_parts){.part = part, .parts = siam_divide_up(k, part)};
}
