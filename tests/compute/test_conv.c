#include "base/memory.h"
#include "compute/conv_engines.h"
#include "compute/local_tile.h"
#include "compute/tile.h"
#include "device_memory.h"
#include "reference/winograd.h"

#include <criterion/criterion.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Of the implicit engine, in place of the door; NULL: the door.
static const char *variant;

static void begin(void) {
  variant = NULL;
  unsetenv("SIAMESE_CONV");
  unsetenv("SIAMESE_GEMM");
}
TestSuite(conv, .init = begin, .fini = siam_test_device_close);

/// {images, height, width, channels, kernel_height, kernel_width, stride, pad_y, pad_x, filters}
static const int edges[][10] = {
    {1, 1, 1, 1, 1, 1, 1, 0, 0, 1},      {2, 5, 7, 3, 3, 3, 1, 1, 1, 4},
    {3, 6, 5, 1, 3, 3, 1, 1, 1, 16},     {1, 9, 8, 17, 2, 2, 1, 0, 0, 33},
    {2, 7, 11, 5, 5, 5, 1, 2, 2, 15},    {1, 13, 13, 2, 7, 7, 1, 3, 3, 17},
    {1, 17, 12, 3, 10, 10, 1, 0, 0, 31}, {2, 8, 8, 16, 1, 1, 1, 0, 0, 20},
    {2, 9, 7, 4, 1, 1, 2, 0, 0, 6},      {2, 9, 10, 6, 3, 3, 2, 1, 1, 18},
    {1, 14, 11, 3, 5, 5, 3, 2, 2, 7},    {1, 11, 9, 2, 2, 5, 1, 1, 3, 5},
    {1, 4, 4, 3, 1, 1, 1, 2, 1, 3},      {1, 6, 6, 2, 3, 3, 1, 4, 4, 2},
    {1, 7, 7, 1, 7, 7, 1, 0, 0, 64},     {43, 3, 3, 16, 3, 3, 1, 1, 1, 16},
    {2, 12, 12, 20, 5, 5, 1, 0, 0, 50},  {2, 10, 10, 1, 5, 5, 1, 0, 0, 20},
    {3, 7, 7, 32, 3, 3, 1, 1, 1, 64},    {1, 5, 5, 64, 4, 4, 1, 0, 0, 130},
    {1, 8, 150, 300, 7, 7, 1, 0, 0, 3},  {1, 10, 13, 8, 3, 3, 4, 1, 0, 96},
    {2, 11, 3, 48, 3, 3, 1, 1, 1, 80},
};
enum { EDGES = sizeof edges / sizeof *edges };

static siam_conv_shape shape_of(const int size[10]) {
  siam_conv_shape shape = {.images = size[0],
                           .height = size[1],
                           .width = size[2],
                           .channels = size[3],
                           .kernel_height = size[4],
                           .kernel_width = size[5],
                           .stride = size[6],
                           .pad_y = size[7],
                           .pad_x = size[8],
                           .filters = size[9]};
  siam_test_ok(siam_conv_shape_complete(&shape));
  return shape;
}

typedef struct numbers {
  size_t count;
  float *values, *result;
  double *sum, *magnitude; ///< The float64 reference, and the same of the terms' magnitudes.
  siam_view view;
} numbers;

static numbers make(size_t count, unsigned seed, bool undefined) {
  numbers made = {.count = count,
                  .values = siam_allocate(count, sizeof(float)),
                  .result = siam_allocate(count, sizeof(float)),
                  .sum = siam_allocate(count, sizeof(double)),
                  .magnitude = siam_allocate(count, sizeof(double))};
  siam_test_numbers(made.values, count, seed);
  for (size_t i = 0; i < count && undefined; i++) made.values[i] = NAN;
  made.view = siam_test_upload(made.values, count);
  return made;
}

static void release(numbers *of) {
  siam_free(of->values);
  siam_free(of->result);
  siam_free(of->sum);
  siam_free(of->magnitude);
}

static void add_term(numbers *target, size_t at, double term) {
  target->sum[at] += term;
  target->magnitude[at] += fabs(term);
}

