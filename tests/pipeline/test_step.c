#include "base/memory.h"
#include "compute/pixels.h"
#include "data/images.h"
#include "model/description.h"
#include "pipeline/embedder.h"
#include "pipeline/looks.h"
#include "pipeline/step.h"
#include "pipeline/supply.h"
#include "scratch.h"
#include "shapes.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static char *folder;
static siam_device *device;

static void begin(void) {
  folder = siam_scratch_create();
  siam_test_write_shapes(folder, 8, 5, 1);
  cr_assert_eq(siam_device_create(NULL, &device), SIAM_OK, "%s", siam_last_error());
}
static void end(void) {
  siam_device_destroy(device);
  siam_scratch_remove(folder);
}
TestSuite(step, .init = begin, .fini = end, .timeout = 300);

/// No batch statistics, so that branches do not see each other.
static const char plain[] =
    "input 16 16 1\nconv 5 3 pad=1\nrelu\nmax_pool 2\nflatten\nlinear 6\nl2_normalize\n";

static siam_model *make_model(const char *text) {
  siam_network *network = NULL;
  siam_model *model = NULL;
  cr_assert_eq(siam_description_parse("test", text, NULL, &network), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_model_wrap(device, network, 9, &model), SIAM_OK, "%s", siam_last_error());
  return model;
}

static siam_images *open_images(siam_dataset **dataset, siam_model *model, uint64_t resident_bytes) {
  siam_images *images = NULL;
  cr_assert_eq(siam_dataset_open(folder, NULL, dataset), SIAM_OK, "%s", siam_last_error());
  siam_images_options options = {.shape = siam_model_picture_shape(model), .resident_bytes = resident_bytes};
  cr_assert_eq(siam_images_open(*dataset, &options, &images), SIAM_OK, "%s", siam_last_error());
  return images;
}

/// How a run of some steps is made.
typedef struct run_options {
  const char *encoder;
  siam_branches branches;
  siam_pairing pairing;
  uint64_t resident_bytes;
  bool turned, augmented;
  uint32_t steps;
  uint64_t seed; ///< Of augmentation; 0: 4.
} run_options;

static siam_step_options step_options(const run_options *run) {
  siam_step_options options = {
      .branches = run->branches, .seed = run->seed > 0 ? run->seed : 4, .turned = run->turned};
  cr_assert_eq(siam_loss_parse("contrastive", &options.loss), SIAM_OK);
  options.loss.pairing = run->pairing;
  cr_assert_eq(siam_optimizer_find("sgd", &options.optimizer), SIAM_OK);
  options.optimizer_options = options.optimizer->standard;
  if (run->augmented) cr_assert_eq(siam_augment_parse("characters", &options.augment), SIAM_OK);
  return options;
}

static siam_supply_options supply_options(const run_options *run) {
  siam_supply_options options = {.turned_classes = run->turned};
  options.sampler.seed = 4;
  if (run->pairing == SIAM_PAIRING_DRAWN) {
    options.sampler.pairs = 8;
  } else {
    options.sampler.mode = SIAM_SAMPLE_CLASSES;
    options.sampler.classes = 4;
    options.sampler.images_per_class = 4;
  }
  return options;
}

/// Runs steps and returns the weight buffer, or the gradients of the last step; the caller frees it.
static float *run_steps(const run_options *run, bool gradients, size_t *count) {
  siam_model *model = make_model(run->encoder);
  siam_dataset *dataset = NULL;
  siam_images *images = open_images(&dataset, model, run->resident_bytes);
  siam_supply *supply = NULL;
  siam_step *step = NULL;
  siam_supply_options supplying = supply_options(run);
  cr_assert_eq(siam_supply_create(device, dataset, images, &supplying, &supply), SIAM_OK, "%s",
               siam_last_error());
  siam_step_options options = step_options(run);
  options.rows = (int)siam_supply_rows(supply);
  options.resident = siam_supply_resident(supply);
  cr_assert_eq(options.resident == NULL, run->resident_bytes == 1);
  cr_assert_eq(siam_step_create(model, &options, &step), SIAM_OK, "%s", siam_last_error());
  siam_step_result result;
  for (uint32_t number = 1; number <= run->steps; number++) {
    siam_step_input input = {.rate = 0.05f};
    cr_assert_eq(siam_supply_give(supply, number, step, &input), SIAM_OK, "%s", siam_last_error());
    cr_assert_eq(siam_step_run(step, &input, &result), SIAM_OK, "%s", siam_last_error());
    cr_assert_eq(result.step, number - 1, "results come one step late");
  }
  cr_assert_eq(siam_step_finish(step, &result), SIAM_OK);
  cr_assert_eq(result.step, run->steps);
  cr_assert(isfinite(result.loss[SIAM_LOSS_VALUE]));
  const siam_store *store = &model->network->store;
  *count = gradients ? store->trained : store->total;
  float *values = siam_allocate(*count, sizeof *values);
  cr_assert_eq(siam_buffer_read(device, gradients ? store->gradients : store->weights, 0, *count, values),
               SIAM_OK);
  siam_step_destroy(step);
  siam_supply_destroy(supply);
  siam_images_destroy(images);
  siam_dataset_destroy(dataset);
  siam_model_destroy(model);
  return values;
}

