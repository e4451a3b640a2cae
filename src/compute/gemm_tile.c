#include "compute/gemm_engines.h"
#include "compute/join.h"
#include "compute/tile.h"

#include <stdio.h>

enum {
  TASKS_PER_UNIT = 8,  ///< Work-items for each compute unit, so that none waits long for the last.
  MOST_ROWS = 216,     ///< Rows of a work-item: its results and its rows of A stay in the nearest caches.
  LEAST_TILES = 4,     ///< Register tiles of a work-item, so that copying B is a small part of its work.
  LEAST_PART = 256,    ///< Shortest part of k worth a matrix of its own.
  LEAST_WORK = 400000, ///< Of a work-item, in multiply-adds: waking a thread for less takes as long.
  STORING = 16,        ///< Multiply-adds that an element of the result costs beside those of its sum.
  MOST_DEPTH = 256,    ///< Rows of B in local memory.
  LEAST_DEPTH = 32,
  BAND_STEP = 48 ///< As in cl/gemm_tile.cl.
};

/// How the work is divided; see cl/gemm_tile.cl.
typedef struct division {
  siam_tile tile;
  int depth;        ///< Rows of B copied at a time.
  int rows, chunks; ///< Rows of C for a work-item; how many such.
  int part, parts;  ///< Length of a part of k; how many such.
} division;

/// Whether local memory holds `depth` rows of B, and beside them BAND_STEP columns of a transposed A.
static bool fits(const siam_device *device, const siam_tile *tile, int depth) {
  return (uint64_t)depth * (uint64_t)(tile->columns + BAND_STEP) * sizeof(float) <=
         device->traits.local_bytes;
}

static int most_depth(const siam_device *device, const siam_tile *tile) {
  int depth = MOST_DEPTH;
  while (depth > LEAST_DEPTH && !fits(device, tile, depth)) depth /= 2;
  return depth;
}

static division divide(const siam_device *device, const siam_gemm *gemm, const siam_gemm_variant *variant) {
  division by = {.tile = siam_tile_for(device, gemm->n), .parts = 1};
  if (variant->vectors > 0) by.tile = siam_tile_of(device, variant->vectors);
  const siam_tile tile = by.tile;
  by.depth = variant->depth > 0 ? variant->depth : most_depth(device, &tile);
  const int panels = siam_divide_up(gemm->n, tile.columns), tiles = siam_divide_up(gemm->m, tile.rows);
  const int most_tiles = (variant->rows > 0 ? variant->rows : MOST_ROWS) / tile.rows;
  const double work = (double)gemm->m * panels * tile.columns * ((double)gemm->k + STORING);
  const double worth = work / LEAST_WORK;
  int wanted = TASKS_PER_UNIT * (int)device->traits.compute_units;
  if (worth < wanted) wanted = (int)worth;
  // Rows or the sum are halved, whichever is longer, until there is work for all: squares read the least.
  int tiles_each = siam_divide_up(tiles, siam_divide_up(tiles, most_tiles)), part = gemm->k;
  while (panels * siam_divide_up(tiles, tiles_each) * by.parts < wanted) {
    const bool sum_longer = part > tiles_each * tile.rows;
    if (part >= 2 * LEAST_PART && (sum_longer || tiles_each < 2 * LEAST_TILES)) {
      part = siam_divide_up(part, 2);
      by.parts *= 2;
    } else if (tiles_each >= 2 * LEAST_TILES) {
      tiles_each = siam_divide_up(tiles_each, 2);
    } else {
      break;
    }
  }
  by.rows = tiles_each * tile.rows;
  by.chunks = siam_divide_up(tiles, tiles_each);
  by.part = siam_divide_up(part, by.depth) * by.depth;
  by.parts = siam_divide_up(gemm->k, by.part);
  return by;
}

bool siam_gemm_variant_fits(const siam_device *device, const siam_gemm_variant *variant) {
  const int vectors = siam_tile_most_vectors(device);
  if (!device->traits.is_cpu || variant->vectors < 0 || variant->vectors > vectors) return false;
  const siam_tile tile = siam_tile_of(device, variant->vectors > 0 ? variant->vectors : vectors);
  if (variant->rows != 0 && (variant->rows < tile.rows || variant->rows > 4096)) return false;
  const int depth = variant->depth;
  return depth == 0 || ((depth == 128 || depth == 256) && fits(device, &tile, depth));
}

siam_status siam_gemm_tile_add(siam_tape *tape, const siam_gemm *gemm, const siam_gemm_variant *variant) {
  siam_device *device = siam_tape_device(tape);
  const division by = divide(device, gemm, variant);
  char options[64];
  snprintf(options, sizeof options, "-DROWS=%d -DVECTORS=%d -DDEPTH=%d", by.tile.rows, by.tile.vectors,
           by.depth);
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(siam_program_get(device, "gemm_tile", options, &program));

  const siam_epilogue *epilogue = &gemm->epilogue;
  const bool split = by.parts > 1, linear = siam_epilogue_is_linear(epilogue);
  const siam_epilogue none = {0}, *fused = linear && !split ? epilogue : &none;
  const bool with_bias = siam_view_exists(fused->bias);
  const size_t matrix = (size_t)gemm->m * (size_t)gemm->n;
  const siam_view target = split ? siam_tape_tensor(tape, matrix * (size_t)by.parts) : gemm->c;
  const siam_grid grid = {
      {(size_t)siam_divide_up(gemm->n, by.tile.columns), (size_t)by.chunks, (size_t)by.parts}};
  SIAM_RETURN_IF_FAILED(SIAM_LAUNCH(
      tape, program, "gemm_tile", grid, siam_arg_int(gemm->m), siam_arg_int(gemm->n), siam_arg_int(gemm->k),
      siam_arg(gemm->a), siam_arg_int(gemm->transpose_a ? 1 : gemm->lda),
      siam_arg_int(gemm->transpose_a ? gemm->lda : 1), siam_arg(gemm->b),
      siam_arg_int(gemm->transpose_b ? 1 : gemm->ldb), siam_arg_int(gemm->transpose_b ? gemm->ldb : 1),
      siam_arg(target), siam_arg_int(split ? gemm->n : gemm->ldc), siam_arg_float(split ? 0 : gemm->beta),
      siam_arg_int(by.rows), siam_arg_int(by.part), siam_arg(with_bias ? fused->bias : gemm->a),
      siam_arg_int(with_bias), siam_arg_float(siam_epilogue_slope(fused))));
  if (split) {
    const siam_join join = {.parts = target,
                            .count = by.parts,
                            .rows = gemm->m,
                            .columns = gemm->n,
                            .part_step = (int)matrix,
                            .parts_row = gemm->n,
                            .out = gemm->c,
                            .out_row = gemm->ldc,
                            .beta = gemm->beta,
                            .epilogue = linear ? *epilogue : none};
    SIAM_RETURN_IF_FAILED(siam_join_add(tape, &join));
  }
  return linear ? SIAM_OK : siam_epilogue_add(tape, epilogue, gemm->c, gemm->m, gemm->n, gemm->ldc);
}
