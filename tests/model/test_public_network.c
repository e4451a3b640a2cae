#include "device_memory.h"
#include "reference/reference_network.h"
#include "scratch.h"
#include "reference/values.h"

#include <criterion/criterion.h>
#include <math.h>
#include <siamese/network.h>
#include <stdlib.h>
#include <string.h>

// Everything here is done by the public functions alone; the struct behind them is looked into only to
// compute what they should give in float64.

static siam_network *network;
static void end(void) {
  siam_network_destroy(network);
  siam_test_device_close();
}
TestSuite(public_network, .fini = end);

/// Builds `network` with vectors of `features` as inputs from lines, the last one NULL.
static void build(int features, const char *const *lines) {
  siam_test_ok(siam_network_create(1, 1, features, &network));
  for (; *lines != NULL; lines++) siam_test_ok(siam_network_add(network, *lines));
}
#define BUILD(features, ...) build(features, (const char *const[]){__VA_ARGS__, NULL})

static void place(void) {
  siam_test_ok(siam_network_place(network, siam_test_device(), 5));
}

/// Expects the last call's refusal to hold `words`.
static void said(siam_status status, const char *words) {
  cr_expect_neq(status, SIAM_OK, "should say '%s'", words);
  cr_expect_not_null(strstr(siam_last_error(), words), "'%s' is not in: %s", words, siam_last_error());
}

static siam_parameter_info slot(const char *name) {
  siam_parameter_info info;
  siam_test_ok(siam_network_get_slot(network, name, &info, NULL));
  return info;
}

static float *read_values(siam_network *from, const char *name) {
  siam_parameter_info info;
  siam_test_ok(siam_network_get_slot(from, name, &info, NULL));
  float *values = calloc(info.count, sizeof *values);
  siam_test_ok(siam_network_read(from, name, values));
  return values;
}

static void compare(const char *what, const float *found, const double *expected, const double *bounds,
                    double factor, size_t count) {
  for (size_t i = 0; i < count; i++)
    cr_assert_leq(fabs(found[i] - factor * expected[i]), factor * bounds[i],
                  "%s[%zu] is %.9g and must be %.9g ± %.2g", what, i, (double)found[i], factor * expected[i],
                  factor * bounds[i]);
}

enum { IMAGES = 3 };

/// Runs `times` batches forward and back and compares outputs, both kinds of gradients and their sums with
/// float64, within the bounds of rounding.h. Leaves the gradients of all batches in the buffer.
static void check_passes(siam_network *checked, int times) {
  const siam_network_info info = siam_network_get_info(checked);
  const size_t inputs = IMAGES * info.inputs, outputs = IMAGES * info.outputs;
  float *x = calloc(inputs, sizeof *x), *y = calloc(outputs, sizeof *y);
  float *dy = calloc(outputs, sizeof *dy), *dx = calloc(inputs, sizeof *dx);
  siam_check_fill(x, inputs, SIAM_VALUES_SPREAD, 7);
  siam_check_fill(dy, outputs, SIAM_VALUES_SPREAD, 8);
  siam_reference_network *reference = siam_reference_network_create(checked, IMAGES, false);
  for (size_t i = 0; i < inputs; i++) reference->values[0][i] = x[i];
  for (size_t i = 0; i < outputs; i++) reference->slopes[info.layers][i] = dy[i];
  siam_reference_network_forward(reference);
  siam_reference_network_backward(reference);
  // What lies there before the last batch is added: at most so many times the largest gradient.
  double largest = 0;
  for (size_t p = 0; p < checked->store.count; p++)
    for (size_t i = 0; i < checked->store.parameters[p].count; i++)
      largest = fmax(largest, fabs(reference->gradients[p][i]));
  siam_reference_network_bound(reference, times * largest);
  siam_test_ok(siam_network_clear_gradients(checked));
  for (int t = 0; t < times; t++) {
    siam_test_ok(siam_network_forward(checked, false, x, IMAGES, y));
    siam_test_ok(siam_network_backward(checked, dy, dx));
    compare("y", y, reference->values[info.layers], reference->value_errors[info.layers], 1, outputs);
    compare("dx", dx, reference->slopes[0], reference->slope_errors[0], 1, inputs);
  }
  for (size_t p = 0; p < info.parameters; p++) {
    siam_parameter_info parameter;
    siam_test_ok(siam_network_get_parameter(checked, p, &parameter));
    float *gradient = calloc(parameter.count, sizeof *gradient);
    siam_test_ok(siam_network_read_gradient(checked, parameter.name, gradient));
    compare(parameter.name, gradient, reference->gradients[p], reference->gradient_errors[p], times,
            parameter.count);
    free(gradient);
  }
  siam_reference_network_destroy(reference);
  free(x);
  free(y);
  free(dy);
  free(dx);
}

