#include "device_memory.h"
#include "gradient_check.h"
#include "model/description.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static siam_network *network;
static void end(void) {
  siam_network_destroy(network);
  siam_test_device_close();
}
TestSuite(network, .fini = end);

static void describe(const char *text) {
  siam_test_ok(siam_description_parse("the test", text, NULL, &network));
}

static void tie(const char *slot, const char *to, bool transposed) {
  siam_test_ok(siam_network_tie(network, slot, to, transposed));
}

static void place(uint64_t seed) {
  siam_test_ok(siam_network_place(network, siam_test_device(), seed));
}

static const siam_slot *slot(const char *name) {
  siam_slot *found = NULL;
  siam_test_ok(siam_network_slot(network, name, &found));
  return found;
}

/// Expects the last call's refusal to hold `words`.
static void said(siam_status status, const char *words) {
  cr_expect_eq(status, SIAM_ERROR_ARGUMENT);
  cr_expect_not_null(strstr(siam_last_error(), words), "'%s' is not in: %s", words, siam_last_error());
}

static float *read(const char *name) {
  siam_view view = siam_store_weight(&network->store, slot(name)->parameter);
  float *values = calloc(view.count, sizeof *values);
  siam_test_ok(siam_buffer_read(siam_test_device(), view.buffer, view.first, view.count, values));
  return values;
}

Test(network, layers_are_numbered_by_type_and_parameters_named_after_them) {
  describe("input 8 8 1\nconv 4\nbatch_norm\nrelu\nconv 4\nbatch_norm name=middle\nflatten\nlinear 3\n");
  cr_expect_str_eq(network->layers[0].name, "conv1");
  cr_expect_str_eq(network->layers[2].name, "relu1");
  cr_expect_str_eq(network->layers[3].name, "conv2");
  cr_expect_str_eq(network->layers[4].name, "middle");
  place(1);
  static const char *const names[] = {"conv1.weight",
                                      "conv1.bias",
                                      "batch_norm1.weight",
                                      "batch_norm1.bias",
                                      "batch_norm1.running_mean",
                                      "batch_norm1.running_var",
                                      "conv2.weight",
                                      "middle.running_var",
                                      "linear1.weight",
                                      "linear1.bias"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    unsigned number = 0;
    cr_expect_eq(siam_store_find(&network->store, names[i], &number), SIAM_OK, "%s", siam_last_error());
  }
  cr_expect_eq(network->store.count, 14);
}

Test(network, names_and_options_that_cannot_be_are_refused_with_a_sentence) {
  const siam_layer_type *conv = siam_layer_type_find("conv");
  double options[SIAM_OPTIONS_MAX] = {4, NAN, NAN, NAN, NAN};
  siam_test_ok(siam_network_create(8, 8, 1, &network));
  siam_test_ok(siam_network_add_layer(network, conv, "same", options));
  said(siam_network_add_layer(network, conv, "same", options), "two layers are called 'same'");
  said(siam_network_add_layer(network, conv, "a.b", options), "'a.b' cannot name a layer");
  said(siam_network_add_layer(network, conv, "", options), "cannot name a layer");
  said(siam_network_add_layer(network, conv, NULL, NULL), "'filters' must be given");
  options[0] = 0;
  said(siam_network_add_layer(network, conv, NULL, options), "filters=0 must be a whole number from 1");
  options[0] = 2.5;
  said(siam_network_add_layer(network, conv, NULL, options), "filters=2.5 must be a whole number");
  options[0] = INFINITY;
  said(siam_network_add_layer(network, conv, NULL, options), "filters=inf");
  cr_expect_eq(network->count, 1);
  siam_network *empty = NULL;
  said(siam_network_create(8, 0, 1, &empty), "8×0×1 is empty");
}

Test(network, two_tied_slots_are_one_place) {
  describe("input 1 1 6\nlinear 6\nlinear 6\n");
  tie("linear2.weight", "linear1.weight", false);
  place(1);
  cr_expect_eq(slot("linear1.weight")->parameter, slot("linear2.weight")->parameter);
  cr_expect_neq(slot("linear1.bias")->parameter, slot("linear2.bias")->parameter);
  // The parameter that nobody uses any more is gone.
  cr_expect_eq(network->store.count, 3);
  cr_expect_eq(network->store.decayed, 48);
  cr_expect_eq(network->store.parameters[slot("linear1.weight")->parameter].users, 2);
}

