#include "base/file.h"
#include "base/memory.h"
#include "base/random.h"
#include "compute/augment.h"
#include "compute/pixels.h"
#include "reference/augment_check.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static siam_device *device;
static void begin(void) {
  cr_assert_eq(siam_device_create(NULL, &device), SIAM_OK, "%s", siam_last_error());
}
static void end(void) {
  siam_device_destroy(device);
}
TestSuite(augment, .init = begin, .fini = end);

static const siam_augment_shape small = {
    .height = 28, .width = 28, .channels = 1, .images = 6, .mean = {0.9F}, .deviation = {0.25F}};
static const siam_augment_shape colour = {.height = 19,
                                          .width = 23,
                                          .channels = 3,
                                          .images = 5,
                                          .mean = {0.4F, 0.5F, 0.6F},
                                          .deviation = {0.2F, 0.3F, 0.25F}};

static size_t values_of(const siam_augment_shape *shape) {
  return (size_t)shape->height * (size_t)shape->width * (size_t)shape->channels;
}

/// Pictures of white noise: nothing is harder to interpolate.
static uint8_t *noise_pictures(size_t bytes) {
  uint8_t *pictures = siam_allocate(bytes, 1);
  for (size_t i = 0; i < bytes; i++) pictures[i] = (uint8_t)siam_random(99, SIAM_STREAM_SAMPLE, 0, i).word[0];
  return pictures;
}

/// A buffer with any content.
static cl_mem buffer_with(const void *bytes, size_t count) {
  cl_mem buffer = NULL;
  cr_assert_eq(siam_pixels_create(device, count, 1, &buffer), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_pixels_write(device, buffer, 0, count, 1, bytes), SIAM_OK, "%s", siam_last_error());
  return buffer;
}

/// Runs the kernel over `count` stored pictures; the result is freed with siam_free().
static float *run(const siam_augment_options *options, const siam_augment_shape *shape,
                  const uint8_t *pictures, size_t count, const int32_t *indices, uint64_t seed,
                  uint32_t step) {
  size_t values = (size_t)shape->images * values_of(shape);
  const uint32_t words[3] = {step, (uint32_t)seed, (uint32_t)(seed >> 32)};
  cl_mem stored = buffer_with(pictures, count * values_of(shape));
  cl_mem order = buffer_with(indices, (size_t)(shape->first + shape->images) * sizeof *indices);
  cl_mem clock = buffer_with(words, sizeof words);
  siam_tape *tape = NULL;
  cr_assert_eq(siam_tape_create(device, &tape), SIAM_OK);
  siam_view y = siam_tape_lasting(tape, values);
  cr_assert_eq(siam_augment_add(tape, options, shape, stored, order, clock, y), SIAM_OK, "%s",
               siam_last_error());
  cr_assert_eq(siam_tape_seal(tape), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_tape_run(tape), SIAM_OK, "%s", siam_last_error());
  float *result = siam_allocate(values, sizeof *result);
  siam_place place = siam_tape_place(tape, y);
  cr_assert_eq(siam_buffer_read(device, place.buffer, place.first, values, result), SIAM_OK, "%s",
               siam_last_error());
  siam_tape_destroy(tape);
  clReleaseMemObject(stored);
  clReleaseMemObject(order);
  clReleaseMemObject(clock);
  return result;
}

enum { STORED = 7 };
static const int32_t some_indices[] = {3, 0, 6, 6, 1, 2, 5, 4};

/// Every value within the reference's own bound; says by how much of it at most.
static double compare(const siam_augment_options *options, const siam_augment_shape *shape,
                      const char *name) {
  siam_product_result result = {0};
  cr_assert_eq(siam_augment_check_device(device, options, shape, &result), SIAM_OK, "%s", siam_last_error());
  cr_assert_str_empty(result.failure, "%s: %s", name, result.failure);
  return result.share;
}

