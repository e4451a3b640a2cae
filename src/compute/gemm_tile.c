#include "compute/gemm_engines.h"
#include "compute/join.h"
#include "compute/tile.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
  TASKS_PER_UNIT = 6,     ///< Work-items for each compute unit, so that none waits long for the last.
  MOST_ROWS = 432,        ///< Rows of a work-item: its block of A stays in the second-level cache.
  MOST_RESULTS = 1 << 17, ///< Floats of C that a work-item goes over once for each block, in the same cache.
  LEAST_TILES = 4,        ///< Register tiles of a work-item, so that copying B is a small part of its work.
  LEAST_PART = 256,       ///< Shortest part of k worth a matrix of its own.
  LEAST_WORK = 800000,    ///< Of a work-item, in multiply-adds: waking a thread for less takes as long.
  STORING = 16,           ///< Multiply-adds that an element of the result costs beside those of its sum.
  LEAST_DEPTH = 32,
  LEAST_BAND = 4,  ///< Tiles of a transposed A in local memory.
  MOST_VECTORS = 4 ///< As siam_tile_most_vectors() says.
};

/// Of the register tile, by number of vectors. With AVX-512 there are 32 registers, of which one holds the
/// broadcast float; before, there are 16.
static const int rows_of_32[MOST_VECTORS + 1] = {0, 12, 12, 8, 6};
static const int rows_of_16[MOST_VECTORS + 1] = {0, 10, 6, 4, 2};
/// Rows of B copied at a time: with all columns of the tile they fill most of the first-level cache.
static const int depths[MOST_VECTORS + 1] = {0, 256, 256, 192, 128};
/// Time of a multiply-add: narrow tiles load more for it.
static const double prices[MOST_VECTORS + 1] = {0, 1.3, 1.06, 1.03, 1};

/// How the work is divided; see cl/gemm_tile.cl.
typedef struct division {
  siam_tile tile;
  int depth;          ///< Rows of B copied at a time.
  int band;           ///< Tiles of a transposed A in local memory.
  int rows, chunks;   ///< Rows of C for a work-item; how many such.
  int panels, strips; ///< Panels of a work-item; how many such.
  int part, parts;    ///< Length of a part of k; how many such.
} division;

static siam_tile tile_of(const siam_device *device, int vectors) {
  const int width = (int)device->traits.vector_width;
  return (siam_tile){(width >= 16 ? rows_of_32 : rows_of_16)[vectors], vectors, vectors * width};
}

/// The tile that computes the fewest elements beyond the edges.
static siam_tile tile_for(const siam_device *device, int m, int n) {
  siam_tile best = tile_of(device, 1);
  double least = INFINITY;
  for (int vectors = siam_tile_most_vectors(device); vectors > 0; vectors--) {
    const siam_tile tile = tile_of(device, vectors);
    const double price = prices[vectors] * siam_divide_up(m, tile.rows) * tile.rows *
                         siam_divide_up(n, tile.columns) * tile.columns;
    if (price >= least) continue;
    best = tile;
    least = price;
  }
  return best;
}

/// Tiles of a transposed A that fit local memory beside `depth` rows of B.
static int band_beside(const siam_device *device, const siam_tile *tile, int depth) {
  const int64_t width = device->traits.vector_width,
                floats = (int64_t)(device->traits.local_bytes / sizeof(float));
  const int64_t band = (floats - (int64_t)depth * tile->columns) / (depth * tile->rows + width);
  const int most = siam_divide_up(MOST_ROWS, tile->rows);
  return band < most ? (int)band : most;
}

static int most_depth(const siam_device *device, const siam_tile *tile) {
  int depth = depths[tile->vectors];
  while (depth > LEAST_DEPTH && band_beside(device, tile, depth) < LEAST_BAND) depth /= 2;
  return depth;
}

/// Halves columns, rows or the sum until there is work for all. Columns first, as more rows share a copied
/// block of B; where A is copied too, whichever are longer.
static void share_out(division *by, const siam_gemm *gemm, int wanted) {
  const siam_tile *tile = &by->tile;
  const int tiles = siam_divide_up(gemm->m, tile->rows), panels = siam_divide_up(gemm->n, tile->columns);
  int tiles_each = by->rows / tile->rows, part = gemm->k;
  while (siam_divide_up(panels, by->panels) * siam_divide_up(tiles, tiles_each) * by->parts < wanted) {
    const bool many_tiles = tiles_each >= 2 * LEAST_TILES;
    const bool sum_longer = part > tiles_each * tile->rows || !many_tiles;
    const bool wide = !gemm->transpose_a || by->panels * tile->columns >= tiles_each * tile->rows;
    if (by->panels > 1 && (wide || !many_tiles)) {
      by->panels = siam_divide_up(by->panels, 2);
    } else if (part >= 2 * LEAST_PART && sum_longer) {
      part = siam_divide_up(part, 2);
      by->parts *= 2;
    } else if (many_tiles) {
      tiles_each = siam_divide_up(tiles_each, 2);
    } else {
      break;
    }
  }
  by->rows = tiles_each * tile->rows;
  by->chunks = siam_divide_up(tiles, tiles_each);
  by->strips = siam_divide_up(panels, by->panels);
  by->part = siam_divide_up(part, by->depth) * by->depth;
  by->parts = siam_divide_up(gemm->k, by->part);
}