Test(network, ties_through_ties_find_the_first_and_two_transposes_cancel) {
  describe("input 1 1 3\nlinear 5 name=a\nlinear 3 name=b\nlinear 5 name=c\nlinear 3 name=d\n");
  tie("b.weight", "a.weight", true);
  tie("c.weight", "b.weight", true);
  tie("d.weight", "b.weight", false);
  place(1);
  unsigned shared = slot("a.weight")->parameter;
  cr_expect_eq(slot("b.weight")->parameter, shared);
  cr_expect_eq(slot("c.weight")->parameter, shared);
  cr_expect_eq(slot("d.weight")->parameter, shared);
  cr_expect(slot("b.weight")->transposed);
  cr_expect_not(slot("c.weight")->transposed);
  cr_expect(slot("d.weight")->transposed);
  cr_expect_eq(network->store.parameters[shared].users, 4);
}

Test(network, ties_that_cannot_be_are_refused_with_a_sentence) {
  describe("input 4 4 3\nconv 3 name=c\nconv 3 pad=1 name=d\nflatten\nlinear 7 name=a\nlinear 5 name=b\n"
           "batch_norm name=m\nbatch_norm name=n\n");
  said(siam_network_tie(network, "b.weight", "a.weight", false), "'b.weight' needs [7,5] and 'a.weight' is");
  said(siam_network_tie(network, "b.weight", "a.weight", true), "transposed");
  said(siam_network_tie(network, "d.weight", "c.weight", true), "only matrices have a transpose");
  said(siam_network_tie(network, "a.weight", "a.bias", false), "one is a weight, the other is not");
  said(siam_network_tie(network, "a.weight", "a.weight", false), "cannot be tied to itself");
  // Scale and shift of a normalisation, a mean and a variance, have one shape and kind, and mean other
  // things.
  said(siam_network_tie(network, "m.weight", "n.bias", false), "of its own role only");
  said(siam_network_tie(network, "m.running_var", "n.running_mean", false), "of its own role only");
  said(siam_network_tie(network, "x.weight", "a.weight", false), "no layer has a slot 'x.weight'");
  said(siam_network_tie(network, "a.weight", "a.scale", false), "no layer has a slot 'a.scale'");
  tie("d.weight", "c.weight", false);
  said(siam_network_tie(network, "d.weight", "c.weight", false), "already share");
  said(siam_network_untie(network, "a.weight"), "shares nothing");
  said(siam_network_untie(network, "c.weight"), "untie the slots that refer to it");
}

Test(network, a_slot_that_others_refer_to_stays) {
  describe("input 1 1 4\nlinear 4 name=a\nlinear 4 name=b\nlinear 4 name=c\n");
  tie("b.weight", "a.weight", false);
  said(siam_network_tie(network, "a.weight", "c.weight", false), "other slots refer to 'a.weight'");
  tie("c.weight", "a.weight", true);
  cr_expect_eq(network->store.parameters[slot("a.weight")->parameter].users, 3);
}

Test(network, an_untied_slot_gets_a_copy_of_its_own) {
  describe("input 1 1 6\nlinear 4\nlinear 6\n");
  tie("linear2.weight", "linear1.weight", true);
  place(5);
  cr_expect_eq(network->store.count, 3);
  float *shared = read("linear1.weight");
  siam_test_ok(siam_network_untie(network, "linear2.weight"));
  place(5);
  cr_expect_eq(network->store.count, 4);
  cr_expect_not(slot("linear2.weight")->transposed);
  float *copy = read("linear2.weight"), *kept = read("linear1.weight");
  for (size_t r = 0; r < 4; r++)
    for (size_t c = 0; c < 6; c++) cr_expect_eq(copy[r * 6 + c], shared[c * 4 + r]);
  cr_expect(siam_check_same_bits(shared, kept, 24));
  free(shared);
  free(copy);
  free(kept);
}

Test(network, what_never_had_values_is_untied_to_first_ones) {
  describe("input 1 1 6\nlinear 6\nlinear 6\n");
  place(5);
  float *own = read("linear2.weight");
  siam_network_destroy(network);
  describe("input 1 1 6\nlinear 6\nlinear 6\n");
  tie("linear2.weight", "linear1.weight", true);
  siam_test_ok(siam_network_untie(network, "linear2.weight"));
  place(5);
  float *again = read("linear2.weight");
  cr_expect(siam_check_same_bits(own, again, 36));
  free(own);
  free(again);
}