/// Norm of a − b over the norm of a.
static double relative_difference(const float *a, const float *b, size_t count) {
  double difference = 0, norm = 0;
  for (size_t i = 0; i < count; i++) {
    difference += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
    norm += (double)a[i] * a[i];
  }
  return sqrt(difference / norm);
}

Test(step, fused_and_two_pass_give_the_same_gradients_up_to_rounding) {
  size_t count = 0;
  run_options fused = {.encoder = plain, .steps = 1, .augmented = true}, two_pass = fused;
  two_pass.branches = SIAM_BRANCHES_TWO_PASS;
  float *a = run_steps(&fused, true, &count), *b = run_steps(&two_pass, true, &count);
  // The longest sums run over 16 pictures × 256 pixels; rounding grows as the square root of that, and the
  // two orders of summation differ by no more than both errors together.
  cr_assert_lt(relative_difference(a, b, count), 2 * sqrt(16.0 * 256) * FLT_EPSILON);
  siam_free(a);
  siam_free(b);
}

Test(step, every_bit_of_the_seed_counts) {
  static const uint64_t seeds[] = {4, 5, 4 + (1ULL << 32), 4 + (1ULL << 63)};
  enum { SEEDS = 4 };
  float *weights[SEEDS];
  size_t count = 0;
  for (int s = 0; s < SEEDS; s++) {
    const run_options run = {.encoder = plain, .steps = 1, .augmented = true, .seed = seeds[s]};
    weights[s] = run_steps(&run, false, &count);
  }
  for (int s = 0; s < SEEDS; s++)
    for (int t = 0; t < s; t++)
      cr_expect_arr_neq(weights[s], weights[t], count * sizeof **weights, "%d and %d", s, t);
  for (int s = 0; s < SEEDS; s++) siam_free(weights[s]);
}

Test(step, two_passes_have_batch_statistics_of_their_own) {
  size_t count = 0;
  run_options fused = {
      .encoder = "input 16 16 1\nconv 5 3 pad=1\nbatch_norm\nrelu\nflatten\nlinear 6\nl2_normalize\n",
      .steps = 1};
  run_options two_pass = fused;
  two_pass.branches = SIAM_BRANCHES_TWO_PASS;
  float *a = run_steps(&fused, false, &count), *b = run_steps(&two_pass, false, &count);
  cr_assert_gt(relative_difference(a, b, count), 1e-4, "the branches went through as one batch both times");
  siam_free(a);
  siam_free(b);
}

Test(step, streamed_and_resident_pictures_give_the_same_bits) {
  for (int i = 0; i < 4; i++) {
    size_t count = 0;
    run_options resident = {.encoder = plain,
                            .steps = 12,
                            .augmented = true,
                            .turned = i % 2 == 1,
                            .pairing = i < 2 ? SIAM_PAIRING_DRAWN : SIAM_PAIRING_ALL};
    run_options streamed = resident;
    streamed.resident_bytes = 1;
    float *a = run_steps(&resident, false, &count), *b = run_steps(&streamed, false, &count);
    cr_assert_arr_eq(a, b, count * sizeof *a);
    siam_free(a);
    siam_free(b);
  }
}

/// The engine of products beside CLBlast that devices of this form have.
static const char *own_engine(void) {
  return device->traits.is_cpu ? "tile" : "local";
}

Test(step, both_gemm_engines_and_both_convolutions_agree_up_to_rounding) {
  const char *own = own_engine();
  const char *const engines[][2] = {
      {own, device->traits.is_cpu ? "direct" : "implicit"}, {"clblast", "im2col"}, {own, "im2col"}};
  size_t count = 0;
  run_options run = {.encoder = plain, .steps = 1};
  float *first = NULL;
  for (int i = 0; i < 3; i++) {
    setenv("SIAMESE_GEMM", engines[i][0], 1);
    setenv("SIAMESE_CONV", engines[i][1], 1);
    float *values = run_steps(&run, true, &count);
    if (i == 0)
      first = values;
    else
      cr_assert_lt(relative_difference(first, values, count), 2 * sqrt(16.0 * 256) * FLT_EPSILON);
    // Other engines of CPUs sum in another order: equal bits would mean that nobody asked which one to take.
    if (i > 0 && device->traits.is_cpu) cr_assert_arr_neq(first, values, count * sizeof *first);
    if (i > 0) siam_free(values);
  }
  siam_free(first);
}