Test(public_network, a_tie_may_not_leave_others_behind_nor_run_in_a_circle) {
  BUILD(5, "linear 7 name=a", "tanh", "linear 5 name=b", "tanh", "linear 7 name=c weight=b.weight^T");
  said(siam_network_tie(network, "b.weight", "c.weight", true), "already share");
  said(siam_network_tie(network, "b.weight", "a.weight", true), "other slots refer to 'b.weight'");
}

enum { FOUR = 35 }; ///< Elements of the matrix that is used in four places.

/// What an optimizer remembers of that matrix, in float64.
typedef struct memory {
  unsigned steps;
  double first[FOUR], second[FOUR];
} memory;

static const double unit = 0x1p-24;

/// SGD without momentum or decay: w − rate·g, two roundings.
static double expect_sgd(const siam_update_options *options, memory *kept, int i, double w, double g,
                         double *bound) {
  (void)kept;
  (void)i;
  *bound = 2 * unit * (fabs(w) + options->rate * fabs(g));
  return w - options->rate * g;
}

/// Adam (Kingma and Ba 2015) with its usual betas and epsilon. Both means are sums of as many terms as there
/// were steps; then come a root, two divisions and the corrections by 1 − βᵗ: fewer than 40 units of the
/// change in all, where no mean cancels, for which `largest` stands.
static double expect_adam(const siam_update_options *options, memory *kept, int i, double w, double g,
                          double *bound) {
  const double beta1 = 0.9, beta2 = 0.999;
  const double largest =
      (beta1 * fabs(kept->first[i]) + (1 - beta1) * fabs(g)) / (1 - pow(beta1, kept->steps));
  kept->first[i] = beta1 * kept->first[i] + (1 - beta1) * g;
  kept->second[i] = beta2 * kept->second[i] + (1 - beta2) * g * g;
  const double root = sqrt(kept->second[i] / (1 - pow(beta2, kept->steps))) + 1e-8;
  *bound = 40 * unit * options->rate * largest / root + 2 * unit * fabs(w);
  return w - options->rate * kept->first[i] / (1 - pow(beta1, kept->steps)) / root;
}

/// Updates with the gradients as they lie, and holds the shared matrix to the optimizer's formula.
static void check_update(siam_network *checked, const siam_update_options *options, memory *kept) {
  float before[FOUR], gradient[FOUR], after[FOUR];
  siam_test_ok(siam_network_read(checked, "a.weight", before));
  siam_test_ok(siam_network_read_gradient(checked, "a.weight", gradient));
  siam_test_ok(siam_network_update(checked, options));
  siam_test_ok(siam_network_read(checked, "d.weight", after));
  kept->steps++;
  for (int i = 0; i < FOUR; i++) {
    double bound = 0;
    double expected = (strcmp(options->optimizer, "sgd") == 0 ? expect_sgd : expect_adam)(
        options, kept, i, before[i], gradient[i], &bound);
    cr_assert_leq(fabs(after[i] - expected), bound, "%s, step %u: weight %d is %.9g and must be %.9g ± %.2g",
                  options->optimizer, kept->steps, i, (double)after[i], expected, bound);
  }
}

/// One matrix [5,7] in four places, two of them transposed: tied by a line, before and after placing.
static void build_four_places(void) {
  BUILD(5, "linear 7 name=a", "tanh", "linear 5 name=b weight=a.weight^T", "tanh", "linear 7 name=c",
        "sigmoid", "linear 5 name=d");
  siam_test_ok(siam_network_tie(network, "c.weight", "b.weight", true));
  place();
  siam_test_ok(siam_network_tie(network, "d.weight", "b.weight", false));
  said(siam_network_forward(network, false, (float[IMAGES * 5]){0}, IMAGES, NULL), "place it on a device");
  place();
}

