#include "compute/gemm_engines.h"
#include "compute/join.h"
#include "compute/local_tile.h"
#include "compute/tile.h"

bool siam_gemm_local_can(const siam_device *device) {
  siam_local_tile tile;
  return siam_local_tile_standard(device, 1, 1, 0, &tile);
}

/// Launches the kernel: C, or the parts of it, go to `target`.
static siam_status launch(siam_tape *tape, const siam_gemm *gemm, const siam_local_tile *tile,
                          siam_local_parts by, siam_view target, const siam_epilogue *fused) {
  char options[SIAM_LOCAL_TILE_OPTIONS_SIZE];
  siam_program *program = NULL;
  siam_local_tile_options(tile, options);
  SIAM_RETURN_IF_FAILED(siam_program_get(siam_tape_device(tape), "gemm_local", options, &program));
  const bool split = by.parts > 1, with_bias = siam_view_exists(fused->bias);
  const size_t group = (size_t)tile->down * (size_t)tile->across;
  const siam_grid grid = {{(size_t)siam_divide_up(gemm->n, tile->columns) * group,
                           (size_t)siam_divide_up(gemm->m, tile->rows), (size_t)by.parts}};
  return SIAM_LAUNCH_GROUPS(
      tape, program, "gemm_local", group, grid, siam_arg_int(gemm->m), siam_arg_int(gemm->n),
      siam_arg_int(gemm->k), siam_arg(gemm->a), siam_arg_int(gemm->transpose_a ? 1 : gemm->lda),
      siam_arg_int(gemm->transpose_a ? gemm->lda : 1), siam_arg(gemm->b),
      siam_arg_int(gemm->transpose_b ? 1 : gemm->ldb), siam_arg_int(gemm->transpose_b ? gemm->ldb : 1),
      siam_arg(target), siam_arg_int(split ? gemm->n : gemm->ldc), siam_arg_float(split ? 0 : gemm->beta),
      siam_arg_int(by.part), siam_arg(with_bias ? fused->bias : gemm->a), siam_arg_int(with_bias),
      siam_arg_float(siam_epilogue_slope(fused)));
}

siam_status siam_gemm_local_add(siam_tape *tape, const siam_gemm *gemm, const siam_local_tile *variant) {
  const siam_device *device = siam_tape_device(tape);
  siam_local_tile tile = *variant;
  if (tile.rows == 0 && !siam_local_tile_standard(device, gemm->m, gemm->n, 0, &tile))
    return siam_fail(SIAM_ERROR_DEVICE, "matrix product: %s has too small work-groups or local memory for it",
                     device->info.name);
  const siam_local_parts by = siam_local_tile_divide(device, &tile, gemm->m, gemm->n, gemm->k);
  const siam_epilogue *epilogue = &gemm->epilogue, none = {0};
  const bool linear = siam_epilogue_is_linear(epilogue);
  if (by.parts > 1) {
    const siam_view parts = siam_tape_tensor(tape, (size_t)gemm->m * (size_t)gemm->n * (size_t)by.parts);
    SIAM_RETURN_IF_FAILED(launch(tape, gemm, &tile, by, parts, &none));
    return siam_gemm_join(tape, gemm, parts, by.parts);
  }
  SIAM_RETURN_IF_FAILED(launch(tape, gemm, &tile, by, gemm->c, linear ? epilogue : &none));
  return linear ? SIAM_OK : siam_epilogue_add(tape, epilogue, gemm->c, gemm->m, gemm->n, gemm->ldc);
}
