// Every set of parameters that CLBlast may be given, through the real CLBlast.
#include "compute/clblast_parameters.h"
#include "compute/gemm_engines.h"
#include "device_memory.h"
#include "reference/product_check.h"

#include <criterion/criterion.h>

static void begin(void) {
  setenv("SIAMESE_CACHE_DIR", "off", 1);
}
TestSuite(clblast_sets, .init = begin, .fini = siam_test_device_close, .timeout = 500);

/// A product that its kernel for small ones computes, and one for the other, at edges of their tiles.
static void expect_right(const siam_clblast_set *set) {
  static const int sizes[][3] = {{33, 35, 30}, {67, 129, 71}};
  siam_device *device = siam_test_device();
  siam_clblast_set both = *set;
  siam_product_result result = {0};
  siam_tunable tunable;
  both.large = 40;
  siam_test_ok(siam_clblast_use(device, &both));
  for (int form = 0; form < 4; form++) {
    const int *size = sizes[form % 2];
    siam_gemm_tunable(&(siam_gemm){.transpose_a = form > 1,
                                   .transpose_b = form > 1,
                                   .m = size[0],
                                   .n = size[1],
                                   .k = size[2],
                                   .beta = form % 3 == 0 ? 1 : 0},
                      &tunable);
    siam_test_ok(siam_product_check(device, &tunable, "clblast", &result));
  }
  cr_expect_str_empty(result.failure, "%s: %s", set->name, result.failure);
}

static void expect_all_right(bool cpu) {
  siam_device *device = siam_test_device();
  const siam_clblast_set *set = NULL;
  for (size_t i = 0;; i++) {
    const bool own = device->traits.is_cpu;
    device->traits.is_cpu = cpu;
    set = siam_clblast_set_at(device, i);
    device->traits.is_cpu = own;
    if (set == NULL) break;
    expect_right(set);
  }
}

Test(clblast_sets, those_for_cpus_are_right) {
  expect_all_right(true);
  expect_right(&siam_clblast_generic);
}

Test(clblast_sets, those_for_gpus_are_right) {
  expect_all_right(false);
}

/// What nobody checks but the tuner: CLBlast takes it, and multiplies wrong or not at all.
Test(clblast_sets, one_that_its_kernels_are_not_made_for_is_taken_without_a_word) {
  siam_clblast_set uneven = siam_clblast_generic;
  siam_product_result result = {0};
  siam_tunable tunable;
  uneven.name = "uneven";
  uneven.large = 0;
  uneven.indirect[9] = 24; // NWG: 16 work-items, 24 columns.
  uneven.indirect[15] = 1;
  cr_expect_not(siam_clblast_set_is_valid(&uneven));
  siam_test_ok(siam_clblast_use(siam_test_device(), &uneven));
  siam_gemm_tunable(&(siam_gemm){.m = 50, .n = 60, .k = 70}, &tunable);
  const siam_status status = siam_product_check(siam_test_device(), &tunable, "clblast", &result);
  cr_expect(status != SIAM_OK || result.failure[0] != '\0');
}
