#include "device_memory.h"
#include "gradient_check.h"

#include <criterion/criterion.h>

TestSuite(flatten, .fini = siam_test_device_close);

Test(flatten, keeps_the_order_height_width_channel_both_ways) {
  const siam_check_options options = {.images = 3};
  siam_check_description("input 3 5 2\nflatten\n", &options);
  siam_check_description("input 3 5 2\nflatten\nlinear 4\n", &options);
  siam_check_description("input 3 5 2\nrelu\nflatten\ntanh\n", &options);
  siam_check_description("input 3 5 2\nrelu\nflatten\nflatten\n", &options);
}
