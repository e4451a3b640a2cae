#include "base/memory.h"
#include "compute/gemm_engines.h"
#include "device_memory.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void begin(void) {
  unsetenv("SIAMESE_GEMM");
}
TestSuite(gemm, .init = begin, .fini = siam_test_device_close);

static const double unit_roundoff = FLT_EPSILON / 2;

/// A product with everything in host memory.
typedef struct product {
  siam_gemm gemm;
  size_t a_count, b_count, c_count;
  float *a, *b, *c, *bias, *result;
} product;

static size_t span(int rows, int columns, int stride) {
  return (size_t)(rows - 1) * (size_t)stride + (size_t)columns;
}

static float *numbers(size_t count, unsigned seed) {
  float *values = siam_allocate(count, sizeof *values);
  cr_assert_not_null(values);
  siam_test_numbers(values, count, seed);
  return values;
}

/// Gaps between rows are NaN: whoever computes with them, shows.
static float *matrix(int rows, int columns, int stride, unsigned seed, size_t *count) {
  *count = span(rows, columns, stride);
  float *values = numbers(*count, seed);
  for (size_t i = 0; i < *count; i++)
    if ((int)(i % (size_t)stride) >= columns) values[i] = NAN;
  return values;
}

/// `gap`: floats between rows of all three matrices.
static product make(siam_gemm gemm, int gap) {
  product made = {.gemm = gemm};
  siam_gemm *g = &made.gemm;
  const int a_rows = g->transpose_a ? g->k : g->m, a_columns = g->transpose_a ? g->m : g->k;
  const int b_rows = g->transpose_b ? g->n : g->k, b_columns = g->transpose_b ? g->k : g->n;
  g->lda = a_columns + gap;
  g->ldb = b_columns + gap;
  g->ldc = g->n + gap;
  made.a = matrix(a_rows, a_columns, g->lda, 1, &made.a_count);
  made.b = matrix(b_rows, b_columns, g->ldb, 2, &made.b_count);
  made.c = matrix(g->m, g->n, g->ldc, 3, &made.c_count);
  // With beta 0 nothing of the old C may come through.
  for (size_t i = 0; i < made.c_count && g->beta == 0; i++) made.c[i] = NAN;
  made.bias = numbers((size_t)g->n, 4);
  made.result = numbers(made.c_count, 5);
  g->a = siam_test_upload(made.a, made.a_count);
  g->b = siam_test_upload(made.b, made.b_count);
  g->c = siam_test_upload(made.c, made.c_count);
  return made;
}

static void release(product *problem) {
  siam_free(problem->a);
  siam_free(problem->b);
  siam_free(problem->c);
  siam_free(problem->bias);
  siam_free(problem->result);
}

static double activate(siam_activation activation, double slope, double value) {
  switch (activation) {
  case SIAM_ACTIVATION_NONE:
    return value;
  case SIAM_ACTIVATION_RELU:
    return value > 0 ? value : 0;
  case SIAM_ACTIVATION_LEAKY_RELU:
    return value > 0 ? value : slope * value;
  case SIAM_ACTIVATION_SIGMOID:
    return 1 / (1 + exp(-value));
  case SIAM_ACTIVATION_TANH:
    return tanh(value);
  }
  return NAN;
}

/// Compares with float64. The bound holds for any order of summation (Higham 2002, "Accuracy and stability of
/// numerical algorithms", section 3.1): k + 3 roundings of at most the sum of the magnitudes. Activations do
/// not stretch errors; their own error is at most 16 ulp of 1 (OpenCL 1.2, table 7.1: exp 3, division 2.5,
/// tanh 5).
static void check(const product *problem, const char *name) {
  const siam_gemm *g = &problem->gemm;
  const bool with_bias = siam_view_exists(g->epilogue.bias);
  for (int i = 0; i < g->m; i++)
    for (int j = 0; j < g->ldc && (size_t)i * (size_t)g->ldc + (size_t)j < problem->c_count; j++) {
      const size_t at = (size_t)i * (size_t)g->ldc + (size_t)j;
      const float got = problem->result[at];
      if (j >= g->n) {
        cr_assert(isnan(got), "%s: the gap behind row %d was written", name, i);
        continue;
      }
      double sum = 0, magnitude = 0;
      for (int l = 0; l < g->k; l++) {
        const double term = (double)problem->a[g->transpose_a ? l * g->lda + i : i * g->lda + l] *
                            problem->b[g->transpose_b ? j * g->ldb + l : l * g->ldb + j];
        sum += term;
        magnitude += fabs(term);
      }
      const double before = g->beta == 0 ? 0 : (double)g->beta * problem->c[at];
      const double shift = with_bias ? problem->bias[j] : 0;
      const double expected = activate(g->epilogue.activation, g->epilogue.slope, sum + before + shift);
      double bound = 1.01 * (g->k + 3) * unit_roundoff * (magnitude + fabs(before) + fabs(shift));
      if (g->epilogue.activation >= SIAM_ACTIVATION_SIGMOID) bound += 16 * FLT_EPSILON;
      cr_assert(fabs(got - expected) <= bound, "%s, m %d n %d k %d: C(%d, %d) is %.9g, expected %.9g ± %.2g",
                name, g->m, g->n, g->k, i, j, (double)got, expected, bound);
    }
}

