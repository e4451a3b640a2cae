#include "pipeline/rate_search.h"
#include "training.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static void begin(void) {
  siam_test_training_begin(
      "input 16 16 1\nconv 8 3 pad=1\nrelu\nmax_pool 2\nflatten\nlinear 8\nl2_normalize\n");
}
TestSuite(rate_search, .init = begin, .fini = siam_test_training_end, .timeout = 120);

/// Losses that fall to `low` at step `turn` and rise again behind it.
static siam_rate_search valley(uint32_t turn, float low) {
  siam_rate_search search = {.count = SIAM_RATE_STEPS};
  for (uint32_t i = 0; i < search.count; i++) {
    float far = ((float)i - (float)turn) / (float)SIAM_RATE_STEPS;
    search.rates[i] = 1e-6F * powf(10, (float)i / 20);
    search.losses[i] = low + far * far + (i % 2 == 0 ? 0.001F : -0.001F);
  }
  return search;
}

Test(rate_search, a_tenth_of_the_rate_with_the_lowest_loss_is_suggested) {
  siam_rate_search search = valley(80, 0.2F);
  siam_rate_search_judge(&search);
  // The running mean lags behind the valley's floor by some steps.
  cr_assert_geq(search.lowest, search.rates[80]);
  cr_assert_leq(search.lowest, search.rates[92]);
  cr_assert_float_eq(search.suggested, search.lowest / 10, 1e-9);
}

Test(rate_search, a_loss_that_only_rises_suggests_nothing) {
  siam_rate_search search = valley(0, 0.2F);
  siam_rate_search_judge(&search);
  cr_assert_eq(search.suggested, 0);
}

static siam_train_options tried(void) {
  return (siam_train_options){.data = siam_test_training_path("data"),
                              .model = {.encoder = siam_test_training_path("encoder.txt")},
                              .batch = 8,
                              .images_per_class = 4,
                              .seed = 5};
}

Test(rate_search, rises_from_step_to_step_and_repeats) {
  const siam_train_options options = tried();
  static siam_rate_search searches[2];
  for (int i = 0; i < 2; i++)
    cr_assert_eq(siam_find_rate(siam_test_training_device(), &options, &searches[i]), SIAM_OK, "%s",
                 siam_last_error());
  cr_assert_gt(searches[0].count, 60);
  cr_assert_float_eq(searches[0].rates[0], 1e-6F, 1e-9);
  for (uint32_t i = 1; i < searches[0].count; i++)
    cr_assert_gt(searches[0].rates[i], searches[0].rates[i - 1]);
  cr_assert_gt(searches[0].suggested, 1e-5);
  cr_assert_eq(memcmp(searches[0].losses, searches[1].losses, sizeof searches[0].losses), 0);
}

static bool refuse(void *context, const char *what, uint32_t done, uint32_t count) {
  (void)context, (void)count;
  return strcmp(what, "trying learning rates") != 0 || done < 3;
}

Test(rate_search, can_be_stopped) {
  siam_train_options options = tried();
  options.preparing = refuse;
  siam_rate_search search;
  cr_assert_eq(siam_find_rate(siam_test_training_device(), &options, &search), SIAM_INTERRUPTED);
  cr_assert_eq(search.count, 3);
}