/// All passes by their definition: every product of x, weight and y is met once, and goes where the pass
/// wants it.
static void reference(const siam_conv_shape *s, siam_conv_pass pass, numbers *x, numbers *weight,
                      numbers *y) {
  for (int n = 0; n < s->images; n++)
    for (int oy = 0; oy < s->out_height; oy++)
      for (int ox = 0; ox < s->out_width; ox++)
        for (int ky = 0; ky < s->kernel_height; ky++)
          for (int kx = 0; kx < s->kernel_width; kx++) {
            const int iy = oy * s->stride + ky - s->pad_y, ix = ox * s->stride + kx - s->pad_x;
            if (iy < 0 || iy >= s->height || ix < 0 || ix >= s->width) continue;
            for (int c = 0; c < s->channels; c++)
              for (int f = 0; f < s->filters; f++) {
                const int at_x = ((n * s->height + iy) * s->width + ix) * s->channels + c;
                const int at_w = ((ky * s->kernel_width + kx) * s->channels + c) * s->filters + f;
                const int at_y = ((n * s->out_height + oy) * s->out_width + ox) * s->filters + f;
                if (pass == SIAM_CONV_FORWARD)
                  add_term(y, (size_t)at_y, (double)x->values[at_x] * weight->values[at_w]);
                if (pass == SIAM_CONV_BACKWARD_DATA)
                  add_term(x, (size_t)at_x, (double)y->values[at_y] * weight->values[at_w]);
                if (pass == SIAM_CONV_BACKWARD_WEIGHT)
                  add_term(weight, (size_t)at_w, (double)x->values[at_x] * y->values[at_y]);
              }
          }
}

static double *as_doubles(const numbers *of) {
  double *values = siam_allocate(of->count, sizeof *values);
  for (size_t i = 0; i < of->count; i++) values[i] = of->values[i];
  return values;
}

/// The most operations in a row that a result of the pass goes through, of which each may err by a unit
/// roundoff of the magnitudes (Higham 2002, section 3.1). Writes those of `target`: of the products of the
/// definition, which may be summed in any order, or of Winograd's.
static double terms_of(const siam_conv_shape *s, siam_conv_pass pass, const char *engine, const numbers *x,
                       const numbers *weight, const numbers *y, const numbers *target) {
  const int points = siam_winograd_points(s, engine);
  if (points == 0)
    return pass == SIAM_CONV_FORWARD         ? s->kernel_height * s->kernel_width * s->channels
           : pass == SIAM_CONV_BACKWARD_DATA ? s->kernel_height * s->kernel_width * s->filters
                                             : s->images * s->out_height * s->out_width;
  double *values[3] = {as_doubles(x), as_doubles(weight), as_doubles(y)};
  double *magnitudes = siam_allocate(target->count, sizeof *magnitudes);
  siam_winograd_magnitudes(s, pass, points, values[0], values[1], values[2], magnitudes);
  for (size_t i = 0; i < target->count; i++) {
    cr_assert_geq(magnitudes[i] * (1 + 1e-9), target->magnitude[i], "Winograd has larger terms");
    target->magnitude[i] = magnitudes[i];
  }
  for (int i = 0; i < 3; i++) siam_free(values[i]);
  siam_free(magnitudes);
  return siam_winograd_terms(s, pass, points);
}

/// Two operations more are allowed for what every pass does to its sums: a bias, an activation, what was
/// there before.
static void compare(const numbers *got, double terms, const char *name, int number) {
  const double factor = 1.01 * (terms + 4) * FLT_EPSILON / 2;
  for (size_t i = 0; i < got->count; i++)
    cr_assert(fabs(got->result[i] - got->sum[i]) <= factor * got->magnitude[i],
              "%s, shape %d, element %zu: %.9g, expected %.9g ± %.2g", name, number, i,
              (double)got->result[i], got->sum[i], factor * got->magnitude[i]);
}

/// Runs the tape twice from the same start; the bits must be the same.
static void run_twice(siam_tape *tape, numbers *target, const char *name) {
  siam_test_run(tape);
  siam_test_download(target->view, target->result);
  float *first = target->result;
  target->result = siam_allocate(target->count, sizeof *first);
  siam_test_rewrite(target->view, target->values);
  siam_test_run(tape);
  siam_test_download(target->view, target->result);
  cr_assert_arr_eq(first, target->result, target->count * sizeof *first, "%s: run twice", name);
  siam_free(first);
}

