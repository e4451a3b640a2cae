#include "model/store.h"

#include "device_memory.h"
#include "reference/values.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static siam_store store;
static void end(void) {
  siam_store_clear(&store);
  siam_test_device_close();
}
TestSuite(store, .fini = end);

static unsigned add(const char *name, siam_parameter_kind kind, siam_initialiser initialiser, int rows,
                    int columns) {
  const siam_slot slot = {.kind = kind, .initialiser = initialiser, .rank = 2, .dims = {rows, columns}};
  unsigned number = 0;
  siam_test_ok(siam_store_add(&store, name, &slot, &number));
  return number;
}

static unsigned add_weight(const char *name, int rows, int columns) {
  return add(name, SIAM_PARAMETER_WEIGHT, siam_initialise_he((size_t)rows), rows, columns);
}

static void place(uint64_t seed) {
  unsigned renumbered[16];
  siam_test_ok(siam_store_place(&store, siam_test_device(), seed, renumbered));
}

/// The values of a parameter; the caller frees them.
static float *read(const char *name, size_t *count) {
  unsigned number = 0;
  siam_test_ok(siam_store_find(&store, name, &number));
  siam_view view = siam_store_weight(&store, number);
  float *values = calloc(view.count, sizeof *values);
  siam_test_ok(siam_buffer_read(siam_test_device(), view.buffer, view.first, view.count, values));
  *count = view.count;
  return values;
}

static void write(const char *name, const float *values) {
  unsigned number = 0;
  siam_test_ok(siam_store_find(&store, name, &number));
  siam_view view = siam_store_weight(&store, number);
  siam_test_ok(siam_buffer_write(siam_test_device(), view.buffer, view.first, view.count, values));
}

Test(store, weights_come_before_offsets_before_states_and_none_overlap) {
  add("state", SIAM_PARAMETER_STATE, siam_initialise_constant(1), 3, 5);
  add("offset", SIAM_PARAMETER_OFFSET, siam_initialise_constant(0), 1, 7);
  add_weight("weight", 3, 5);
  add("second_state", SIAM_PARAMETER_STATE, siam_initialise_constant(0), 1, 1);
  add_weight("second_weight", 17, 2);
  place(1);
  bool taken[256] = {false};
  cr_assert_leq(store.total, sizeof taken);
  for (size_t p = 0; p < store.count; p++) {
    const siam_parameter *parameter = &store.parameters[p];
    size_t first = parameter->kind == SIAM_PARAMETER_WEIGHT   ? 0
                   : parameter->kind == SIAM_PARAMETER_OFFSET ? store.decayed
                                                              : store.trained;
    size_t last = parameter->kind == SIAM_PARAMETER_WEIGHT   ? store.decayed
                  : parameter->kind == SIAM_PARAMETER_OFFSET ? store.trained
                                                             : store.total;
    cr_expect_geq(parameter->offset, first, "%s", parameter->name);
    cr_expect_leq(parameter->offset + parameter->count, last, "%s", parameter->name);
    for (size_t i = parameter->offset; i < parameter->offset + parameter->count; i++) {
      cr_assert_not(taken[i]);
      taken[i] = true;
    }
  }
}

Test(store, running_statistics_have_no_gradient) {
  unsigned state = add("state", SIAM_PARAMETER_STATE, siam_initialise_constant(1), 1, 4);
  unsigned weight = add_weight("weight", 2, 2);
  place(1);
  cr_expect_not(siam_view_exists(siam_store_gradient(&store, store.gradients, state)));
  siam_view gradient = siam_store_gradient(&store, store.gradients, weight);
  siam_view values = siam_store_weight(&store, weight);
  cr_expect_eq(gradient.buffer, store.gradients);
  cr_expect_eq(gradient.first, values.first);
  cr_expect_eq(gradient.count, values.count);
}

Test(store, first_values_depend_on_name_and_seed_alone) {
  size_t count = 0;
  add_weight("first", 40, 50);
  add_weight("second", 40, 50);
  place(7);
  float *first = read("first", &count), *second = read("second", &count);
  cr_expect_not(siam_check_same_bits(first, second, count), "two names share their first values");
  siam_store_clear(&store);
  add("another", SIAM_PARAMETER_OFFSET, siam_initialise_constant(0), 3, 3);
  add_weight("second", 40, 50);
  add_weight("first", 40, 50);
  place(7);
  float *again = read("first", &count);
  cr_expect(siam_check_same_bits(first, again, count), "the order of parameters changed first values");
  siam_store_clear(&store);
  add_weight("first", 40, 50);
  place(8);
  float *other = read("first", &count);
  cr_expect_not(siam_check_same_bits(first, other, count), "the seed does not matter");
  free(first);
  free(second);
  free(again);
  free(other);
}