Test(network, copies_of_copies_are_copies_of_what_had_values) {
  describe("input 1 1 3\nlinear 5 name=a\nlinear 3 name=b\nlinear 5 name=c\nlinear 3 name=d\n");
  tie("b.weight", "a.weight", true);
  place(1);
  float *shared = read("a.weight");
  // Its own place is not there yet when it is shared again and parted again; and then its original goes.
  siam_test_ok(siam_network_untie(network, "b.weight"));
  tie("c.weight", "b.weight", true);
  siam_test_ok(siam_network_untie(network, "c.weight"));
  tie("a.weight", "c.weight", false);
  place(1);
  float *back = read("c.weight"), *across = read("b.weight");
  cr_expect(siam_check_same_bits(shared, back, 15));
  for (size_t r = 0; r < 5; r++)
    for (size_t c = 0; c < 3; c++) cr_expect_eq(across[r * 3 + c], shared[c * 5 + r]);
  free(shared);
  free(back);
  free(across);
}

Test(network, values_stay_when_the_network_grows) {
  const double options[SIAM_OPTIONS_MAX] = {9, NAN};
  describe("input 1 1 6\nlinear 6\nbatch_norm\n");
  place(1);
  siam_check_fill_parameters(network, 3);
  float *weight = read("linear1.weight"), *state = read("batch_norm1.running_var");
  siam_test_ok(siam_network_add_layer(network, siam_layer_type_find("linear"), NULL, options));
  siam_run *run = NULL;
  siam_tape *tape = siam_test_tape();
  said(
      siam_run_forward(network, tape, &(siam_run_options){.images = 1}, (siam_view){0}, (siam_view){0}, &run),
      "without layers or places");
  place(1);
  float *weight_after = read("linear1.weight"), *state_after = read("batch_norm1.running_var");
  cr_expect(siam_check_same_bits(weight, weight_after, 36));
  cr_expect(siam_check_same_bits(state, state_after, 6));
  free(weight);
  free(state);
  free(weight_after);
  free(state_after);
}

Test(network, one_matrix_in_four_places_two_of_them_transposed_sums_all_its_gradients) {
  static const char *const texts[] = {
      "input 1 1 5\nlinear 7 name=a\ntanh\nlinear 5 name=b weight=a.weight^T\ntanh\n"
      "linear 7 name=c weight=a.weight bias=a.bias\nsigmoid\nlinear 5 name=d weight=b.weight\n",
      "input 1 1 17\nlinear 50 name=a\ntanh\nlinear 17 name=b weight=a.weight^T\ntanh\n"
      "linear 50 name=c weight=a.weight\nsigmoid\nlinear 17 name=d weight=b.weight bias=b.bias\n"};
  for (int i = 0; i < 2; i++)
    siam_check_description(texts[i], &(siam_check_options){.images = 3, .seed = (uint32_t)i});
}

Test(network, whole_encoders_equal_the_reference) {
  siam_check_description("input 12 12 1\nconv 8 3 pad=1\nbatch_norm\nrelu\nmax_pool 2\nconv 8 3 pad=1\n"
                         "batch_norm\nleaky_relu\nmax_pool 2\nflatten\nlinear 10\nl2_normalize\n",
                         &(siam_check_options){.images = 4, .training = true});
  siam_check_description("input 16 16 1\nconv 6 5\nmax_pool 2\nconv 10 3\nmax_pool 2\nflatten\nlinear 20\n"
                         "relu\nlinear 10\nlinear 2\n",
                         &(siam_check_options){.images = 4, .training = true});
  siam_check_description(
      "input 20 18 3\nconv 8 5\nrelu\nmax_pool 2\nconv 6 3 stride=2\nrelu\nglobal_avg_pool\n"
      "dropout 0.25\nlinear 12\nsigmoid\nl2_normalize\n",
      &(siam_check_options){.images = 3, .training = true, .seed = 4, .step = 2});
}

