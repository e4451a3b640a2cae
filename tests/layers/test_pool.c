#include "device_memory.h"
#include "gradient_check.h"
#include "model/description.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

TestSuite(pool, .fini = siam_test_device_close);

/// Windows that tile the picture, that are cut by its edges, that overlap, that leave gaps, with padding.
static const char *const windows[] = {
    "input 1 1 1\n%s 1\n",
    "input 2 2 1\n%s 2\n",
    "input 7 5 3\n%s 2\n",
    "input 5 7 17\n%s 2\n",
    "input 6 9 16\n%s 3 stride=2\n",
    "input 8 8 5\n%s 3 stride=1\n",
    "input 9 7 20\n%s 2 stride=3\n",
    "input 10 10 4\n%s 1 stride=4\n",
    "input 5 6 50\n%s 3 stride=2 pad=1\n",
    "input 4 5 64\n%s 2 stride=1 pad=1\n",
    "input 3 3 8\n%s 5 stride=2 pad=2\n",
};

static void check_windows(const char *layer) {
  for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
    char text[128];
    snprintf(text, sizeof text, windows[i], layer);
    siam_check_description(text, &(siam_check_options){.images = 1 + (int)i % 3, .seed = (uint32_t)i});
  }
}

Test(pool, the_largest_value_and_its_gradient_equal_the_reference) {
  check_windows("max_pool");
}

Test(pool, the_average_and_its_gradient_equal_the_reference) {
  check_windows("avg_pool");
}

Test(pool, the_global_average_and_its_gradient_equal_the_reference) {
  static const char *const inputs[] = {"1 1 1", "1 1 17", "7 5 3", "4 6 64", "3 3 50"};
  for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
    char text[64];
    snprintf(text, sizeof text, "input %s\nglobal_avg_pool\n", inputs[i]);
    siam_check_description(text, &(siam_check_options){.images = 1 + (int)i});
  }
}

Test(pool, the_first_of_equal_values_gets_the_gradient) {
  for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
    char text[128];
    snprintf(text, sizeof text, windows[i], "max_pool");
    const siam_check_options options = {
        .images = 2, .values = SIAM_VALUES_COARSE, .no_differences = true, .seed = (uint32_t)i};
    siam_check_description(text, &options);
  }
}

Test(pool, many_rows_are_shared_by_many_work_items) {
  const siam_check_options options = {.images = 5};
  siam_check_description("input 28 28 3\nmax_pool 2\n", &options);
  siam_check_description("input 28 28 16\navg_pool 3 stride=2\n", &options);
}

Test(pool, nan_comes_through_and_draws_the_gradient) {
  // One NaN among numbers: only the windows that hold it, and there it wins.
  const siam_check_options options = {.images = 2, .nan_at = 26, .no_differences = true};
  siam_check_description("input 7 5 3\nmax_pool 2\n", &options);
  siam_check_description("input 7 5 3\nmax_pool 3 stride=1 pad=1\n", &options);
  siam_check_description("input 7 5 3\navg_pool 3 stride=1\n", &options);
  siam_check_description("input 7 5 3\nglobal_avg_pool\n", &options);
}

Test(pool, a_window_of_minus_infinity_gives_its_gradient_to_its_first_element) {
  const siam_check_options options = {.offset = -INFINITY, .no_differences = true};
  siam_check_description("input 5 5 3\nmax_pool 2\n", &options);
  siam_check_description("input 5 5 3\nmax_pool 3 stride=1 pad=1\n", &options);
}

static void refuses(const char *layer, const char *words) {
  siam_network *network = NULL;
  char text[64];
  snprintf(text, sizeof text, "input 4 6 1\n%s\n", layer);
  cr_expect_neq(siam_description_parse("the test", text, NULL, &network), SIAM_OK, "%s", layer);
  cr_expect_not_null(strstr(siam_last_error(), words), "%s", siam_last_error());
}

Test(pool, windows_that_do_not_fit_are_refused_with_the_sizes) {
  refuses("max_pool 5", "a window of 5 does not fit into a picture of 4×6");
  refuses("avg_pool 3 pad=2", "padding 2 is more than half of the window of 3");
  refuses("max_pool 0", "kernel=0");
  refuses("max_pool 2.5", "whole number");
  refuses("max_pool", "'kernel' must be given");
}