Test(public_network, one_matrix_in_four_places_equals_float64_through_updates_and_a_file) {
  char *folder = siam_scratch_create();
  const char *path = siam_scratch_path(folder, "four");
  static const siam_update_options sgd = {
      .optimizer = "sgd", .rate = 0.125, .momentum = -1, .weight_decay = -1};
  static const siam_update_options adam = {.optimizer = "adam", .rate = 0.01, .weight_decay = -1};
  siam_network *loaded = NULL;
  build_four_places();
  cr_expect_eq(slot("d.weight").users, 4);
  cr_expect_eq(siam_network_get_info(network).weights, 35 + 7 + 5 + 7 + 5);
  check_passes(network, 1);
  check_passes(network, 2);
  check_update(network, &sgd, &(memory){0});
  check_passes(network, 1);
  siam_test_ok(siam_network_save(network, path));
  siam_test_ok(siam_network_load(siam_test_device(), path, &loaded));
  // The loaded one goes on as the other does, bit for bit, with everything still shared.
  siam_network *both[2] = {network, loaded};
  float *after[2];
  for (int i = 0; i < 2; i++) {
    siam_parameter_info info;
    siam_test_ok(siam_network_get_slot(both[i], "c.weight", &info, NULL));
    cr_expect_str_eq(info.name, "a.weight");
    cr_expect_eq(info.users, 4);
    memory kept = {0};
    check_passes(both[i], 1);
    check_update(both[i], &sgd, &(memory){0});
    for (int step = 0; step < 3; step++) {
      check_passes(both[i], 1);
      check_update(both[i], &adam, &kept);
    }
    check_passes(both[i], 1);
    after[i] = read_values(both[i], "d.weight");
  }
  cr_expect(siam_check_same_bits(after[0], after[1], FOUR));
  free(after[0]);
  free(after[1]);
  siam_network_destroy(loaded);
  siam_scratch_remove(folder);
}

Test(public_network, an_update_moves_a_shared_matrix_once) {
  BUILD(6, "linear 6 name=a bias=0", "linear 6 name=b bias=0 weight=a.weight");
  place();
  check_passes(network, 1);
  float *before = read_values(network, "a.weight"), gradient[36];
  siam_test_ok(siam_network_read_gradient(network, "b.weight", gradient));
  siam_test_ok(siam_network_update(
      network, &(siam_update_options){.optimizer = "sgd", .rate = 0.5, .momentum = -1, .weight_decay = -1}));
  float *after = read_values(network, "b.weight");
  // A product by ½ is exact, so one rounding is left.
  for (int i = 0; i < 36; i++) cr_expect_eq(after[i], before[i] - 0.5F * gradient[i]);
  free(before);
  free(after);
}

Test(public_network, momentum_and_the_steps_of_adam_are_kept_between_updates) {
  float x[IMAGES] = {0}, dy[IMAGES] = {1, 1, 1}, bias[3];
  BUILD(1, "linear 1 name=a");
  place();
  for (int step = 0; step < 3; step++) {
    siam_test_ok(siam_network_clear_gradients(network));
    siam_test_ok(siam_network_forward(network, true, x, IMAGES, NULL));
    siam_test_ok(siam_network_backward(network, dy, NULL));
    siam_test_ok(
        siam_network_update(network, &(siam_update_options){.optimizer = "sgd", .rate = 1, .momentum = 0.5}));
    siam_test_ok(siam_network_read(network, "a.bias", &bias[step]));
  }
  // Velocities 3, 3 + 1.5 and 3 + 2.25: exact in float32.
  cr_expect_eq(bias[0], -3);
  cr_expect_eq(bias[1], -7.5F);
  cr_expect_eq(bias[2], -12.75F);
}