/// Multiplies by the door, or with a tile in local memory.
static void multiply_as(siam_gemm gemm, int gap, const char *name, const siam_local_tile *tile) {
  product problem = make(gemm, gap);
  if (siam_view_exists(gemm.epilogue.bias)) {
    problem.gemm.epilogue.bias = siam_test_upload(problem.bias, (size_t)gemm.n);
  }
  siam_tape *tape = siam_test_tape();
  siam_test_ok(tile == NULL ? siam_gemm_add(tape, &problem.gemm)
                            : siam_gemm_local_add(tape, &problem.gemm, tile));
  siam_test_run(tape);
  siam_test_download(problem.gemm.c, problem.result);
  check(&problem, name);
  // Again: the same bits, whatever the run before left in the tape's memory.
  float *first = problem.result;
  problem.result = numbers(problem.c_count, 6);
  siam_test_rewrite(problem.gemm.c, problem.c);
  siam_test_run(tape);
  siam_test_download(problem.gemm.c, problem.result);
  for (size_t i = 0; i < problem.c_count; i++)
    cr_assert(problem.result[i] == first[i] || (isnan(first[i]) && isnan(problem.result[i])), "%s: run twice",
              name);
  siam_free(first);
  release(&problem);
}

static void multiply(siam_gemm gemm, int gap, const char *name) {
  if ((double)gemm.m * gemm.n * gemm.k > siam_test_most_products()) return;
  multiply_as(gemm, gap, name, NULL);
}

/// Sizes around the tiles' edges, in all four transpositions.
static void multiply_edges(const char *engine) {
  setenv("SIAMESE_GEMM", engine, 1);
  static const int sizes[][3] = {{1, 1, 1},   {1, 17, 5},   {15, 16, 17}, {16, 15, 64}, {17, 1, 31},
                                 {7, 64, 16}, {13, 65, 33}, {50, 20, 25}, {31, 47, 1},  {64, 97, 100}};
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
    for (int form = 0; form < 4; form++) {
      const siam_gemm gemm = {.transpose_a = form & 1,
                              .transpose_b = form & 2,
                              .m = sizes[s][0],
                              .n = sizes[s][1],
                              .k = sizes[s][2],
                              .beta = s % 3 == 0   ? 0.0F
                                      : s % 3 == 1 ? 1.0F
                                                   : -0.5F};
      multiply(gemm, s % 2 == 0 ? 0 : 3, engine);
    }
}

/// Sums longer than a block of B, few results of a long sum, as in weight gradients, and work-items with
/// several panels of columns, alone and beside others.
static void multiply_long(const char *engine) {
  setenv("SIAMESE_GEMM", engine, 1);
  static const int sizes[][3] = {{3, 40, 300},   {20, 24, 2500}, {9, 64, 1031},
                                 {130, 10, 513}, {20, 150, 150}, {450, 150, 300}};
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
    for (int form = 0; form < 4; form++) {
      const siam_gemm gemm = {.transpose_a = form & 1,
                              .transpose_b = form & 2,
                              .m = sizes[s][0],
                              .n = sizes[s][1],
                              .k = sizes[s][2],
                              .beta = 1};
      multiply(gemm, s % 2 == 0 ? 5 : 0, engine);
    }
}

/// Every activation, with and without bias, on a plain and on a divided sum, and on whole tiles whose sum
/// goes block by block.
static void multiply_with_epilogues(const char *engine) {
  setenv("SIAMESE_GEMM", engine, 1);
  for (int activation = SIAM_ACTIVATION_NONE; activation <= SIAM_ACTIVATION_TANH; activation++)
    for (int variant = 0; variant < 6; variant++) {
      siam_gemm gemm = {.m = 9, .n = 21, .k = variant < 2 ? 30 : 1200, .beta = variant % 2 ? 1.0F : 0.0F};
      if (variant >= 4) gemm.m = 72, gemm.n = 128, gemm.k = 300;
      gemm.epilogue = (siam_epilogue){.activation = (siam_activation)activation, .slope = 0.1F};
      const float any = 0;
      if (variant != 1) gemm.epilogue.bias = siam_test_upload(&any, 1);
      multiply(gemm, variant, engine);
    }
}