Test(augment, device_draws_the_words_of_the_host) {
  uint8_t *common = NULL, *functions = NULL;
  size_t size = 0;
  cr_assert_eq(siam_file_read(SIAMESE_SOURCE_DIR "/cl/common.clh", 1 << 20, &common, &size), SIAM_OK);
  cr_assert_eq(siam_file_read(SIAMESE_SOURCE_DIR "/cl/random.clh", 1 << 20, &functions, &size), SIAM_OK);
  siam_text source = {0};
  siam_text_add(&source, "%s\n%s\n", (char *)common, (char *)functions);
  siam_text_add(&source,
                "__kernel GROUP void words(__global const uint *in, __global uint *out, int count) {\n"
                "  int i = get_global_id(0);\n"
                "  if (i >= count) return;\n"
                "  in += 6 * i;\n"
                "  uint4 drawn = philox((uint2)(in[0], in[1]), (uint4)(in[2], in[3], in[4], in[5]));\n"
                "  vstore4(drawn, i, out);\n"
                "  out[4 * count + i] = as_uint(uniform_of(drawn.x));\n"
                "}\n");
  enum { DRAWS = 500 };
  uint32_t in[DRAWS][6], out[5 * DRAWS];
  for (uint32_t i = 0; i < DRAWS; i++)
    for (uint32_t k = 0; k < 6; k++) in[i][k] = i == 0 ? UINT32_MAX : siam_random(5, 1, k, i).word[0];
  cl_mem from = buffer_with(in, sizeof in), to = NULL;
  cr_assert_eq(siam_buffer_create(device, sizeof out / sizeof(float), &to), SIAM_OK);
  siam_program *program = NULL;
  siam_tape *tape = NULL;
  cr_assert_eq(siam_program_get_source(device, "words", source.bytes, "", &program), SIAM_OK, "%s",
               siam_last_error());
  cr_assert_eq(siam_tape_create(device, &tape), SIAM_OK);
  cr_assert_eq(SIAM_LAUNCH(tape, program, "words", ((siam_grid){{DRAWS}}), siam_arg_buffer(from),
                           siam_arg_buffer(to), siam_arg_int(DRAWS)),
               SIAM_OK);
  cr_assert_eq(siam_tape_seal(tape), SIAM_OK);
  cr_assert_eq(siam_tape_run(tape), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(clEnqueueReadBuffer(device->queue, to, CL_TRUE, 0, sizeof out, out, 0, NULL, NULL),
               CL_SUCCESS);
  for (uint32_t i = 0; i < DRAWS; i++) {
    const uint32_t *k = in[i];
    siam_draw host =
        siam_random((uint64_t)k[1] << 32 | k[0], (siam_stream)k[5], k[4], (uint64_t)k[3] << 32 | k[2]);
    for (int w = 0; w < 4; w++) cr_assert_eq(out[4 * i + (uint32_t)w], host.word[w]);
    float uniform = siam_uniform(host.word[0]);
    cr_assert_eq(memcmp(&out[4 * DRAWS + i], &uniform, sizeof uniform), 0);
  }
  siam_tape_destroy(tape);
  clReleaseMemObject(from);
  clReleaseMemObject(to);
  siam_text_clear(&source);
  siam_free(common);
  siam_free(functions);
}

static void expect_exact(const siam_augment_shape *shape) {
  size_t values = values_of(shape);
  uint8_t *pictures = noise_pictures(STORED * values);
  float *result = run(NULL, shape, pictures, STORED, some_indices, 0, 0);
  for (int n = 0; n < shape->images; n++)
    for (size_t i = 0; i < values; i++) {
      int c = (int)(i % (size_t)shape->channels);
      double deviation = shape->deviation[c] != 0 ? (double)shape->deviation[c] : 1;
      float scale = (float)(1 / (255 * deviation)), offset = (float)((double)-shape->mean[c] / deviation);
      float expected = (float)pictures[(size_t)some_indices[shape->first + n] * values + i] * scale;
      expected += offset;
      cr_assert_eq(result[(size_t)n * values + i], expected, "picture %d, value %zu", n, i);
    }
  siam_free(result);
  siam_free(pictures);
}

Test(augment, without_options_is_normalisation_with_the_bits_of_the_host) {
  expect_exact(&small);
  expect_exact(&colour);
  expect_exact(&(siam_augment_shape){.height = 1, .width = 1, .channels = 1, .images = 3});
  expect_exact(&(siam_augment_shape){.height = 150, .width = 61, .channels = 3, .images = 2, .first = 3});
}

Test(augment, each_part_alone_equals_the_reference) {
  static const char *parts[] = {
      "shift=0.2",
      "rotation=45",
      "scale=0.4",
      "aspect=0.3",
      "shear=0.4",
      "flip_horizontal=0.5",
      "flip_vertical=0.5",
      "elastic=0.05",
      "elastic=0.1,elastic_grid=1",
      "elastic=0.02,elastic_grid=8,elastic_probability=0.6",
      "brightness=0.3",
      "contrast=0.7",
      "tone=1.5",
      "brightness=0.2,contrast=0.3,tone=0.5,light_probability=0.5",
      "noise=0.2",
      "erase=0.7",
      "erase=1,erase_smallest=0.1,erase_largest=1,erase_noise=1",
      "shift=0.2,rotation=30,scale=0.2,aspect=0.2,shear=0.3,affine_probability=0.5",
  };
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    siam_augment_options options;
    cr_assert_eq(siam_augment_parse(parts[i], &options), SIAM_OK, "%s", siam_last_error());
    compare(&options, &small, parts[i]);
    compare(&options, &colour, parts[i]);
  }
  siam_augment_shape square = colour;
  square.width = square.height;
  compare(&(siam_augment_options){.quarter_turn = 0.8F}, &square, "quarter_turn");
}