Test(step, training_through_either_gemm_engine_ends_in_the_same_weights_up_to_rounding) {
  size_t count = 0;
  run_options run = {.encoder = plain, .steps = 10};
  // Convolutions by products too, so that all arithmetic of weight goes through the engine.
  setenv("SIAMESE_CONV", "im2col", 1);
  setenv("SIAMESE_GEMM", own_engine(), 1);
  float *tile = run_steps(&run, false, &count);
  setenv("SIAMESE_GEMM", "clblast", 1);
  float *clblast = run_steps(&run, false, &count);
  // A step moves the weights by rate × velocity, 0.05 × at most 10 gradients of norm below 1, against weights
  // of norm above 1; so each of the 10 steps adds at most half of the gradient's relative rounding error, and
  // over so few steps earlier errors are not blown up.
  cr_assert_lt(relative_difference(tile, clblast, count), 10 * sqrt(16.0 * 256) * FLT_EPSILON);
  if (device->traits.is_cpu) cr_assert_arr_neq(tile, clblast, count * sizeof *tile);
  siam_free(tile);
  siam_free(clblast);
}

/// Whether picture `row` of the streamed bytes is that of the set, byte by byte.
static bool is_as_read(siam_images *images, uint32_t image, const uint8_t *bytes, uint32_t row) {
  const size_t size = siam_picture_shape_bytes(siam_images_get_shape(images));
  uint8_t *own = calloc(1, size);
  cr_assert_eq(siam_images_read(images, &image, 1, own), SIAM_OK, "%s", siam_last_error());
  const bool same = memcmp(own, bytes + row * size, size) == 0;
  free(own);
  return same;
}

Test(step, a_class_that_is_put_together_has_a_label_and_pictures_of_its_own) {
  siam_model *model = make_model(plain);
  // What is read beside the supply must not take the pictures that it ordered.
  siam_dataset *dataset = NULL, *beside = NULL;
  siam_images *images = open_images(&dataset, model, 0), *alone = open_images(&beside, model, 0);
  siam_supply *supply = NULL;
  siam_step *step = NULL;
  run_options run = {.encoder = plain, .pairing = SIAM_PAIRING_ALL};
  siam_supply_options supplying = supply_options(&run);
  supplying.composition = (siam_composition_options){.percent = 50, .seed = 4};
  cr_assert_eq(siam_supply_create(device, dataset, images, &supplying, &supply), SIAM_OK, "%s",
               siam_last_error());
  siam_sampler *sampler = NULL;
  cr_assert_eq(siam_sampler_create(dataset, &supplying.sampler, &sampler), SIAM_OK, "%s", siam_last_error());
  siam_step_options options = step_options(&run);
  options.rows = (int)siam_supply_rows(supply);
  options.resident = siam_supply_resident(supply);
  cr_assert_null(options.resident, "what is put together on the host has to be sent");
  cr_assert_eq(siam_step_create(model, &options, &step), SIAM_OK, "%s", siam_last_error());
  const int32_t classes = (int32_t)siam_dataset_count_classes(dataset);
  int composed = 0, plain_rows = 0;
  for (uint32_t number = 1; number <= 10; number++) {
    siam_step_input input = {.rate = 0};
    siam_step_result result;
    siam_batch drawn;
    cr_assert_eq(siam_supply_give(supply, number, step, &input), SIAM_OK, "%s", siam_last_error());
    cr_assert_eq(siam_sampler_get(sampler, number - 1, &drawn), SIAM_OK);
    uint8_t *bytes = NULL;
    cr_assert_eq(siam_step_pictures(step, &bytes), SIAM_OK);
    for (uint32_t i = 0; i < drawn.image_count; i++) {
      const bool own = input.labels[i] >= classes;
      if (own) {
        composed++;
      } else {
        plain_rows++;
        cr_assert_eq(input.labels[i], (int32_t)drawn.classes[i]);
      }
      cr_assert_eq(is_as_read(alone, drawn.images[i], bytes, i), !own, "step %u, row %u", number, i);
    }
    cr_assert_eq(siam_step_run(step, &input, &result), SIAM_OK, "%s", siam_last_error());
    cr_assert_eq(siam_step_finish(step, &result), SIAM_OK, "%s", siam_last_error());
  }
  cr_assert(composed > 0 && plain_rows > 0);
  siam_sampler_destroy(sampler);
  siam_step_destroy(step);
  siam_supply_destroy(supply);
  siam_images_destroy(images);
  siam_images_destroy(alone);
  siam_dataset_destroy(dataset);
  siam_dataset_destroy(beside);
  siam_model_destroy(model);
}