static division divide(const siam_device *device, const siam_gemm *gemm, const siam_gemm_variant *variant) {
  division by = {.tile = tile_for(device, gemm->m, gemm->n), .parts = 1};
  if (variant->vectors > 0) by.tile = tile_of(device, variant->vectors);
  const siam_tile *tile = &by.tile;
  by.depth = variant->depth > 0 ? variant->depth : most_depth(device, tile);
  by.band = band_beside(device, tile, by.depth);
  int most_tiles = (variant->rows > 0 ? variant->rows : MOST_ROWS) / tile->rows;
  if (gemm->transpose_a) most_tiles = siam_smaller(most_tiles, by.band);
  const int tiles = siam_divide_up(gemm->m, tile->rows), panels = siam_divide_up(gemm->n, tile->columns);
  by.rows = siam_divide_up(tiles, siam_divide_up(tiles, most_tiles)) * tile->rows;
  const int most_panels =
      gemm->k > by.depth ? siam_larger(MOST_RESULTS / (by.rows * tile->columns), 1) : panels;
  by.panels = siam_divide_up(panels, siam_divide_up(panels, most_panels));
  const double worth = (double)gemm->m * panels * tile->columns * ((double)gemm->k + STORING) / LEAST_WORK;
  const int most_tasks = TASKS_PER_UNIT * (int)device->traits.compute_units;
  share_out(&by, gemm, worth < most_tasks ? (int)worth : most_tasks);
  return by;
}

bool siam_gemm_variant_fits(const siam_device *device, const siam_gemm_variant *variant) {
  const int vectors = siam_tile_most_vectors(device);
  if (!device->traits.is_cpu || variant->vectors < 0 || variant->vectors > vectors) return false;
  const siam_tile tile = tile_of(device, variant->vectors > 0 ? variant->vectors : vectors);
  if (variant->rows != 0 && (variant->rows < tile.rows || variant->rows > 4096)) return false;
  const int depth = variant->depth;
  return depth == 0 ||
         (depth >= 64 && depth <= 256 && depth % 64 == 0 && band_beside(device, &tile, depth) >= LEAST_BAND);
}

/// The kernel's argument `sizes`.
static siam_argument sizes_of(const siam_gemm *gemm, const division *by, const siam_epilogue *fused) {
  const bool split = by->parts > 1;
  cl_int words[SIAM_ARGUMENT_WORDS] = {gemm->m,
                                       gemm->n,
                                       gemm->k,
                                       gemm->transpose_a ? 1 : gemm->lda,
                                       gemm->transpose_a ? gemm->lda : 1,
                                       gemm->transpose_b ? 1 : gemm->ldb,
                                       gemm->transpose_b ? gemm->ldb : 1,
                                       split ? gemm->n : gemm->ldc,
                                       by->rows,
                                       by->panels,
                                       by->part,
                                       siam_view_exists(fused->bias)};
  const float reals[2] = {split ? 0 : gemm->beta, siam_epilogue_slope(fused)};
  memcpy(&words[12], reals, sizeof reals);
  return siam_arg_words(words);
}

siam_status siam_gemm_tile_add(siam_tape *tape, const siam_gemm *gemm, const siam_gemm_variant *variant) {
  siam_device *device = siam_tape_device(tape);
  const division by = divide(device, gemm, variant);
  char options[96];
  snprintf(options, sizeof options, "-DROWS=%d -DVECTORS=%d -DDEPTH=%d -DBAND=%d", by.tile.rows,
           by.tile.vectors, by.depth, by.band);
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(siam_program_get(device, "gemm_tile", options, &program));

  const siam_epilogue *epilogue = &gemm->epilogue;
  const bool split = by.parts > 1, linear = siam_epilogue_is_linear(epilogue);
  const siam_epilogue none = {0}, *fused = linear && !split ? epilogue : &none;
  const size_t matrix = (size_t)gemm->m * (size_t)gemm->n;
  const siam_view target = split ? siam_tape_tensor(tape, matrix * (size_t)by.parts) : gemm->c;
  const siam_grid grid = {{(size_t)by.strips, (size_t)by.chunks, (size_t)by.parts}};
  SIAM_RETURN_IF_FAILED(SIAM_LAUNCH(tape, program, "gemm_tile", grid, siam_arg_base(gemm->a),
                                    siam_arg_base(gemm->b), siam_arg_base(target), siam_arg_base(fused->bias),
                                    siam_arg_firsts(), sizes_of(gemm, &by, fused)));
  if (split) return siam_gemm_join(tape, gemm, target, by.parts);
  return linear ? SIAM_OK : siam_epilogue_add(tape, epilogue, gemm->c, gemm->m, gemm->n, gemm->ldc);
}
