#include "compute/gemm.h"

#include "compute/choice.h"
#include "compute/gemm_engines.h"

enum { CHOICE_AUTO, CHOICE_CLBLAST, CHOICE_TILE, CHOICES };
static const char *const choice_names[CHOICES] = {"auto", "clblast", "tile"};

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

/// Takes what tuning found for this product; leaves engine and variant where it was not tuned, or by a
/// version whose words mean nothing here.
static void consult(siam_device *device, const siam_gemm *gemm, bool *tile, siam_gemm_variant *variant) {
  siam_tunable tunable;
  siam_gemm_tunable(gemm, &tunable);
  const char *choice = siam_tunable_choice(device, &tunable);
  bool tuned_tile = false;
  siam_gemm_variant tuned = {0};
  if (choice == NULL || !siam_gemm_read_choice(device, choice, &tuned_tile, &tuned)) return;
  *tile = tuned_tile;
  *variant = tuned;
}

siam_status siam_gemm_add(siam_tape *tape, const siam_gemm *gemm) {
  siam_gemm whole = *gemm;
  SIAM_RETURN_IF_FAILED(check(&whole));
  int choice = CHOICE_AUTO;
  SIAM_RETURN_IF_FAILED(siam_choice_read("SIAMESE_GEMM", choice_names, CHOICES, &choice));
  const bool is_cpu = siam_tape_device(tape)->traits.is_cpu;
  if (choice == CHOICE_TILE && !is_cpu)
    return siam_fail(SIAM_ERROR_ARGUMENT,
                     "SIAMESE_GEMM is \"tile\", an engine for CPU devices; %s needs \"auto\" or \"clblast\"",
                     siam_tape_device(tape)->info.name);
  bool tile = choice == CHOICE_TILE || (choice == CHOICE_AUTO && is_cpu);
  siam_gemm_variant variant = {0};
  if (choice == CHOICE_AUTO) consult(siam_tape_device(tape), &whole, &tile, &variant);
  siam_tape_note(tape, choice_names[tile ? CHOICE_TILE : CHOICE_CLBLAST]);
  return tile ? siam_gemm_tile_add(tape, &whole, &variant) : siam_gemm_clblast_add(tape, &whole);
}