/// Runs forward and `times` backward passes over a batch, in one piece or in two branches; returns the
/// gradient buffer's values.
static float *gradients_after(int times, int branches, size_t *count) {
  enum { IMAGES = 4 };
  siam_tape *tape = siam_test_tape();
  siam_run *runs[2] = {NULL};
  size_t inputs = siam_shape_count(network->input), outputs = siam_shape_count(siam_network_output(network));
  float *values = calloc(IMAGES * (inputs + outputs), sizeof *values);
  siam_check_fill(values, IMAGES * (inputs + outputs), SIAM_VALUES_SPREAD, 3);
  siam_view x = siam_test_upload(values, IMAGES * inputs);
  siam_view dy = siam_test_upload(values + IMAGES * inputs, IMAGES * outputs);
  size_t images = IMAGES / (size_t)branches;
  for (size_t b = 0; b < (size_t)branches; b++) {
    const siam_run_options options = {.images = (int)images, .branch = (unsigned)b};
    siam_view part = siam_view_part(x, b * images * inputs, images * inputs);
    siam_test_ok(
        siam_run_forward(network, tape, &options, part, siam_tape_tensor(tape, images * outputs), &runs[b]));
  }
  *count = network->store.trained;
  cl_mem gradients = network->store.gradients;
  siam_test_ok(siam_tape_fill(tape, siam_view_of_buffer(gradients, 0, *count), 0));
  for (int t = 0; t < times; t++)
    for (size_t b = 0; b < (size_t)branches; b++) {
      siam_view part = siam_view_part(dy, b * images * outputs, images * outputs);
      siam_test_ok(siam_run_backward(runs[b], part, gradients));
    }
  siam_test_run(tape);
  float *sums = calloc(*count, sizeof *sums);
  siam_test_ok(siam_buffer_read(siam_test_device(), gradients, 0, *count, sums));
  for (int b = 0; b < branches; b++) siam_run_destroy(runs[b]);
  free(values);
  return sums;
}

static const char encoder[] = "input 8 8 2\nconv 5 3\nrelu\nmax_pool 2\nflatten\nlinear 6\ntanh\nlinear 4\n";

Test(network, two_backward_passes_add_up_to_twice_the_gradient) {
  size_t count = 0;
  describe(encoder);
  place(1);
  float *once = gradients_after(1, 1, &count), *twice = gradients_after(2, 1, &count);
  // Doubling is exact, so only the additions of the second pass round: at most as many as the sums have
  // terms, 4 images × 6 × 6 pixels, each by 2^−24 of a partial sum.
  float largest = 0;
  for (size_t i = 0; i < count; i++) largest = fmaxf(largest, fabsf(once[i]));
  for (size_t i = 0; i < count; i++) cr_assert_float_eq(twice[i], 2 * once[i], 144 * 0x1p-24F * 4 * largest);
  free(once);
  free(twice);
}

/// Runs the way back of a tape `times` times after one way forward; the caller frees the gradients.
static float *go_back(int times) {
  enum { IMAGES = 3 };
  siam_tape *tape = siam_test_tape();
  siam_run *run = NULL;
  cl_mem gradients = NULL;
  const size_t trained = network->store.trained;
  const size_t inputs = IMAGES * siam_shape_count(network->input);
  const size_t outputs = IMAGES * siam_shape_count(siam_network_output(network));
  float *values = calloc(inputs + outputs + trained, sizeof *values);
  siam_test_numbers(values, inputs, 1);
  siam_test_numbers(values + inputs, outputs, 2);
  const siam_view x = siam_test_upload(values, inputs), dy = siam_test_upload(values + inputs, outputs);
  siam_test_ok(siam_buffer_create(siam_test_device(), trained, &gradients));
  siam_tape_keep_tensors(tape);
  const siam_run_options options = {.images = IMAGES, .training = true};
  siam_test_ok(siam_run_forward(network, tape, &options, x, siam_tape_tensor(tape, outputs), &run));
  const size_t mark = siam_tape_mark(tape);
  siam_test_ok(siam_run_backward_to_input(run, dy, gradients, siam_tape_tensor(tape, inputs)));
  siam_test_ok(siam_tape_seal(tape));
  siam_test_ok(siam_tape_run_part(tape, 0, mark));
  for (int i = 0; i < times; i++) siam_test_ok(siam_tape_run_part(tape, mark, siam_tape_mark(tape)));
  siam_test_ok(siam_buffer_read(siam_test_device(), gradients, 0, trained, values));
  siam_run_destroy(run);
  siam_buffer_release(siam_test_device(), gradients);
  return values;
}

Test(network, where_tensors_are_kept_a_way_back_runs_as_often_as_one_likes) {
  describe("input 9 9 3\nconv 32 3 pad=1\nrelu\nmax_pool 2\nconv 32 3 pad=1\nbatch_norm\nrelu\nmax_pool 2\n");
  place(1);
  float *once = go_back(1), *four = go_back(4);
  // Sums of equal numbers: each addition rounds once.
  for (size_t i = 0; i < network->store.trained; i++)
    cr_assert_float_eq(four[i], 4 * once[i], 4 * FLT_EPSILON * fabsf(4 * once[i]), "%zu", i);
  free(once);
  free(four);
}