Test(public_network, places_and_users_can_be_asked) {
  BUILD(10, "linear 5 name=encode", "linear 10 name=decode");
  cr_expect_eq(siam_network_get_info(network).weights, 115);
  siam_test_ok(siam_network_tie(network, "decode.weight", "encode.weight", true));
  // Before placing, what nobody refers to is no longer counted.
  cr_expect_eq(siam_network_get_info(network).weights, 65);
  cr_expect_not(siam_network_get_info(network).placed);
  cr_expect_eq(slot("decode.weight").offset, 0);
  place();
  const siam_network_info info = siam_network_get_info(network);
  cr_expect(info.placed && info.inputs == 10 && info.outputs == 10 && info.layers == 2 &&
            info.parameters == 3);
  bool transposed = false;
  siam_parameter_info decode, encode = slot("encode.weight");
  siam_test_ok(siam_network_get_slot(network, "decode.weight", &decode, &transposed));
  cr_expect(transposed);
  cr_expect_str_eq(decode.name, "encode.weight");
  cr_expect(decode.users == 2 && decode.count == 50 && decode.bytes == 200 && decode.trained);
  cr_expect(decode.rank == 2 && decode.dims[0] == 10 && decode.dims[1] == 5);
  cr_expect_eq(decode.offset, encode.offset);
  for (size_t i = 0; i < 3; i++) {
    siam_parameter_info one, other;
    siam_test_ok(siam_network_get_parameter(network, i, &one));
    cr_expect_eq(one.users, strcmp(one.name, "encode.weight") == 0 ? 2U : 1U);
    for (size_t j = 0; j < i; j++) {
      siam_test_ok(siam_network_get_parameter(network, j, &other));
      cr_expect(other.offset + other.bytes <= one.offset || one.offset + one.bytes <= other.offset);
    }
  }
  said(siam_network_get_parameter(network, 3, &decode), "no parameter number 3");
  said(siam_network_get_slot(network, "decode.scale", &decode, NULL), "no layer has a slot");
}

/// End of the last parameter in the weight buffer, in bytes.
static size_t buffer_end(void) {
  size_t end = 0;
  for (size_t i = 0; i < siam_network_get_info(network).parameters; i++) {
    siam_parameter_info info;
    siam_test_ok(siam_network_get_parameter(network, i, &info));
    if (info.offset + info.bytes > end) end = info.offset + info.bytes;
  }
  return end;
}

Test(public_network, what_nobody_refers_to_any_more_leaves_the_buffer_at_the_next_placing) {
  BUILD(64, "linear 64 name=a", "linear 64 name=b", "linear 64 name=c");
  place();
  const size_t matrix = 64 * 64 * sizeof(float), bias = 64 * sizeof(float);
  cr_expect_eq(buffer_end(), 3 * matrix + 3 * bias);
  siam_test_ok(siam_network_tie(network, "b.weight", "a.weight", true));
  siam_test_ok(siam_network_tie(network, "c.weight", "b.weight", false));
  place();
  cr_expect_eq(buffer_end(), matrix + 3 * bias);
  cr_expect_eq(slot("c.weight").offset, slot("a.weight").offset);
  siam_test_ok(siam_network_untie(network, "c.weight"));
  place();
  cr_expect_eq(buffer_end(), 2 * matrix + 3 * bias);
  check_passes(network, 1);
}

Test(public_network, a_write_by_one_name_is_read_by_the_other_and_untying_parts_them) {
  float ten[50], one[50];
  for (int i = 0; i < 50; i++) {
    ten[i] = 10;
    one[i] = (float)i;
  }
  BUILD(10, "linear 5 name=encode", "linear 10 name=decode weight=encode.weight^T");
  place();
  siam_test_ok(siam_network_write(network, "decode.weight", ten));
  float *values = read_values(network, "encode.weight");
  cr_expect(siam_check_same_bits(values, ten, 50));
  free(values);
  siam_test_ok(siam_network_untie(network, "decode.weight"));
  said(siam_network_write(network, "encode.weight", one), "place it on a device");
  place();
  cr_expect_eq(slot("decode.weight").users, 1);
  values = read_values(network, "decode.weight");
  cr_expect(siam_check_same_bits(values, ten, 50), "it begins as a copy");
  free(values);
  siam_test_ok(siam_network_write(network, "decode.weight", one));
  values = read_values(network, "encode.weight");
  cr_expect(siam_check_same_bits(values, ten, 50),
            "values stay through placing and are a place of their own");
  free(values);
  check_passes(network, 1);
}

Test(public_network, an_untied_slot_begins_with_a_copy_of_what_it_shared) {
  BUILD(10, "linear 5 name=encode", "linear 10 name=decode weight=encode.weight^T", "linear 5 name=plain");
  siam_test_ok(siam_network_tie(network, "plain.weight", "encode.weight", false));
  siam_test_ok(siam_network_add(network, "linear 10 name=last weight=encode.weight^T"));
  place();
  siam_test_ok(siam_network_untie(network, "decode.weight"));
  siam_test_ok(siam_network_untie(network, "plain.weight"));
  place();
  cr_expect_eq(slot("encode.weight").users, 2);
  cr_expect_eq(slot("decode.weight").users, 1);
  cr_expect_eq(slot("decode.weight").dims[0], 5);
  float *shared = read_values(network, "encode.weight"), *transposed = read_values(network, "decode.weight");
  float *plain = read_values(network, "plain.weight");
  cr_expect(siam_check_same_bits(shared, plain, 50));
  for (int i = 0; i < 50; i++) cr_expect_eq(transposed[i % 5 * 10 + i / 5], shared[i]);
  check_passes(network, 1);
  free(shared), free(transposed), free(plain);
}

