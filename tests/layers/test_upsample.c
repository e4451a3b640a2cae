#include "device_memory.h"
#include "gradient_check.h"
#include "model/description.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(upsample, .fini = siam_test_device_close);

Test(upsample, values_and_gradients_equal_the_reference) {
  static const char *const texts[] = {
      "input 1 1 1\nupsample 1\n",
      "input 1 1 17\nupsample 5\n",
      "input 3 4 16\nupsample 2\n",
      "input 4 3 3\nupsample 3\n",
      "input 3 3 64\nupsample 2 output_pad=1\n",
      "input 2 5 50\nupsample 1 output_pad=2\n",
      "input 2 2 5\nupsample 3 output_pad=7\n",
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    siam_check_description(texts[i], &(siam_check_options){.images = 1 + (int)i % 3, .seed = (uint32_t)i});
}

Test(upsample, many_rows_are_shared_by_many_work_items) {
  siam_check_description("input 14 13 3\nupsample 2 output_pad=1\n", &(siam_check_options){.images = 5});
}

Test(upsample, it_brings_a_pooled_map_back_to_its_size) {
  siam_check_description("input 7 7 4\nmax_pool 2\nupsample 2 output_pad=1\nconv 1 3\n",
                         &(siam_check_options){.images = 2});
}

Test(upsample, nan_comes_through) {
  siam_check_description("input 3 3 2\nupsample 2 output_pad=1\n",
                         &(siam_check_options){.nan_at = 8, .no_differences = true});
}

Test(upsample, what_does_not_fit_is_refused) {
  siam_network *network = NULL;
  cr_expect_neq(siam_description_parse("the test", "input 9999 9999 9\nupsample 9\n", NULL, &network),
                SIAM_OK);
  cr_expect_not_null(strstr(siam_last_error(), "89991×89991×9 is too large"), "%s", siam_last_error());
  cr_expect_neq(siam_description_parse("the test", "input 9 9 9\nupsample\n", NULL, &network), SIAM_OK);
  cr_expect_not_null(strstr(siam_last_error(), "'factor' must be given"), "%s", siam_last_error());
}
