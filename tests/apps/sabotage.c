// What is linked into a copy of weight-sharing to make its claims false: SABOTAGE names one way to break the
// library, and calls of it come here first (the linker's --wrap).
#include "compute/gemm.h"
#include "compute/reduce.h"
#include "device/tape.h"

#include <siamese/network.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool breaks(const char *what) {
  const char *name = getenv("SABOTAGE");
  return name != NULL && strcmp(name, what) == 0;
}

siam_status __real_siam_gemm_add(siam_tape *tape, const siam_gemm *gemm);
siam_status __wrap_siam_gemm_add(siam_tape *tape, const siam_gemm *gemm);
siam_status __real_siam_column_sums(siam_tape *tape, siam_view x, int rows, int columns, siam_view out,
                                    float beta);
siam_status __wrap_siam_column_sums(siam_tape *tape, siam_view x, int rows, int columns, siam_view out,
                                    float beta);
siam_status __real_siam_tape_kernel(siam_tape *tape, siam_program *program, const char *kernel,
                                    siam_grid grid, const siam_argument *arguments, size_t count);
siam_status __wrap_siam_tape_kernel(siam_tape *tape, siam_program *program, const char *kernel,
                                    siam_grid grid, const siam_argument *arguments, size_t count);
siam_status __real_siam_network_add(siam_network *network, const char *line);
siam_status __wrap_siam_network_add(siam_network *network, const char *line);
siam_status __real_siam_network_untie(siam_network *network, const char *slot);
siam_status __wrap_siam_network_untie(siam_network *network, const char *slot);
siam_status __real_siam_network_update(siam_network *network, const siam_update_options *options);
siam_status __wrap_siam_network_update(siam_network *network, const siam_update_options *options);
double __real_tanh(double x);
double __wrap_tanh(double x);

// "product": the way back of a matrix overwrites what other uses have added.
siam_status __wrap_siam_gemm_add(siam_tape *tape, const siam_gemm *gemm) {
  siam_gemm changed = *gemm;
  if (breaks("product")) changed.beta = 0;
  return __real_siam_gemm_add(tape, &changed);
}

// "bias": that of a bias does.
siam_status __wrap_siam_column_sums(siam_tape *tape, siam_view x, int rows, int columns, siam_view out,
                                    float beta) {
  return __real_siam_column_sums(tape, x, rows, columns, out, breaks("bias") ? 0 : beta);
}

// "look-up": that of an embedding does. The gradient is its last argument.
siam_status __wrap_siam_tape_kernel(siam_tape *tape, siam_program *program, const char *kernel,
                                    siam_grid grid, const siam_argument *arguments, size_t count) {
  if (breaks("look-up") && strcmp(kernel, "embedding_backward") == 0)
    SIAM_RETURN_IF_FAILED(siam_tape_fill(tape, arguments[count - 1].view, 0));
  return __real_siam_tape_kernel(tape, program, kernel, grid, arguments, count);
}

// "ties": nothing is shared.
siam_status __wrap_siam_network_add(siam_network *network, const char *line) {
  char changed[128];
  const char *tie = strstr(line, " weight=");
  const int length = breaks("ties") && tie != NULL ? (int)(tie - line) : (int)strlen(line);
  snprintf(changed, sizeof changed, "%.*s", length, line);
  return __real_siam_network_add(network, changed);
}
siam_status __wrap_siam_network_untie(siam_network *network, const char *slot) {
  return breaks("ties") ? SIAM_OK : __real_siam_network_untie(network, slot);
}

// "update": a step is done twice.
siam_status __wrap_siam_network_update(siam_network *network, const siam_update_options *options) {
  if (breaks("update")) SIAM_RETURN_IF_FAILED(__real_siam_network_update(network, options));
  return __real_siam_network_update(network, options);
}

// "float64": the reference is wrong by a thousandth.
double __wrap_tanh(double x) {
  return __real_tanh(breaks("float64") ? 1.001 * x : x);
}