Test(augment, every_set_equals_the_reference_at_edge_sizes) {
  static const int sizes[][2] = {{1, 1}, {1, 9}, {9, 1}, {2, 2}, {5, 17}, {40, 33}, {105, 105}};
  for (const siam_augment_set *set = siam_augment_sets; set->name != NULL; set++)
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
      for (int channels = 1; channels <= 3; channels += 2) {
        siam_augment_shape shape = {.height = sizes[i][0],
                                    .width = sizes[i][1],
                                    .channels = channels,
                                    .images = 2,
                                    .mean = {0.5F, 0.4F, 0.3F}};
        double worst = compare(&set->options, &shape, set->name);
        if (getenv("SIAMESE_SHOW_ERRORS") != NULL)
          fprintf(stderr, "%s %d×%d×%d: %.3f of the bound\n", set->name, shape.height, shape.width, channels,
                  worst);
      }
}

/// A set that uses every part.
static siam_augment_options everything(void) {
  siam_augment_options options;
  cr_assert_eq(siam_augment_parse("photos,elastic=0.03,shear=0.1,flip_vertical=0.5,erase_noise=1", &options),
               SIAM_OK);
  return options;
}

Test(augment, a_picture_is_the_same_whatever_else_is_in_the_batch_and_wherever_its_bytes_lie) {
  siam_augment_options options = everything();
  siam_augment_shape shape = colour, alone = colour;
  size_t values = values_of(&shape);
  uint8_t *pictures = noise_pictures(STORED * values);
  float *batch = run(&options, &shape, pictures, STORED, some_indices, 3, 5);

  // As when streaming: only the batch's pictures are there, in its order.
  uint8_t *staged = siam_allocate((size_t)shape.images, values);
  for (int n = 0; n < shape.images; n++)
    memcpy(staged + (size_t)n * values, pictures + (size_t)some_indices[n] * values, values);
  static const int32_t in_order[] = {0, 1, 2, 3, 4};
  float *streamed = run(&options, &shape, staged, (size_t)shape.images, in_order, 3, 5);
  cr_expect_arr_eq(streamed, batch, (size_t)shape.images * values * sizeof *batch);

  // As one branch of two, or one device's share.
  alone.first = 3;
  alone.images = 2;
  float *part = run(&options, &alone, pictures, STORED, some_indices, 3, 5);
  cr_expect_arr_eq(part, batch + 3 * values, 2 * values * sizeof *batch);
  siam_free(part);
  siam_free(streamed);
  siam_free(staged);
  siam_free(batch);
  siam_free(pictures);
}