static siam_status add_pass(siam_tape *tape, siam_conv_pass pass, const siam_conv_shape *s, const numbers *x,
                            const numbers *weight, const siam_epilogue *epilogue, const numbers *y) {
  siam_conv conv = {.pass = pass, .shape = *s, .x = x->view, .weight = weight->view, .y = y->view};
  if (variant != NULL) {
    if (epilogue != NULL) conv.epilogue = *epilogue;
    conv.variant = variant;
    return siam_conv_implicit.add(tape, &conv);
  }
  if (pass == SIAM_CONV_FORWARD) return siam_conv_forward(tape, s, x->view, weight->view, epilogue, y->view);
  if (pass == SIAM_CONV_BACKWARD_DATA)
    return siam_conv_backward_data(tape, s, &(siam_conv_gradient){.dy = y->view}, weight->view, x->view);
  return siam_conv_backward_weight(tape, s, x->view, &(siam_conv_gradient){.dy = y->view}, weight->view,
                                   (siam_view){0});
}

static void check_forward(siam_conv_shape s, const char *engine, int number) {
  numbers x = make(siam_conv_input_count(&s), 1, false), weight = make(siam_conv_weight_count(&s), 2, false);
  numbers y = make(siam_conv_output_count(&s), 3, true), bias = make((size_t)s.filters, 4, false);
  const bool with_bias = number % 2 == 0;
  const siam_activation activation = (siam_activation)(number % 4);
  const siam_epilogue epilogue = {
      .bias = with_bias ? bias.view : (siam_view){0}, .activation = activation, .slope = 0.25F};
  siam_tape *tape = siam_test_tape();
  siam_test_ok(add_pass(tape, SIAM_CONV_FORWARD, &s, &x, &weight, number == 0 ? NULL : &epilogue, &y));
  run_twice(tape, &y, engine);
  reference(&s, SIAM_CONV_FORWARD, &x, &weight, &y);
  const double terms = terms_of(&s, SIAM_CONV_FORWARD, engine, &x, &weight, &y, &y);
  for (size_t i = 0; i < y.count && number > 0; i++) {
    if (with_bias) add_term(&y, i, bias.values[i % (size_t)s.filters]);
    // A product of the slope, or three functions of at most 16 ulp together (OpenCL 1.2, table 7.1).
    y.magnitude[i] += activation == SIAM_ACTIVATION_SIGMOID ? 16 : 0;
    if (activation == SIAM_ACTIVATION_RELU) y.sum[i] = fmax(y.sum[i], 0);
    if (activation == SIAM_ACTIVATION_LEAKY_RELU && y.sum[i] < 0) y.sum[i] *= 0.25;
    if (activation == SIAM_ACTIVATION_SIGMOID) y.sum[i] = 1 / (1 + exp(-y.sum[i]));
  }
  compare(&y, terms, engine, number);
  release(&x), release(&weight), release(&y), release(&bias);
}

static void check_data_gradient(siam_conv_shape s, const char *engine, int number) {
  numbers x = make(siam_conv_input_count(&s), 1, true), weight = make(siam_conv_weight_count(&s), 2, false);
  numbers y = make(siam_conv_output_count(&s), 3, false);
  siam_tape *tape = siam_test_tape();
  siam_test_ok(add_pass(tape, SIAM_CONV_BACKWARD_DATA, &s, &x, &weight, NULL, &y));
  run_twice(tape, &x, engine);
  reference(&s, SIAM_CONV_BACKWARD_DATA, &x, &weight, &y);
  compare(&x, terms_of(&s, SIAM_CONV_BACKWARD_DATA, engine, &x, &weight, &y, &x), engine, number);
  release(&x), release(&weight), release(&y);
}

static void check_weight_gradient(siam_conv_shape s, const char *engine, int number) {
  numbers x = make(siam_conv_input_count(&s), 1, false), weight = make(siam_conv_weight_count(&s), 2, false);
  numbers y = make(siam_conv_output_count(&s), 3, false);
  siam_tape *tape = siam_test_tape();
  siam_test_ok(add_pass(tape, SIAM_CONV_BACKWARD_WEIGHT, &s, &x, &weight, NULL, &y));
  run_twice(tape, &weight, engine);
  reference(&s, SIAM_CONV_BACKWARD_WEIGHT, &x, &weight, &y);
  const double terms = terms_of(&s, SIAM_CONV_BACKWARD_WEIGHT, engine, &x, &weight, &y, &weight);
  // What was there before is kept, and added to.
  for (size_t i = 0; i < weight.count; i++) add_term(&weight, i, weight.values[i]);
  compare(&weight, terms, engine, number);
  release(&x), release(&weight), release(&y);
}

