/// Grids for kernels that treat every element alike (MAP in cl/common.clh).
#ifndef SIAM_COMPUTE_MAP_H
#define SIAM_COMPUTE_MAP_H

#include "device/tape.h"

/// Enough work-items for `count` elements: on CPU-type devices runs of a few thousand, so that starting a
/// work-item costs nothing against its work; elsewhere one vector each.
static inline siam_grid siam_map_grid(const siam_device *device, size_t count) {
  size_t run = device->traits.is_cpu ? 4096 : device->traits.vector_width;
  return (siam_grid){{(count + run - 1) / run}};
}

/// The widest vector the device likes that divides `channels`: what -DVECTOR is set to.
static inline unsigned siam_vector_width(const siam_device *device, int channels) {
  unsigned width = device->traits.vector_width;
  while (width > 1 && (unsigned)channels % width != 0) width /= 2;
  return width == 2 ? 1 : width;
}

/// The widest vector the device likes that `channels` fill once: for kernels whose last vector may overlap
/// the one before (EACH_PIXEL in cl/each_pixel.clh).
static inline unsigned siam_vector_width_overlapping(const siam_device *device, int channels) {
  unsigned width = device->traits.vector_width;
  while (width > (unsigned)channels) width /= 2;
  return width == 2 ? 1 : width;
}

/// Work-items that share `rows` rows of [rows, channels], the channels in vectors of `width`: on CPU-type
/// devices one item walks all channels of a slice of rows (lines of memory in order), elsewhere neighbouring
/// items take neighbouring channels. dim 0: channel vectors; dim 1: slices, at least `least_rows` rows each.
static inline siam_grid siam_rows_grid(const siam_device *device, size_t rows, int channels, unsigned width,
                                       size_t least_rows) {
  size_t most = device->traits.is_cpu ? 8 * (size_t)device->traits.compute_units : 512;
  size_t slices = rows / least_rows;
  slices = slices < 1 ? 1 : slices > most ? most : slices;
  return (siam_grid){{device->traits.is_cpu ? 1 : ((size_t)channels + width - 1) / width, slices}};
}

#endif