Test(augment, repeats_its_bits_and_differs_with_step_seed_and_position) {
  siam_augment_options options;
  cr_assert_eq(siam_augment_parse("characters", &options), SIAM_OK);
  size_t values = values_of(&small), bytes = values * sizeof(float);
  uint8_t *pictures = noise_pictures(STORED * values);
  static const int32_t same[] = {2, 2, 2, 2, 2, 2};
  float *one = run(&options, &small, pictures, STORED, same, 1, 1);
  float *again = run(&options, &small, pictures, STORED, same, 1, 1);
  float *next_step = run(&options, &small, pictures, STORED, same, 1, 2);
  float *low_seed = run(&options, &small, pictures, STORED, same, 2, 1);
  float *high_seed = run(&options, &small, pictures, STORED, same, 1 + (1ULL << 32), 1);
  cr_expect_arr_eq(one, again, (size_t)small.images * bytes);
  cr_expect_arr_neq(one, next_step, bytes);
  cr_expect_arr_neq(one, low_seed, bytes);
  cr_expect_arr_neq(one, high_seed, bytes);
  cr_expect_arr_neq(one, one + values, bytes);
  float *results[] = {one, again, next_step, low_seed, high_seed};
  for (size_t i = 0; i < sizeof results / sizeof results[0]; i++) siam_free(results[i]);
  siam_free(pictures);
}

Test(augment, mirrors_and_quarter_turns_move_pixels_and_change_none) {
  siam_augment_options options = {.flip_horizontal = 0.5F, .flip_vertical = 0.5F, .quarter_turn = 0.7F};
  siam_augment_shape shape = {.height = 6, .width = 6, .channels = 1, .images = 64};
  uint8_t picture[36];
  for (int i = 0; i < 36; i++) picture[i] = (uint8_t)(i * 7);
  static const int32_t zeros[64];
  float *result = run(&options, &shape, picture, 1, zeros, 8, 1);
  int seen = 0;
  for (int symmetry = 0; symmetry < 8; symmetry++) {
    int count = 0;
    for (int n = 0; n < shape.images; n++) {
      bool equal = true;
      for (int row = 0; row < 6; row++)
        for (int column = 0; column < 6; column++) {
          int y = symmetry & 1 ? 5 - row : row, x = symmetry & 2 ? 5 - column : column;
          int source = symmetry & 4 ? x * 6 + y : y * 6 + x;
          equal = equal && result[n * 36 + row * 6 + column] == (float)picture[source] * (1.0F / 255);
        }
      count += equal;
    }
    cr_expect_gt(count, 0, "symmetry %d never came", symmetry);
    seen += count;
  }
  cr_expect_eq(seen, shape.images);
  siam_free(result);
}

Test(augment, an_index_may_carry_quarter_turns_of_its_picture) {
  siam_augment_shape shape = {.height = 6, .width = 6, .channels = 1, .images = 4, .turned = true};
  shape.deviation[0] = 1.0F / 255;
  uint8_t *pictures = noise_pictures(2 * 36);
  int32_t indices[4];
  for (uint32_t turns = 0; turns < 4; turns++) {
    const uint32_t index = 1U | turns << SIAM_INDEX_TURN_SHIFT;
    memcpy(&indices[turns], &index, sizeof index);
  }
  float *turned = run(NULL, &shape, pictures, 2, indices, 1, 1);
  for (int y = 0; y < 6; y++)
    for (int x = 0; x < 6; x++) {
      const uint8_t value = pictures[36 + y * 6 + x];
      // A quarter turn takes (x, y) to (5 − y, x) or to (y, 5 − x); twice that is (5 − x, 5 − y) either way.
      const float once[2] = {turned[36 + x * 6 + 5 - y], turned[36 + (5 - x) * 6 + y]};
      const float thrice[2] = {turned[108 + (5 - x) * 6 + y], turned[108 + x * 6 + 5 - y]};
      cr_assert_float_eq(turned[y * 6 + x], value, 1e-3);
      cr_assert_float_eq(turned[72 + (5 - y) * 6 + 5 - x], value, 1e-3);
      cr_assert((fabsf(once[0] - (float)value) < 1e-3F && fabsf(thrice[0] - (float)value) < 1e-3F) ||
                (fabsf(once[1] - (float)value) < 1e-3F && fabsf(thrice[1] - (float)value) < 1e-3F));
    }
  siam_free(pictures);
  siam_free(turned);
}