Test(network, two_branches_in_turn_give_the_gradients_of_one_batch) {
  size_t count = 0;
  describe(encoder);
  place(1);
  float *fused = gradients_after(1, 1, &count), *two_pass = gradients_after(1, 2, &count);
  float largest = 0;
  for (size_t i = 0; i < count; i++) largest = fmaxf(largest, fabsf(fused[i]));
  // As above: sums of 144 terms in another order.
  for (size_t i = 0; i < count; i++) cr_assert_float_eq(two_pass[i], fused[i], 144 * 0x1p-24F * 4 * largest);
  free(fused);
  free(two_pass);
}

Test(network, the_reach_follows_from_the_last_layer) {
  static const struct {
    const char *end;
    double reach;
  } rows[] = {{"l2_normalize", 2}, {"sigmoid", 3}, {"tanh", 6}, {"relu", INFINITY}};
  for (int i = 0; i < 4; i++) {
    char text[64];
    snprintf(text, sizeof text, "input 1 1 4\nlinear 9\n%s\n", rows[i].end);
    describe(text);
    cr_expect_eq(siam_network_reach(network), rows[i].reach, "%s", rows[i].end);
    siam_network_destroy(network);
    network = NULL;
  }
}

Test(network, every_layer_type_has_a_reference) {
  for (size_t i = 0; siam_layer_types[i] != NULL; i++) {
    const siam_layer_type *type = siam_layer_types[i];
    double options[SIAM_OPTIONS_MAX];
    for (int o = 0; o < SIAM_OPTIONS_MAX; o++) options[o] = o < type->positional ? 1 : NAN;
    if (strcmp(type->name, "dropout") == 0) options[0] = 0.5;
    if (strcmp(type->name, "reshape") == 0) options[2] = 4;
    siam_test_ok(siam_network_create(1, 1, 4, &network));
    siam_test_ok(siam_network_add_layer_from(network, type, NULL, options, SIAM_SOURCE_INPUT,
                                             type->joins ? SIAM_SOURCE_INPUT : SIAM_SOURCE_NONE));
    place(1);
    siam_check_network(network, &(siam_check_options){.images = 2, .no_differences = true});
    siam_network_destroy(network);
    network = NULL;
  }
}

Test(network, guests_lie_behind_its_own_offsets_and_keep_their_values) {
  const siam_slot slots[] = {{.role = "proxies",
                              .kind = SIAM_PARAMETER_OFFSET,
                              .initialiser = {SIAM_INITIALISE_NORMAL, 1},
                              .rank = 2,
                              .dims = {3, 5}},
                             {.role = "boundary",
                              .kind = SIAM_PARAMETER_OFFSET,
                              .initialiser = {SIAM_INITIALISE_CONSTANT, 1.25F},
                              .rank = 1,
                              .dims = {1}}};
  siam_network *with = NULL;
  siam_test_ok(siam_description_parse("test", "input 1 1 4\nlinear 5\nbatch_norm\n", NULL, &with));
  siam_test_ok(siam_network_place(with, siam_test_device(), 1));
  siam_test_ok(siam_network_add_guests(with, "loss", slots, 2));
  siam_test_ok(siam_network_place(with, siam_test_device(), 1));
  const siam_store *store = &with->store;
  float boundary = 0, proxies[15];
  for (size_t i = 0; i < store->count; i++) {
    const siam_parameter *parameter = &store->parameters[i];
    cr_expect_eq(parameter->guest, parameter->offset >= store->guests && parameter->offset < store->trained,
                 "%s lies at %zu", parameter->name, parameter->offset);
  }
  unsigned first = with->guests[0].parameter, second = with->guests[1].parameter;
  cr_expect_str_eq(store->parameters[first].name, "loss.proxies");
  cr_expect_str_eq(store->parameters[second].name, "loss.boundary");
  siam_view view = siam_store_weight(store, second);
  siam_test_ok(siam_buffer_read(siam_test_device(), view.buffer, view.first, 1, &boundary));
  cr_expect_eq(boundary, 1.25F);
  view = siam_store_weight(store, first);
  siam_test_ok(siam_buffer_read(siam_test_device(), view.buffer, view.first, 15, proxies));
  for (int i = 0; i < 15; i++) cr_expect_neq(proxies[i], 0);
  // A name that is taken is refused, as with layers.
  cr_expect_eq(siam_network_add_guests(with, "loss", slots, 1), SIAM_ERROR_ARGUMENT);
  siam_network_destroy(with);
}