/// The same for filters that Winograd's engines can do: every rest of a tile along both sides, every pad,
/// channels and filters around the width of a vector, several panels of filters, blocks of several images and
/// of parts of one. Sides and pads are those of 3 × 3 filters; for larger ones they grow as these do.
static const int winograd_edges[][7] = {
    // {images, height, width, channels, pad_y, pad_x, filters}
    {2, 3, 3, 3, 0, 0, 4},     {1, 1, 1, 1, 1, 1, 1},    {1, 4, 5, 16, 0, 1, 16},  {2, 6, 7, 17, 1, 2, 33},
    {1, 8, 9, 1, 2, 0, 1},     {3, 10, 11, 5, 1, 1, 64}, {1, 12, 3, 20, 2, 2, 65}, {2, 13, 14, 48, 1, 1, 80},
    {1, 3, 17, 64, 0, 2, 130}, {43, 3, 3, 16, 1, 1, 16}, {9, 7, 7, 33, 1, 1, 64},  {1, 9, 9, 130, 1, 0, 20},
    {1, 30, 31, 64, 1, 1, 16}, {1, 4, 99, 150, 1, 1, 4}, {1, 5, 4, 2, 2, 1, 3},    {1, 2, 2, 7, 2, 2, 18},
    {20, 5, 5, 64, 1, 1, 64},  {2, 11, 8, 20, 1, 1, 40}, {5, 7, 15, 33, 1, 1, 20}, {1, 9, 13, 3, 0, 0, 65},
    {2, 3, 4, 3, 1, 1, 4},     {1, 7, 3, 5, 1, 1, 20},
};
enum { WINOGRAD_EDGES = sizeof winograd_edges / sizeof *winograd_edges };

/// Elsewhere another engine would do the work, and be tested twice.
static void skip_unless_cpu(void) {
  if (!siam_test_device()->traits.is_cpu) cr_skip("the engine is for devices of CPU form");
}

static int grown_pad(int pad, int taps) {
  return pad < 2 ? pad : taps - 1;
}
/// So large that there are as many outputs as with 3 × 3 filters, but at least 1.
static int grown_side(int side, int pad, int taps) {
  const int grown = side + 2 * pad - 2 + taps - 1 - 2 * grown_pad(pad, taps);
  return grown > 1 ? grown : 1;
}

static void check_winograd_of(void (*check)(siam_conv_shape, const char *, int), const char *engine,
                              int taps) {
  setenv("SIAMESE_CONV", engine, 1);
  for (int i = 0; i < WINOGRAD_EDGES; i++) {
    const int *e = winograd_edges[i];
    const int height = grown_side(e[1], e[4], taps), width = grown_side(e[2], e[5], taps);
    const int pad_y = grown_pad(e[4], taps), pad_x = grown_pad(e[5], taps);
    if ((double)e[0] * height * width * e[3] * e[6] * taps * taps > siam_test_most_products()) continue;
    check(shape_of((int[10]){e[0], height, width, e[3], taps, taps, 1, pad_y, pad_x, e[6]}), engine, i);
  }
}

static void check_winograd(void (*check)(siam_conv_shape, const char *, int)) {
  skip_unless_cpu();
  check_winograd_of(check, "winograd4", 3);
  check_winograd_of(check, "winograd2", 3);
  check_winograd_of(check, "winograd3", 4);
  check_winograd_of(check, "winograd4", 5);
  check_winograd_of(check, "winograd2", 5);
  check_winograd_of(check, "winograd2", 7);
}

static void check_all(void (*check)(siam_conv_shape, const char *, int), const char *engine) {
  if (strcmp(engine, "direct") == 0) skip_unless_cpu();
  setenv("SIAMESE_CONV", engine, 1);
  for (int i = 0; i < EDGES; i++) {
    const siam_conv_shape s = shape_of(edges[i]);
    const double products =
        (double)siam_conv_output_count(&s) * s.kernel_height * s.kernel_width * s.channels;
    if (products <= siam_test_most_products()) check(s, engine, i);
  }
}

Test(conv, direct_forward_is_right_at_every_edge) {
  check_all(check_forward, "direct");
}
Test(conv, direct_data_gradient_is_right_at_every_edge) {
  check_all(check_data_gradient, "direct");
}
Test(conv, direct_weight_gradient_is_right_at_every_edge) {
  check_all(check_weight_gradient, "direct");
}
Test(conv, implicit_forward_is_right_at_every_edge) {
  check_all(check_forward, "implicit");
}
Test(conv, implicit_data_gradient_is_right_at_every_edge) {
  check_all(check_data_gradient, "implicit");
}
Test(conv, implicit_weight_gradient_is_right_at_every_edge) {
  check_all(check_weight_gradient, "implicit");
}