Test(augment, parts_happen_as_often_as_told) {
  enum { CASES = 600 };
  siam_augment_shape shape = {.height = 2, .width = 3, .channels = 1, .images = CASES};
  uint8_t picture[6] = {0, 50, 100, 150, 200, 250};
  static const int32_t zeros[CASES];
  static const struct {
    const char *text;
    double probability;
  } cases[] = {{"flip_horizontal=0.3", 0.3},
               {"brightness=0.5,light_probability=0.2", 0.2},
               {"rotation=90,affine_probability=0.6", 0.6},
               {"erase=0.1,erase_smallest=0.2,erase_largest=0.5", 0.1}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    siam_augment_options options;
    cr_assert_eq(siam_augment_parse(cases[i].text, &options), SIAM_OK);
    // The mean is no value of the picture, so that an erased pixel shows.
    shape.mean[0] = 0.31F;
    float *plain = run(NULL, &shape, picture, 1, zeros, 6, 2),
          *result = run(&options, &shape, picture, 1, zeros, 6, 2);
    int changed = 0;
    for (size_t n = 0; n < CASES; n++)
      changed += memcmp(result + 6 * n, plain + 6 * n, 6 * sizeof *result) != 0;
    // Five standard errors of a share.
    double p = cases[i].probability;
    cr_expect_float_eq(changed / (double)CASES, p, 5 * sqrt(p * (1 - p) / CASES), "%s: %d of %d",
                       cases[i].text, changed, CASES);
    siam_free(plain);
    siam_free(result);
  }
}

Test(augment, the_displacement_has_the_deviation_asked_for) {
  // On a ramp the value tells the source column. One place of each picture is looked at, so that the sample
  // is of independent numbers; the deviation differs a little by place, so every row and the inner columns
  // count.
  enum { SIDE = 8, CASES = 1024 };
  siam_augment_shape shape = {.height = SIDE, .width = SIDE, .channels = 1, .images = CASES};
  siam_augment_options options = {.elastic = 0.04F, .elastic_grid = 4};
  uint8_t ramp[SIDE * SIDE];
  for (int i = 0; i < SIDE * SIDE; i++) ramp[i] = (uint8_t)(i % SIDE * 32);
  static const int32_t zeros[CASES];
  float *result = run(&options, &shape, ramp, 1, zeros, 21, 4);
  double squares = 0;
  for (int n = 0; n < CASES; n++) {
    int row = n % SIDE, column = 2 + n / SIDE % 4;
    double moved = (double)result[(n * SIDE + row) * SIDE + column] * 255 / 32 - column;
    squares += moved * moved;
  }
  // A variance from n numbers, nearly normal, has relative error √(2/n); five of them, half for the
  // deviation.
  double expected = 0.04 * SIDE;
  cr_expect_float_eq(sqrt(squares / CASES), expected, 2.5 * sqrt(2.0 / CASES) * expected);
  siam_free(result);
}

Test(augment, what_does_not_fit_is_refused_with_a_sentence) {
  siam_tape *tape = NULL;
  cr_assert_eq(siam_tape_create(device, &tape), SIAM_OK);
  uint8_t bytes[4] = {0};
  cl_mem any = buffer_with(bytes, sizeof bytes);
  enum { CASES = 600 };
  siam_augment_shape shape = {.height = 2, .width = 3, .channels = 2, .images = 1};
  cr_expect_eq(siam_augment_add(tape, NULL, &shape, any, any, any, siam_tape_tensor(tape, 12)),
               SIAM_ERROR_ARGUMENT);
  cr_expect_not_null(strstr(siam_last_error(), "2 channels"));
  shape.channels = 1;
  cr_expect_eq(siam_augment_add(tape, NULL, &shape, any, any, any, siam_tape_tensor(tape, 12)),
               SIAM_ERROR_ARGUMENT);
  cr_expect_not_null(strstr(siam_last_error(), "12"));
  siam_view y = siam_tape_tensor(tape, 6);
  siam_augment_options turn = {.quarter_turn = 1};
  cr_expect_eq(siam_augment_add(tape, &turn, &shape, any, any, any, y), SIAM_ERROR_ARGUMENT);
  cr_expect_not_null(strstr(siam_last_error(), "square"));
  siam_augment_options shift = {.shift = 0.1F};
  cr_expect_eq(siam_augment_add(tape, &shift, &shape, any, any, NULL, y), SIAM_ERROR_ARGUMENT);
  cr_expect_not_null(strstr(siam_last_error(), "clock"));
  siam_augment_options wild = {.rotation = 500};
  cr_expect_eq(siam_augment_add(tape, &wild, &shape, any, any, any, y), SIAM_ERROR_ARGUMENT);
  cr_expect_not_null(strstr(siam_last_error(), "rotation is 500"));
  clReleaseMemObject(any);
  siam_tape_destroy(tape);
}