Test(public_network, an_untied_slot_that_never_shared_values_has_first_values) {
  BUILD(10, "linear 5 name=encode", "linear 10 name=decode weight=encode.weight^T");
  siam_test_ok(siam_network_untie(network, "decode.weight"));
  place();
  float *untied = read_values(network, "decode.weight");
  siam_network_destroy(network);
  BUILD(10, "linear 5 name=encode", "linear 10 name=decode");
  place();
  float *never = read_values(network, "decode.weight");
  cr_expect(siam_check_same_bits(untied, never, 50));
  free(untied), free(never);
}

Test(public_network, a_loaded_network_gives_what_is_added_first_values) {
  char *folder = siam_scratch_create();
  const char *path = siam_scratch_path(folder, "saved");
  BUILD(4, "linear 5 name=body");
  place();
  siam_test_ok(siam_network_save(network, path));
  siam_network_destroy(network);
  network = NULL;
  siam_test_ok(siam_network_load(siam_test_device(), path, &network));
  float *body = read_values(network, "body.weight");
  siam_test_ok(siam_network_add(network, "linear 3 name=head"));
  siam_test_ok(siam_network_add(network, "batch_norm name=norm"));
  place();
  float *kept = read_values(network, "body.weight"), *head = read_values(network, "head.weight");
  float *gamma = read_values(network, "norm.weight");
  cr_expect_arr_eq(body, kept, 20 * sizeof *body);
  for (int i = 0; i < 15; i++) cr_expect_neq(head[i], 0);
  for (int i = 0; i < 3; i++) cr_expect_eq(gamma[i], 1);
  free(body);
  free(kept);
  free(head);
  free(gamma);
  siam_scratch_remove(folder);
}

Test(public_network, one_layer_keeps_its_parameters_apart) {
  BUILD(4, "batch_norm name=norm");
  said(siam_network_tie(network, "norm.weight", "norm.bias", false), "of its own role only");
  cr_expect_eq(slot("norm.weight").users, 1);
}

Test(public_network, a_line_that_cannot_be_added_leaves_the_network_as_it_was) {
  BUILD(10, "linear 5 name=encode");
  place();
  said(siam_network_add(network, "linear 10 name=decode weight=encode.weight"), "needs [5,10]");
  said(siam_network_add(network, "linear 10 weight=later.weight"), "no layer has a slot 'later.weight'");
  said(siam_network_add(network, "linear"), "'features' must be given");
  said(siam_network_add(network, "nothing 3"), "there is no layer 'nothing'");
  said(siam_network_add(network, "input 1 1 3"), "there is no layer 'input'");
  said(siam_network_add(network, " # a remark"), "without a layer");
  said(siam_network_add(network, "relu\nrelu"), "more than one line");
  const siam_network_info info = siam_network_get_info(network);
  cr_expect(info.placed && info.layers == 1 && info.parameters == 2 && info.weights == 55);
  // The name is free again, for another shape too.
  siam_test_ok(siam_network_add(network, "linear 3 name=decode"));
  cr_expect_eq(slot("decode.weight").count, 15);
  const char *text = NULL;
  siam_test_ok(siam_network_describe(network, &text));
  cr_expect_str_eq(text, "input 1 1 10\nlinear 5 name=encode\nlinear 3 name=decode\n");
  siam_network *none = NULL;
  said(siam_network_create(1, 0, 3, &none), "is empty");
  said(siam_network_create(1 << 20, 1 << 20, 1 << 20, &none), "is too large");
}