/// Every tile that the tuner may pick for the implicit engine, on a shape that a tile of each size hangs
/// over, with a stride, and more channels than a step of the sum has.
Test(conv, every_implicit_variant_is_right, .timeout = 900) {
  const siam_local_tile *tile = NULL;
  char name[SIAM_LOCAL_TILE_TEXT_SIZE];
  for (int i = 0; (tile = siam_local_tile_at((size_t)i)) != NULL; i++) {
    if (!siam_local_tile_fits(siam_test_device(), tile, 2560)) continue;
    siam_local_tile_write(tile, name);
    variant = name;
    if ((double)tile->rows * tile->columns * tile->depth > siam_test_most_products()) continue;
    const siam_conv_shape s =
        shape_of((int[10]){2, 9, 11, tile->depth + 1, 3, 2, 1 + i % 2, 1, 0, tile->columns + 2});
    check_forward(s, name, i % 3);
    check_data_gradient(s, name, i);
    check_weight_gradient(s, name, i);
  }
}

Test(conv, im2col_forward_is_right_at_every_edge) {
  check_all(check_forward, "im2col");
}
Test(conv, im2col_data_gradient_is_right_at_every_edge) {
  check_all(check_data_gradient, "im2col");
}
Test(conv, im2col_weight_gradient_is_right_at_every_edge) {
  check_all(check_weight_gradient, "im2col");
}

Test(conv, winograd_forward_is_right_at_every_edge) {
  check_winograd(check_forward);
}
Test(conv, winograd_data_gradient_is_right_at_every_edge) {
  check_winograd(check_data_gradient);
}
Test(conv, winograd_weight_gradient_is_right_at_every_edge) {
  check_winograd(check_weight_gradient);
}

Test(conv, completes_a_shape) {
  siam_conv_shape shape = {.images = 1,
                           .height = 28,
                           .width = 29,
                           .channels = 1,
                           .kernel_height = 3,
                           .kernel_width = 5,
                           .stride = 2,
                           .pad_y = 1,
                           .filters = 4};
  cr_assert_eq(siam_conv_shape_complete(&shape), SIAM_OK);
  cr_expect_eq(shape.out_height, 14);
  cr_expect_eq(shape.out_width, 13);
}

Test(conv, refuses_shapes_that_cannot_be) {
  const siam_conv_shape good = shape_of((int[10]){1, 8, 8, 1, 3, 3, 1, 0, 0, 4});
  siam_conv_shape bad = good;
  bad.kernel_height = 9;
  cr_expect_eq(siam_conv_shape_complete(&bad), SIAM_ERROR_ARGUMENT);
  bad = good;
  bad.stride = 0;
  cr_expect_eq(siam_conv_shape_complete(&bad), SIAM_ERROR_ARGUMENT);
  bad = good;
  bad.pad_x = -1;
  cr_expect_eq(siam_conv_shape_complete(&bad), SIAM_ERROR_ARGUMENT);
  bad = good;
  bad.images = 1 << 30;
  cr_expect_eq(siam_conv_shape_complete(&bad), SIAM_ERROR_ARGUMENT);
  bad = good;
  bad.pad_y = INT_MAX;
  cr_expect_eq(siam_conv_shape_complete(&bad), SIAM_ERROR_ARGUMENT);
}

Test(conv, refuses_views_that_are_too_short) {
  const siam_conv_shape s = shape_of((int[10]){1, 4, 4, 1, 3, 3, 1, 0, 0, 2});
  const float values[18] = {0};
  const siam_view x = siam_test_upload(values, 16), weight = siam_test_upload(values, 18);
  const siam_view y = siam_test_upload(values, 8);
  siam_tape *tape = siam_test_tape();
  cr_expect_eq(siam_conv_forward(tape, &s, siam_view_part(x, 0, 15), weight, NULL, y), SIAM_ERROR_ARGUMENT);
  cr_expect_eq(siam_conv_forward(tape, &s, x, siam_view_part(weight, 0, 17), NULL, y), SIAM_ERROR_ARGUMENT);
  cr_expect_eq(siam_conv_forward(tape, &s, x, weight, NULL, siam_view_part(y, 0, 7)), SIAM_ERROR_ARGUMENT);
  const siam_epilogue epilogue = {.bias = siam_view_part(weight, 0, 1)};
  cr_expect_eq(siam_conv_forward(tape, &s, x, weight, &epilogue, y), SIAM_ERROR_ARGUMENT);
}