static bool device_has_tile_engine(void) {
  return siam_test_device()->traits.is_cpu;
}

Test(gemm, tile_engine_is_right_at_every_edge) {
  if (!device_has_tile_engine()) cr_skip("the tile engine is for CPU devices");
  multiply_edges("tile");
}
Test(gemm, tile_engine_is_right_for_long_sums) {
  if (!device_has_tile_engine()) cr_skip("the tile engine is for CPU devices");
  multiply_long("tile");
}
Test(gemm, tile_engine_adds_bias_and_activates) {
  if (!device_has_tile_engine()) cr_skip("the tile engine is for CPU devices");
  multiply_with_epilogues("tile");
}
Test(gemm, local_engine_is_right_at_every_edge) {
  multiply_edges("local");
}
Test(gemm, local_engine_is_right_for_long_sums) {
  multiply_long("local");
}
Test(gemm, local_engine_adds_bias_and_activates) {
  multiply_with_epilogues("local");
}

/// Every tile that the tuner may pick, on results a little larger than two of it, in all transpositions.
Test(gemm, every_local_tile_is_right, .timeout = 600) {
  const siam_local_tile *tile = NULL;
  char name[SIAM_LOCAL_TILE_TEXT_SIZE];
  for (size_t i = 0; (tile = siam_local_tile_at(i)) != NULL; i++) {
    if (!siam_local_tile_fits(siam_test_device(), tile, 0)) continue;
    siam_local_tile_write(tile, name);
    if ((double)tile->rows * tile->columns * tile->depth > siam_test_most_products()) continue;
    for (int form = 0; form < 4; form++) {
      const siam_gemm gemm = {.transpose_a = form & 1,
                              .transpose_b = form & 2,
                              .m = tile->rows + 3,
                              .n = tile->columns + 1 + form,
                              .k = form < 2 ? 2 * tile->depth + 5 : 521,
                              .beta = form % 2 == 0 ? 0.0F : 0.5F};
      multiply_as(gemm, form, name, tile);
    }
  }
}

Test(gemm, clblast_engine_is_right_at_every_edge) {
  multiply_edges("clblast");
}
Test(gemm, clblast_engine_is_right_for_long_sums) {
  multiply_long("clblast");
}
Test(gemm, clblast_engine_adds_bias_and_activates) {
  multiply_with_epilogues("clblast");
}

Test(gemm, refuses_what_does_not_fit) {
  const float values[16] = {0};
  const siam_view view = siam_test_upload(values, 16);
  const siam_gemm good = {.m = 4, .n = 4, .k = 4, .a = view, .b = view, .c = view};
  siam_tape *tape = siam_test_tape();
  siam_gemm bad = good;
  bad.m = 0;
  cr_expect_eq(siam_gemm_add(tape, &bad), SIAM_ERROR_ARGUMENT);
  bad = good;
  bad.lda = 3;
  cr_expect_eq(siam_gemm_add(tape, &bad), SIAM_ERROR_ARGUMENT);
  bad = good;
  bad.ldb = 5;
  cr_expect_eq(siam_gemm_add(tape, &bad), SIAM_ERROR_ARGUMENT);
  bad = good;
  bad.k = 5;
  cr_expect_eq(siam_gemm_add(tape, &bad), SIAM_ERROR_ARGUMENT);
  bad = good;
  bad.epilogue.bias = siam_view_part(view, 0, 3);
  cr_expect_eq(siam_gemm_add(tape, &bad), SIAM_ERROR_ARGUMENT);
  bad = good;
  bad.c = (siam_view){0};
  cr_expect_eq(siam_gemm_add(tape, &bad), SIAM_ERROR_ARGUMENT);
}

Test(gemm, names_the_engines_when_the_environment_asks_for_another) {
  const float values[1] = {0};
  const siam_view view = siam_test_upload(values, 1);
  const siam_gemm gemm = {.m = 1, .n = 1, .k = 1, .a = view, .b = view, .c = view};
  setenv("SIAMESE_GEMM", "fastest", 1);
  cr_assert_eq(siam_gemm_add(siam_test_tape(), &gemm), SIAM_ERROR_ARGUMENT);
  cr_assert_not_null(strstr(siam_last_error(), "SIAMESE_GEMM"));
  cr_assert_not_null(strstr(siam_last_error(), "auto, clblast, tile"));
}