Test(public_network, a_way_back_needs_its_forward_pass) {
  float x[IMAGES * 4] = {0}, y[IMAGES * 2], weights[8] = {0};
  BUILD(4, "linear 2 name=a");
  said(siam_network_forward(network, false, x, IMAGES, y), "place it on a device");
  said(siam_network_save(network, "nowhere"), "nowhere: a network without layers or places");
  place();
  said(siam_network_backward(network, y, NULL), "no forward pass");
  said(siam_network_forward(network, false, x, 0, y), "a batch of 0");
  said(siam_network_forward(network, false, x, 1 << 30, y), "this network takes 1 to 536870911");
  siam_test_ok(siam_network_forward(network, false, x, IMAGES, y));
  siam_test_ok(siam_network_backward(network, y, NULL));
  said(siam_network_backward(network, y, NULL), "no forward pass");
  siam_test_ok(siam_network_forward(network, false, x, IMAGES, y));
  siam_test_ok(siam_network_write(network, "a.weight", weights));
  said(siam_network_backward(network, y, NULL), "no forward pass");
  siam_test_ok(siam_network_forward(network, false, x, IMAGES, y));
  siam_test_ok(siam_network_update(network, NULL));
  said(siam_network_backward(network, y, NULL), "no forward pass");
  said(siam_network_update(network, &(siam_update_options){.optimizer = "none"}), "no optimizer 'none'");
  said(siam_network_update(network, &(siam_update_options){.rate = -1}), "a learning rate of -1");
}

/// Gradients of all parameters after a way back with the loss, and with the gradient that the formula gives.
static void check_loss(const char *loss, const float *target, const float *dy, double expected) {
  enum { WEIGHTS = 4 * 3, INPUTS = IMAGES * 4 };
  const float x[INPUTS] = {1, -2, 0.5F, 0.25F, -1, 1, 2, -0.5F, 0.75F, -0.25F, 1.5F, -1.5F};
  float value = 0, by_loss[WEIGHTS], by_hand[WEIGHTS], dx[INPUTS], dx_by_hand[INPUTS];
  siam_test_ok(siam_network_clear_gradients(network));
  siam_test_ok(siam_network_forward(network, true, x, IMAGES, NULL));
  siam_test_ok(siam_network_loss(network, loss, target, &value));
  // Asked twice, it is the same, and adds nothing.
  siam_test_ok(siam_network_loss(network, loss, target, NULL));
  siam_test_ok(siam_network_backward(network, NULL, dx));
  siam_test_ok(siam_network_read_gradient(network, "a.weight", by_loss));
  siam_test_ok(siam_network_clear_gradients(network));
  siam_test_ok(siam_network_forward(network, true, x, IMAGES, NULL));
  siam_test_ok(siam_network_backward(network, dy, dx_by_hand));
  siam_test_ok(siam_network_read_gradient(network, "a.weight", by_hand));
  // The kernel's gradient and the host's are each off by a few units of the largest, 1; the products add up
  // IMAGES of them, times at most 2.
  for (int i = 0; i < WEIGHTS; i++) cr_expect_float_eq(by_loss[i], by_hand[i], 2 * IMAGES * 20 * unit);
  for (int i = 0; i < INPUTS; i++) cr_expect_float_eq(dx[i], dx_by_hand[i], 3 * 2 * 20 * unit);
  cr_expect_float_eq(value, expected, 40 * unit * fabs(expected), "%s is %.9g, not %.9g", loss, (double)value,
                     expected);
}

Test(public_network, a_loss_on_the_device_is_its_formula_and_leads_back) {
  enum { CLASSES = 3, COUNT = IMAGES * CLASSES };
  const float wanted[COUNT] = {1, 0, -1, 0.5F, 2, 0, 0, -2, 1}, classes[IMAGES] = {2, 0, 1};
  const float x[IMAGES * 4] = {1, -2, 0.5F, 0.25F, -1, 1, 2, -0.5F, 0.75F, -0.25F, 1.5F, -1.5F};
  float y[COUNT], squares_slope[COUNT], entropy_slope[COUNT];
  double squares = 0, entropy = 0;
  BUILD(4, "linear 3 name=a");
  place();
  siam_test_ok(siam_network_forward(network, false, x, IMAGES, y));
  for (int r = 0; r < IMAGES; r++) {
    double sum = 0;
    for (int c = 0; c < CLASSES; c++) sum += exp(y[r * CLASSES + c]);
    for (int c = 0; c < CLASSES; c++) {
      const int i = r * CLASSES + c;
      const double error = (double)y[i] - wanted[i];
      squares += error * error / COUNT;
      squares_slope[i] = (float)(2 * error / COUNT);
      entropy_slope[i] = (float)((exp(y[i]) / sum - (c == (int)classes[r])) / IMAGES);
    }
    entropy += (log(sum) - y[r * CLASSES + (int)classes[r]]) / IMAGES;
  }
  check_loss("mean_squared_error", wanted, squares_slope, squares);
  check_loss("cross_entropy", classes, entropy_slope, entropy);
  // And back: the tape of the other loss is written again.
  check_loss("mean_squared_error", wanted, squares_slope, squares);
}