Test(conv, the_tape_knows_which_engines_were_picked) {
  const siam_conv_shape s = shape_of((int[10]){2, 4, 4, 3, 3, 3, 1, 1, 1, 2});
  const float values[128] = {0};
  const siam_view view = siam_test_upload(values, 128);
  siam_tape *tape = siam_test_tape();
  cr_expect_null(siam_tape_engine(tape, 0));
  setenv("SIAMESE_CONV", "im2col", 1);
  setenv("SIAMESE_GEMM", "clblast", 1);
  for (int i = 0; i < 2; i++) siam_test_ok(siam_conv_forward(tape, &s, view, view, NULL, view));
  cr_expect_str_eq(siam_tape_engine(tape, 0), "im2col");
  cr_expect_str_eq(siam_tape_engine(tape, 1), "clblast");
  cr_expect_null(siam_tape_engine(tape, 2));
}

Test(conv, takes_winograd_where_it_pays) {
  if (!siam_test_device()->traits.is_cpu) cr_skip("Winograd's engines are for devices of CPU form");
  static const struct {
    int size[10];
    const char *engine;
  } expected[] = {
      {{8, 14, 14, 64, 3, 3, 1, 1, 1, 64}, "winograd4"},  {{8, 21, 21, 128, 4, 4, 1, 0, 0, 128}, "winograd3"},
      {{8, 12, 12, 20, 5, 5, 1, 0, 0, 50}, "winograd4"},  {{64, 6, 6, 20, 5, 5, 1, 0, 0, 50}, "winograd2"},
      {{2, 48, 48, 64, 7, 7, 1, 0, 0, 128}, "winograd2"}, {{8, 28, 28, 1, 5, 5, 1, 0, 0, 20}, "direct"},
      {{1, 12, 12, 20, 5, 5, 1, 0, 0, 50}, "direct"},     {{8, 14, 14, 64, 5, 5, 2, 0, 0, 64}, "direct"},
      {{2, 96, 96, 32, 10, 10, 1, 0, 0, 64}, "direct"},
  };
  for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
    const siam_conv conv = {.shape = shape_of(expected[i].size)};
    const siam_conv_engine *engine = siam_conv_engine_standard(siam_test_device(), &conv);
    cr_expect_str_eq(engine->name, expected[i].engine, "shape %zu: %s", i, engine->name);
  }
}

/// Filters that stay transformed cost only their reading: F(2 × 2) has fewer of them than F(4 × 4).
Test(conv, takes_smaller_tiles_for_few_pixels_where_weights_stay) {
  if (!siam_test_device()->traits.is_cpu) cr_skip("Winograd's engines are for devices of CPU form");
  static const struct {
    int side;
    const char *stay, *change;
  } expected[] = {{14, "winograd4", "direct"}, {7, "winograd2", "direct"}, {3, "direct", "direct"}};
  for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
    const int side = expected[i].side;
    siam_conv conv = {.shape = shape_of((int[10]){1, side, side, 64, 3, 3, 1, 1, 1, 64}),
                      .weight_stays = true};
    cr_expect_str_eq(siam_conv_engine_standard(siam_test_device(), &conv)->name, expected[i].stay);
    conv.weight_stays = false;
    cr_expect_str_eq(siam_conv_engine_standard(siam_test_device(), &conv)->name, expected[i].change);
  }
}

Test(conv, wakes_no_thread_for_little_work) {
  siam_device device = *siam_test_device();
  device.traits.compute_units = 4;
  cr_expect_eq(siam_tasks_worth(&device, 1, 8), 1);
  cr_expect_eq(siam_tasks_worth(&device, 7.9e6, 8), 1);
  cr_expect_eq(siam_tasks_worth(&device, 12e6, 8), 3);
  cr_expect_eq(siam_tasks_worth(&device, 1e12, 8), 32);
}

Test(conv, names_the_engines_when_the_environment_asks_for_another) {
  const siam_conv_shape s = shape_of((int[10]){1, 1, 1, 1, 1, 1, 1, 0, 0, 1});
  const float values[1] = {0};
  const siam_view view = siam_test_upload(values, 1);
  setenv("SIAMESE_CONV", "fft", 1);
  cr_assert_eq(siam_conv_forward(siam_test_tape(), &s, view, view, NULL, view), SIAM_ERROR_ARGUMENT);
  cr_assert_not_null(strstr(siam_last_error(), "SIAMESE_CONV"));
  cr_assert_not_null(strstr(siam_last_error(), "winograd4, winograd3, winograd2, direct, implicit, im2col"));
}
