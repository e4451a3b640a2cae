#include "device_memory.h"
#include "gradient_check.h"
#include "model/description.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(reshape, .fini = siam_test_device_close);

Test(reshape, keeps_the_order_height_width_channel_both_ways) {
  const siam_check_options options = {.images = 3};
  siam_check_description("input 1 1 30\nreshape 3 5 2\n", &options);
  siam_check_description("input 1 1 4\nlinear 18\nreshape 3 3 2\nconv 2 2\n", &options);
  siam_check_description("input 4 3 2\nrelu\nreshape 2 4 3\ntanh\n", &options);
  siam_check_description("input 3 5 2\nconv 3 2\nflatten\nreshape 2 4 3\nconv 1 2\n", &options);
}

Test(reshape, another_number_of_values_is_refused_with_both) {
  siam_network *network = NULL;
  cr_expect_neq(siam_description_parse("the test", "input 4 6 1\nreshape 5 5 1\n", NULL, &network), SIAM_OK);
  cr_expect_not_null(strstr(siam_last_error(), "4×6×1 cannot be seen as 5×5×1: it has 24 numbers, not 25"),
                     "%s", siam_last_error());
}