Test(public_network, a_loss_that_cannot_be_is_refused) {
  const float x[2 * 4] = {0};
  float value = 0;
  BUILD(4, "linear 3 name=a");
  place();
  said(siam_network_loss(network, "cross_entropy", (float[]){0, 1}, &value), "there is no forward pass");
  siam_test_ok(siam_network_forward(network, true, x, 2, NULL));
  said(siam_network_backward(network, NULL, NULL), "there is no gradient to go back with");
  said(siam_network_loss(network, "entropy", x, &value), "there are: cross_entropy, mean_squared_error");
  said(siam_network_loss(network, "cross_entropy", (float[]){0, 3}, &value), "target 1 is 3");
  said(siam_network_loss(network, "cross_entropy", (float[]){-1, 0}, &value), "target 0 is -1");
  said(siam_network_loss(network, "cross_entropy", (float[]){0, NAN}, &value), "the classes 0 to 2");
  said(siam_network_loss(network, "cross_entropy", (float[]){0.5F, 0}, &value), "target 0 is 0.5");
  // None of these has left a gradient; the next forward pass forgets the loss.
  said(siam_network_backward(network, NULL, NULL), "there is no gradient to go back with");
  siam_test_ok(siam_network_loss(network, "cross_entropy", (float[]){0, 2}, &value));
  siam_test_ok(siam_network_forward(network, true, x, 2, NULL));
  said(siam_network_backward(network, NULL, NULL), "there is no gradient to go back with");
}

Test(public_network, batch_sizes_come_and_go) {
  float x[9 * 4], y[9 * 3], first[9 * 3];
  siam_check_fill(x, 36, SIAM_VALUES_SPREAD, 3);
  BUILD(4, "linear 5 name=a", "tanh", "linear 3 name=b");
  place();
  // A row's result depends on no other row, but the engines may sum in another order: only one batch size
  // again gives the same bits. More sizes than are kept, twice.
  siam_test_ok(siam_network_forward(network, false, x, 9, first));
  for (int round = 0; round < 2; round++)
    for (int images = 1; images <= 9; images++) {
      siam_test_ok(siam_network_forward(network, false, x, images, y));
      for (int i = 0; i < images * 3; i++) cr_expect_float_eq(y[i], first[i], 1e-5F);
    }
  cr_expect(siam_check_same_bits(y, first, 27));
}

Test(public_network, dropout_draws_anew_in_every_training_pass_and_rests_otherwise) {
  float x[64], y[64], again[64], dx[64];
  for (int i = 0; i < 64; i++) x[i] = 1;
  BUILD(64, "dropout 0.5");
  place();
  siam_test_ok(siam_network_forward(network, false, x, 1, y));
  cr_expect(siam_check_same_bits(x, y, 64));
  siam_test_ok(siam_network_forward(network, true, x, 1, y));
  siam_test_ok(siam_network_backward(network, x, dx));
  cr_expect(siam_check_same_bits(dx, y, 64), "the way back drops what the way there dropped");
  siam_test_ok(siam_network_forward(network, true, x, 1, again));
  cr_expect_not(siam_check_same_bits(again, y, 64));
}

Test(public_network, pictures_flatten_on_the_way_back_too) {
  float x[2 * 12], dx[2 * 12], dy[2 * 12];
  siam_check_fill(dy, 24, SIAM_VALUES_SPREAD, 1);
  memset(x, 0, sizeof x);
  siam_test_ok(siam_network_create(2, 3, 2, &network));
  siam_test_ok(siam_network_add(network, "flatten"));
  place();
  siam_test_ok(siam_network_forward(network, false, x, 2, NULL));
  siam_test_ok(siam_network_backward(network, dy, dx));
  cr_expect(siam_check_same_bits(dx, dy, 24));
}

Test(public_network, running_statistics_are_parameters_without_a_gradient) {
  float values[3];
  BUILD(3, "batch_norm name=n");
  place();
  cr_expect_not(slot("n.running_var").trained);
  cr_expect_eq(siam_network_get_info(network).weights, 6);
  siam_test_ok(siam_network_read(network, "n.running_var", values));
  said(siam_network_read_gradient(network, "n.running_var", values), "has no gradient");
}
