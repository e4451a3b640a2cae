#include "losses/pairwise.h"

#include "compute/gemm.h"

#include <stdio.h>

siam_grid siam_pairwise_grid(const siam_loss_batch *batch, int rows, int columns) {
  bool is_cpu = siam_tape_device(batch->tape)->traits.is_cpu;
  return (siam_grid){{is_cpu ? 1 : (size_t)columns, (size_t)rows}};
}

static siam_status get_program(const siam_loss_batch *batch, const char *name, siam_program **program) {
  return siam_program_get(siam_tape_device(batch->tape), name, "", program);
}

siam_status siam_pairwise_matrix(const siam_loss_batch *batch, siam_matrix kind, siam_view *matrix) {
  const int rows = batch->rows;
  *matrix = siam_tape_tensor(batch->tape, (size_t)rows * (size_t)rows);
  if (kind == SIAM_MATRIX_SIMILARITIES)
    return siam_gemm_add(batch->tape, &(siam_gemm){.m = rows,
                                                   .n = rows,
                                                   .k = batch->dimensions,
                                                   .a = batch->embeddings,
                                                   .b = batch->embeddings,
                                                   .transpose_b = true,
                                                   .c = *matrix});
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(get_program(batch, "pairwise", &program));
  return SIAM_LAUNCH(batch->tape, program, "pairwise_distances", siam_pairwise_grid(batch, rows, rows),
                     siam_arg(batch->embeddings), siam_arg(*matrix), siam_arg_int(rows),
                     siam_arg_int(batch->dimensions));
}

siam_status siam_pairwise_finish(const siam_loss_batch *batch, siam_matrix kind, siam_view matrix,
                                 siam_view terms, siam_view totals) {
  enum { STATISTICS_WORDS = 3 };
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(get_program(batch, "pairwise", &program));
  siam_view statistics = siam_tape_tensor(batch->tape, (size_t)batch->rows * STATISTICS_WORDS);
  SIAM_RETURN_IF_FAILED(SIAM_LAUNCH(
      batch->tape, program, "pairwise_statistics", ((siam_grid){{(size_t)batch->rows}}), siam_arg(matrix),
      siam_arg_buffer(batch->labels), siam_arg(statistics), siam_arg_int(batch->rows), siam_arg_int(kind)));
  return SIAM_LAUNCH(batch->tape, program, "pairwise_finish", ((siam_grid){{1}}), siam_arg(terms),
                     siam_arg(statistics), siam_arg(totals), siam_arg(batch->result),
                     siam_arg_int((int)(terms.count / SIAM_TERM_WORDS)), siam_arg_int(batch->rows));
}

siam_status siam_pairwise_back(const siam_loss_batch *batch, siam_matrix kind, siam_view factors) {
  const int rows = batch->rows, dimensions = batch->dimensions;
  if (kind == SIAM_MATRIX_DISTANCES) {
    siam_program *program = NULL;
    SIAM_RETURN_IF_FAILED(get_program(batch, "pairwise", &program));
    return SIAM_LAUNCH(batch->tape, program, "pairwise_pull", siam_pairwise_grid(batch, rows, dimensions),
                       siam_arg(batch->embeddings), siam_arg(factors), siam_arg(batch->gradients),
                       siam_arg_int(rows), siam_arg_int(dimensions));
  }
  siam_gemm product = {
      .m = rows, .n = dimensions, .k = rows, .a = factors, .b = batch->embeddings, .c = batch->gradients};
  SIAM_RETURN_IF_FAILED(siam_gemm_add(batch->tape, &product));
  product.transpose_a = true;
  product.beta = 1;
  return siam_gemm_add(batch->tape, &product);
}

enum { FIXED_ARGUMENTS = 6 };

/// Launches NAME_`part`.
static siam_status launch(const siam_loss *loss, const siam_loss_batch *batch, const char *part,
                          siam_grid grid, siam_argument *arguments, size_t count) {
  char kernel[64];
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(get_program(batch, loss->type->name, &program));
  snprintf(kernel, sizeof kernel, "%s_%s", loss->type->name, part);
  count = siam_loss_add_options(loss, arguments, count);
  return siam_tape_kernel(batch->tape, program, kernel, grid, arguments, count);
}

siam_status siam_pairwise_add(const siam_loss *loss, const siam_loss_batch *batch) {
  const siam_matrix kind = loss->type->matrix;
  const size_t rows = (size_t)batch->rows;
  const size_t note_count = loss->type->notes == SIAM_NOTES_PER_PAIR ? rows : (size_t)loss->type->notes;
  siam_view matrix, factors = siam_tape_tensor(batch->tape, rows * rows);
  siam_view notes = siam_tape_tensor(batch->tape, rows * note_count);
  siam_view terms = siam_tape_tensor(batch->tape, rows * SIAM_TERM_WORDS);
  siam_view totals = siam_tape_tensor(batch->tape, SIAM_TERM_WORDS);
  SIAM_RETURN_IF_FAILED(siam_pairwise_matrix(batch, kind, &matrix));
  siam_argument of_rows[FIXED_ARGUMENTS + SIAM_OPTIONS_MAX] = {
      siam_arg(matrix), siam_arg_buffer(batch->labels), siam_arg(notes), siam_arg(terms),
      siam_arg_int(batch->rows)};
  SIAM_RETURN_IF_FAILED(launch(loss, batch, "rows", (siam_grid){{rows}}, of_rows, 5));
  SIAM_RETURN_IF_FAILED(siam_pairwise_finish(batch, kind, matrix, terms, totals));
  siam_argument of_factors[FIXED_ARGUMENTS + SIAM_OPTIONS_MAX] = {
      siam_arg(matrix),  siam_arg_buffer(batch->labels), siam_arg(notes), siam_arg(totals),
      siam_arg(factors), siam_arg_int(batch->rows)};
  SIAM_RETURN_IF_FAILED(
      launch(loss, batch, "factors", siam_pairwise_grid(batch, batch->rows, batch->rows), of_factors, 6));
  return siam_pairwise_back(batch, kind, factors);
}
