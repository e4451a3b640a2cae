#include "losses/proxy.h"

#include "compute/gemm.h"
#include "losses/pairwise.h"

#include <math.h>
#include <stdio.h>

int siam_proxy_slots(const double *options, int classes, int dimensions, siam_slot *slots) {
  (void)options;
  // Independent normal numbers have no preferred direction, and these a length of about 1.
  slots[0] = (siam_slot){.role = "proxies",
                         .kind = SIAM_PARAMETER_OFFSET,
                         .initialiser = {SIAM_INITIALISE_NORMAL, (float)sqrt(1.0 / dimensions)},
                         .rank = 2,
                         .dims = {classes, dimensions}};
  return 1;
}

/// Proxies as the losses see them, and what leads back from there.
typedef struct proxies {
  siam_view units, lengths, slopes;
} proxies;

static siam_status add_units(const siam_loss_batch *batch, siam_program *program, const proxies *p) {
  return SIAM_LAUNCH(batch->tape, program, "proxy_units", ((siam_grid){{(size_t)batch->classes}}),
                     siam_arg(batch->parameter[0]), siam_arg(p->units), siam_arg(p->lengths),
                     siam_arg_int(batch->classes), siam_arg_int(batch->dimensions));
}

/// The gradients of embeddings and proxies, from the derivative of the loss by the cosines.
static siam_status add_back(const siam_loss_batch *batch, siam_program *program, const proxies *p,
                            siam_view factors) {
  const int rows = batch->rows, classes = batch->classes, dimensions = batch->dimensions;
  SIAM_RETURN_IF_FAILED(siam_gemm_add(batch->tape, &(siam_gemm){.transpose_a = true,
                                                                .m = rows,
                                                                .n = dimensions,
                                                                .k = classes,
                                                                .a = factors,
                                                                .b = p->units,
                                                                .c = batch->gradients}));
  SIAM_RETURN_IF_FAILED(siam_gemm_add(
      batch->tape,
      &(siam_gemm){
          .m = classes, .n = dimensions, .k = rows, .a = factors, .b = batch->embeddings, .c = p->slopes}));
  return SIAM_LAUNCH(batch->tape, program, "proxy_gradients", ((siam_grid){{(size_t)classes}}),
                     siam_arg(p->units), siam_arg(p->lengths), siam_arg(p->slopes),
                     siam_arg(batch->parameter_gradient[0]), siam_arg_int(classes), siam_arg_int(dimensions));
}

/// Launches NAME_`part` of the loss, its options behind `count` arguments.
static siam_status launch(const siam_loss *loss, const siam_loss_batch *batch, const char *part,
                          siam_grid grid, siam_argument *arguments, size_t count) {
  char kernel[64];
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(siam_program_get(siam_tape_device(batch->tape), loss->type->name, "", &program));
  snprintf(kernel, sizeof kernel, "%s_%s", loss->type->name, part);
  count = siam_loss_add_options(loss, arguments, count);
  return siam_tape_kernel(batch->tape, program, kernel, grid, arguments, count);
}

enum { FIXED_ARGUMENTS = 7 };

/// From the cosines to the derivatives by them.
static siam_status add_factors(const siam_loss *loss, const siam_loss_batch *batch, siam_view cosines,
                               siam_view factors) {
  const bool by_class = loss->type->by_class;
  const size_t items = (size_t)(by_class ? batch->classes : batch->rows);
  siam_view pairs, notes = siam_tape_tensor(batch->tape, items * (size_t)loss->type->notes);
  siam_view terms = siam_tape_tensor(batch->tape, items * SIAM_TERM_WORDS);
  siam_view totals = siam_tape_tensor(batch->tape, SIAM_TERM_WORDS);
  siam_argument of_items[FIXED_ARGUMENTS + SIAM_OPTIONS_MAX] = {
      siam_arg(cosines), siam_arg_buffer(batch->labels), siam_arg(notes),
      siam_arg(terms),   siam_arg_int(batch->rows),      siam_arg_int(batch->classes)};
  SIAM_RETURN_IF_FAILED(
      launch(loss, batch, by_class ? "classes" : "rows", (siam_grid){{items}}, of_items, 6));
  SIAM_RETURN_IF_FAILED(siam_pairwise_matrix(batch, SIAM_MATRIX_SIMILARITIES, &pairs));
  SIAM_RETURN_IF_FAILED(siam_pairwise_finish(batch, SIAM_MATRIX_SIMILARITIES, pairs, terms, totals));
  siam_argument of_factors[FIXED_ARGUMENTS + SIAM_OPTIONS_MAX] = {
      siam_arg(cosines), siam_arg_buffer(batch->labels), siam_arg(notes), siam_arg(totals),
      siam_arg(factors), siam_arg_int(batch->rows)};
  return launch(loss, batch, "factors", siam_pairwise_grid(batch, batch->classes, batch->rows), of_factors,
                6);
}

siam_status siam_proxy_add(const siam_loss *loss, const siam_loss_batch *batch) {
  const size_t classes = (size_t)batch->classes, dimensions = (size_t)batch->dimensions;
  const size_t cells = classes * (size_t)batch->rows;
  const proxies p = {.units = siam_tape_tensor(batch->tape, classes * dimensions),
                     .lengths = siam_tape_tensor(batch->tape, classes),
                     .slopes = siam_tape_tensor(batch->tape, classes * dimensions)};
  siam_view cosines = siam_tape_tensor(batch->tape, cells), factors = siam_tape_tensor(batch->tape, cells);
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(siam_program_get(siam_tape_device(batch->tape), "proxy", "", &program));
  SIAM_RETURN_IF_FAILED(add_units(batch, program, &p));
  SIAM_RETURN_IF_FAILED(siam_gemm_add(batch->tape, &(siam_gemm){.transpose_b = true,
                                                                .m = batch->classes,
                                                                .n = batch->rows,
                                                                .k = batch->dimensions,
                                                                .a = p.units,
                                                                .b = batch->embeddings,
                                                                .c = cosines}));
  SIAM_RETURN_IF_FAILED(add_factors(loss, batch, cosines, factors));
  return add_back(batch, program, &p, factors);
}
