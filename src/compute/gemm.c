#include "compute/gemm.h"

#include "compute/choice.h"
#include "compute/gemm_engines.h"
#include "compute/join.h"

/// Words of SIAMESE_GEMM; those behind the first are engines, in the order of siam_gemm_engine.
enum { CHOICE_AUTO, CHOICES = 4 };
static const char *const choice_names[CHOICES] = {"auto", "clblast", "tile", "local"};

/// Floats from a matrix's first element to its last.
static size_t span(int rows, int columns, int stride) {
  return (size_t)(rows - 1) * (size_t)stride + (size_t)columns;
}

/// Checks one matrix as it lies, `rows` × `columns`, and replaces a `stride` of 0.
static siam_status check_matrix(char name, int rows, int columns, siam_view view, int *stride) {
  if (*stride == 0) *stride = columns;
  if (*stride < columns)
    return siam_fail(SIAM_ERROR_ARGUMENT, "matrix product: rows of %c have %d columns and lie %d apart", name,
                     columns, *stride);
  if (!siam_view_exists(view) || view.count < span(rows, columns, *stride))
    return siam_fail(SIAM_ERROR_ARGUMENT, "matrix product: %c is %d × %d and its view has %zu elements", name,
                     rows, columns, view.count);
  return SIAM_OK;
}

static siam_status check(siam_gemm *gemm) {
  const int m = gemm->m, n = gemm->n, k = gemm->k;
  if (m < 1 || n < 1 || k < 1)
    return siam_fail(SIAM_ERROR_ARGUMENT, "matrix product: sizes m %d, n %d, k %d", m, n, k);
  const siam_epilogue *epilogue = &gemm->epilogue;
  if (siam_view_exists(epilogue->bias) && epilogue->bias.count < (size_t)n)
    return siam_fail(SIAM_ERROR_ARGUMENT, "matrix product: %d columns and a bias of %zu", n,
                     epilogue->bias.count);
  const bool ta = gemm->transpose_a, tb = gemm->transpose_b;
  SIAM_RETURN_IF_FAILED(check_matrix('A', ta ? k : m, ta ? m : k, gemm->a, &gemm->lda));
  SIAM_RETURN_IF_FAILED(check_matrix('B', tb ? n : k, tb ? k : n, gemm->b, &gemm->ldb));
  return check_matrix('C', m, n, gemm->c, &gemm->ldc);
}

siam_gemm_way siam_gemm_standard(const siam_device *device) {
  return (siam_gemm_way){.engine = device->traits.is_cpu ? SIAM_GEMM_TILE : SIAM_GEMM_CLBLAST};
}

/// What tuning found for this product, or the standard where it was not tuned, or by a version whose words
/// mean nothing here.
static siam_gemm_way find_way(siam_device *device, const siam_gemm *gemm) {
  siam_tunable tunable;
  siam_gemm_way way;
  siam_gemm_tunable(gemm, &tunable);
  const char *choice = siam_tunable_choice(device, &tunable);
  if (choice != NULL && siam_gemm_read_choice(device, choice, &way)) return way;
  return siam_gemm_standard(device);
}

/// The engine that SIAMESE_GEMM forces, where the device can run it.
static siam_status force(const siam_device *device, int choice, siam_gemm_way *way) {
  *way = (siam_gemm_way){.engine = (siam_gemm_engine)(choice - 1)};
  if (way->engine == SIAM_GEMM_TILE && !device->traits.is_cpu)
    return siam_fail(SIAM_ERROR_ARGUMENT,
                     "SIAMESE_GEMM is \"tile\", an engine for CPU devices; %s needs \"auto\", \"clblast\" or "
                     "\"local\"",
                     device->info.name);
  if (way->engine == SIAM_GEMM_LOCAL && !siam_gemm_local_can(device))
    return siam_fail(
        SIAM_ERROR_ARGUMENT,
        "SIAMESE_GEMM is \"local\", and %s has too small work-groups or local memory for it; use "
        "\"auto\" or \"clblast\"",
        device->info.name);
  return SIAM_OK;
}

siam_status siam_gemm_join(siam_tape *tape, const siam_gemm *gemm, siam_view parts, int count) {
  const siam_epilogue *epilogue = &gemm->epilogue, none = {0};
  const bool linear = siam_epilogue_is_linear(epilogue);
  const siam_join join = {.parts = parts,
                          .count = count,
                          .rows = gemm->m,
                          .columns = gemm->n,
                          .part_step = gemm->m * gemm->n,
                          .parts_row = gemm->n,
                          .out = gemm->c,
                          .out_row = gemm->ldc,
                          .beta = gemm->beta,
                          .epilogue = linear ? *epilogue : none};
  SIAM_RETURN_IF_FAILED(siam_join_add(tape, &join));
  return linear ? SIAM_OK : siam_epilogue_add(tape, epilogue, gemm->c, gemm->m, gemm->n, gemm->ldc);
}

siam_status siam_gemm_add_as(siam_tape *tape, const siam_gemm *gemm, const siam_gemm_way *way) {
  switch (way->engine) {
  case SIAM_GEMM_TILE:
    return siam_gemm_tile_add(tape, gemm, &way->tile);
  case SIAM_GEMM_LOCAL:
    return siam_gemm_local_add(tape, gemm, &way->local);
  case SIAM_GEMM_CLBLAST:
    break;
  }
  return siam_gemm_clblast_add(tape, gemm);
}

siam_status siam_gemm_add(siam_tape *tape, const siam_gemm *gemm) {
  siam_gemm whole = *gemm;
  siam_gemm_way way;
  int choice = CHOICE_AUTO;
  SIAM_RETURN_IF_FAILED(check(&whole));
  SIAM_RETURN_IF_FAILED(siam_choice_read("SIAMESE_GEMM", choice_names, CHOICES, &choice));
  if (choice == CHOICE_AUTO)
    way = find_way(siam_tape_device(tape), &whole);
  else
    SIAM_RETURN_IF_FAILED(force(siam_tape_device(tape), choice, &way));
  siam_tape_note(tape, choice_names[1 + (int)way.engine]);
  return siam_gemm_add_as(tape, &whole, &way);
}