Test(step, a_class_has_another_label_for_each_of_its_turns) {
  siam_model *model = make_model(plain);
  siam_dataset *dataset = NULL;
  siam_images *images = open_images(&dataset, model, 0);
  siam_supply *supply = NULL;
  run_options run = {.encoder = plain, .pairing = SIAM_PAIRING_ALL, .turned = true};
  siam_supply_options supplying = supply_options(&run);
  cr_assert_eq(siam_supply_create(device, dataset, images, &supplying, &supply), SIAM_OK, "%s",
               siam_last_error());
  uint32_t turns_seen = 0;
  for (uint32_t number = 1; number <= 10; number++) {
    siam_step_input input = {0};
    cr_assert_eq(siam_supply_give(supply, number, NULL, &input), SIAM_OK, "%s", siam_last_error());
    for (uint32_t i = 0; i < siam_supply_rows(supply); i++) {
      uint32_t class = siam_dataset_get_image_class(dataset, input.images[i]);
      uint32_t turn = input.turns[i] >> SIAM_INDEX_TURN_SHIFT;
      cr_expect_eq(input.labels[i], 4 * class + turn);
      turns_seen |= 1U << turn;
    }
  }
  cr_expect_eq(turns_seen, 15);
  siam_supply_destroy(supply);
  siam_images_destroy(images);
  siam_dataset_destroy(dataset);
  siam_model_destroy(model);
}

Test(step, turned_classes_change_what_is_learned) {
  size_t count = 0;
  run_options upright = {.encoder = plain, .steps = 2}, turned = upright;
  turned.turned = true;
  float *a = run_steps(&upright, false, &count), *b = run_steps(&turned, false, &count);
  cr_assert_neq(memcmp(a, b, count * sizeof *a), 0);
  siam_free(a);
  siam_free(b);
}

Test(step, the_arena_is_smaller_than_its_tensors_side_by_side) {
  siam_model *model = make_model(plain);
  run_options run = {.encoder = plain};
  siam_step_options options = step_options(&run);
  siam_step *step = NULL;
  options.rows = 16;
  cr_assert_eq(siam_step_create(model, &options, &step), SIAM_OK, "%s", siam_last_error());
  size_t arena = 0, separate = 0;
  siam_step_memory(step, &arena, &separate);
  cr_assert_gt(arena, 0);
  cr_assert_lt(arena, separate * 3 / 4);
  siam_step_destroy(step);
  siam_model_destroy(model);
}

Test(step, an_unreachable_margin_is_refused) {
  siam_model *model = make_model(plain);
  run_options run = {.encoder = plain};
  siam_step_options options = step_options(&run);
  siam_step *step = NULL;
  options.rows = 16;
  cr_assert_eq(siam_loss_set(&options.loss, "margin", 2.5), SIAM_OK);
  cr_assert_eq(siam_step_create(model, &options, &step), SIAM_ERROR_ARGUMENT);
  cr_assert_not_null(strstr(siam_last_error(), "0..2"), "%s", siam_last_error());
  siam_model_destroy(model);
}

Test(step, an_embedding_depends_neither_on_the_batch_nor_on_its_place_in_it) {
  siam_model *model = make_model("input 16 16 1\nconv 20 5\nbatch_norm\nrelu\nmax_pool 2\nflatten\nlinear 7\n"
                                 "l2_normalize\n");
  siam_dataset *dataset = NULL;
  siam_images *images = open_images(&dataset, model, 0);
  uint32_t all = siam_images_count(images);
  const size_t dimensions = 7, bytes = 16 * 16;
  float *single = siam_allocate(all * dimensions, sizeof *single);
  siam_telling telling = {0};
  siam_looks batch = {0};
  siam_embedder *one = NULL;
  cr_assert_eq(siam_embedder_create(model, 1, &one), SIAM_OK, "%s", siam_last_error());
  for (uint32_t i = 0; i < all; i++)
    cr_assert_eq(
        siam_embedder_run(one, siam_images_get_bytes(images) + i * bytes, 1, single + i * dimensions),
        SIAM_OK);
  cr_assert_eq(siam_looks_take(model, NULL, images, 16, &telling, &batch), SIAM_OK, "%s", siam_last_error());
  // Lengths are 1; sums run over 25 and 720 terms.
  for (size_t i = 0; i < all * dimensions; i++)
    cr_assert_float_eq(single[i], batch.values[i], sqrt(720.0) * 4 * FLT_EPSILON);
  siam_embedder_destroy(one);
  siam_looks_clear(&batch);
  siam_images_destroy(images);
  siam_dataset_destroy(dataset);
  siam_model_destroy(model);
  siam_free(single);
}