Test(store, first_values_have_the_mean_and_deviation_of_he) {
  size_t count = 0;
  add_weight("weight", 100, 200);
  add("ones", SIAM_PARAMETER_OFFSET, siam_initialise_constant(1), 1, 9);
  place(3);
  float *values = read("weight", &count);
  double sum = 0, squares = 0, variance = 2.0 / 100;
  for (size_t i = 0; i < count; i++) {
    sum += values[i];
    squares += (double)values[i] * values[i];
  }
  // Six standard errors of the mean and of the variance.
  cr_expect_float_eq(sum / (double)count, 0, 6 * sqrt(variance / (double)count));
  cr_expect_float_eq(squares / (double)count, variance, 6 * variance * sqrt(2.0 / (double)count));
  free(values);
  values = read("ones", &count);
  for (size_t i = 0; i < count; i++) cr_expect_eq(values[i], 1);
  free(values);
}

Test(store, values_stay_when_parameters_come_and_go) {
  size_t count = 0;
  unsigned leaving = add_weight("leaving", 20, 3);
  add_weight("staying", 4, 5);
  add("state", SIAM_PARAMETER_STATE, siam_initialise_constant(1), 1, 3);
  place(1);
  float written[20], states[3] = {4, 5, 6};
  for (int i = 0; i < 20; i++) written[i] = (float)i + 0.5F;
  write("staying", written);
  write("state", states);
  store.parameters[leaving].users = 0;
  add("coming", SIAM_PARAMETER_OFFSET, siam_initialise_constant(0.25F), 7, 3);
  size_t before = store.total;
  place(2);
  cr_expect_eq(store.count, 3);
  cr_expect_leq(store.total, before);
  float *values = read("staying", &count);
  cr_expect(siam_check_same_bits(values, written, 20));
  free(values);
  values = read("state", &count);
  cr_expect(siam_check_same_bits(values, states, 3));
  free(values);
  values = read("coming", &count);
  cr_expect_eq(values[20], 0.25F);
  free(values);
  unsigned number = 0;
  cr_expect_eq(siam_store_find(&store, "leaving", &number), SIAM_ERROR_ARGUMENT);
}

Test(store, a_placing_that_fails_changes_nothing) {
  size_t count = 0;
  unsigned renumbered[16];
  unsigned leaving = add_weight("leaving", 20, 3);
  add_weight("staying", 4, 5);
  place(1);
  float *before = read("staying", &count);
  store.parameters[leaving].users = 0;
  unsigned huge = add_weight("huge", 1 << 20, 1 << 12);
  siam_store kept = store;
  cr_expect_eq(siam_store_place(&store, siam_test_device(), 2, renumbered), SIAM_ERROR_ARGUMENT);
  cr_expect_not_null(strstr(siam_last_error(), "4294967"), "%s", siam_last_error());
  cr_expect_arr_eq(&store, &kept, sizeof store);
  float *after = read("staying", &count);
  cr_expect(siam_check_same_bits(before, after, count));
  free(after);
  store.parameters[huge].users = 0;
  place(2);
  after = read("staying", &count);
  cr_expect_eq(store.count, 1);
  cr_expect(siam_check_same_bits(before, after, count));
  free(before);
  free(after);
}

Test(store, renumbering_tells_where_parameters_went) {
  unsigned renumbered[3];
  add_weight("a", 1, 1);
  add_weight("b", 1, 1);
  add_weight("c", 1, 1);
  store.parameters[1].users = 0;
  siam_test_ok(siam_store_place(&store, siam_test_device(), 1, renumbered));
  cr_expect_eq(renumbered[0], 0);
  cr_expect_eq(renumbered[2], 1);
  cr_expect_str_eq(store.parameters[1].name, "c");
}

Test(store, names_that_are_taken_or_unknown_are_refused) {
  const siam_slot slot = {.rank = 1, .dims = {3}};
  unsigned number = 0;
  add_weight("conv1.weight", 2, 2);
  add_weight("conv2.weight", 2, 2);
  cr_expect_eq(siam_store_add(&store, "conv1.weight", &slot, &number), SIAM_ERROR_ARGUMENT);
  cr_expect_not_null(strstr(siam_last_error(), "already a parameter 'conv1.weight'"), "%s",
                     siam_last_error());
  cr_expect_eq(siam_store_find(&store, "conv3.weight", &number), SIAM_ERROR_ARGUMENT);
  cr_expect_not_null(strstr(siam_last_error(), "'conv3.weight'; there are: conv1.weight, conv2.weight"), "%s",
                     siam_last_error());
  char long_name[SIAM_PARAMETER_NAME_SIZE + 1];
  memset(long_name, 'x', sizeof long_name);
  long_name[SIAM_PARAMETER_NAME_SIZE] = '\0';
  cr_expect_eq(siam_store_add(&store, long_name, &slot, &number), SIAM_ERROR_ARGUMENT);
  cr_expect_eq(store.count, 2);
}
