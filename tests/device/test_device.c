#include "device/device.h"
#include "device/discover.h"
#include "device/program.h"
#include "device/traits.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static siam_device *device;
static void begin(void) {
  cr_assert_eq(siam_device_create(NULL, &device), SIAM_OK, "%s", siam_last_error());
}
static void end(void) {
  siam_device_destroy(device);
}
TestSuite(device, .init = begin, .fini = end);

Test(device, a_pair_opens_the_same_device_without_asking_other_platforms) {
  const siam_device_info *info = siam_device_get_info(device);
  char selector[32];
  snprintf(selector, sizeof selector, "%u:%u", info->platform_index, info->device_index);
  siam_device *again = NULL;
  cr_assert_eq(siam_device_create(&(siam_device_options){.selector = selector}, &again), SIAM_OK);
  cr_expect_str_eq(siam_device_get_info(again)->name, info->name);
  cr_expect_eq(siam_device_get_info(again)->index, SIAM_INDEX_UNKNOWN);
  siam_device_destroy(again);
  cr_expect_eq(siam_device_create(&(siam_device_options){.selector = "77:0"}, &again), SIAM_ERROR_ARGUMENT);
  cr_expect_not_null(strstr(siam_last_error(), "platform 77"));
}

Test(device, a_new_buffer_is_zero_and_ranges_are_written_and_read) {
  cl_mem buffer = NULL;
  cr_assert_eq(siam_buffer_create(device, 1000, &buffer), SIAM_OK);
  float values[1000];
  memset(values, 1, sizeof values);
  cr_assert_eq(siam_buffer_read(device, buffer, 0, 1000, values), SIAM_OK);
  for (int i = 0; i < 1000; i++) cr_assert_eq(values[i], 0);
  const float three[] = {1, 2, 3};
  cr_assert_eq(siam_buffer_write(device, buffer, 997, 3, three), SIAM_OK);
  cr_assert_eq(siam_buffer_read(device, buffer, 996, 4, values), SIAM_OK);
  cr_expect_eq(values[0], 0);
  cr_expect_arr_eq(values + 1, three, sizeof three);
  cr_expect_eq(siam_buffer_write(device, buffer, 998, 3, three), SIAM_ERROR_DEVICE);
  clReleaseMemObject(buffer);
}

Test(device, what_is_in_use_never_goes_below_zero) {
  cl_mem buffer = NULL;
  cr_assert_eq(siam_buffer_create(device, 1000, &buffer), SIAM_OK);
  // As if the driver said that the buffer takes more than was asked for.
  device->used_bytes = 3000;
  siam_buffer_release(device, buffer);
  cr_expect_eq(device->used_bytes, 0);
}

Test(device, an_empty_buffer_can_be_had_and_one_too_large_is_refused_with_its_size) {
  cl_mem buffer = NULL;
  cr_assert_eq(siam_buffer_create(device, 0, &buffer), SIAM_OK);
  cr_expect_eq(siam_buffer_write(device, buffer, 0, 0, NULL), SIAM_OK);
  cr_expect_eq(siam_buffer_read(device, buffer, 0, 0, NULL), SIAM_OK);
  clReleaseMemObject(buffer);
  buffer = NULL;
  size_t too_many = (size_t)(device->traits.allocation_bytes / sizeof(float)) + 1;
  cr_expect_eq(siam_buffer_create(device, too_many, &buffer), SIAM_ERROR_DEVICE);
  cr_expect_eq(siam_buffer_create(device, SIZE_MAX, &buffer), SIAM_ERROR_DEVICE);
  cr_expect_null(buffer);
  cr_expect_not_null(strstr(siam_last_error(), "MiB"));
}

Test(device, opencl_errors_are_named_and_a_full_memory_gets_a_hint) {
  cr_expect_eq(siam_fail_opencl(CL_INVALID_KERNEL_ARGS, "start a kernel"), SIAM_ERROR_DEVICE);
  cr_expect_str_eq(siam_last_error(), "cannot start a kernel: CL_INVALID_KERNEL_ARGS (-52)");
  siam_fail_opencl(CL_OUT_OF_RESOURCES, "wait");
  cr_expect_not_null(strstr(siam_last_error(), "smaller batch"));
  siam_fail_opencl(-9999, "wait");
  cr_expect_not_null(strstr(siam_last_error(), "-9999"));
}

Test(traits, cpus_take_groups_of_one_and_whole_vector_registers) {
  siam_device_traits traits = {0};
  siam_device_facts facts = {.type = CL_DEVICE_TYPE_CPU,
                             .native_width = 16,
                             .preferred_width = 1,
                             .group_limit = 4096,
                             .item_limit = 4096,
                             .platform = "Intel(R) OpenCL",
                             .vendor = ""};
  siam_traits_derive(&facts, NULL, &traits);
  cr_expect(traits.is_cpu && traits.kept == SIAM_KEPT_BINARY);
  cr_expect_eq(traits.group_size, 1);
  cr_expect_eq(traits.vector_width, 16);
  facts.native_width = 4;
  siam_traits_derive(&facts, "", &traits);
  cr_expect_eq(traits.vector_width, 8);
  siam_traits_derive(&facts, "gpu", &traits);
  cr_expect(!traits.is_cpu);
  cr_expect_eq(traits.group_size, 64);
}

Test(traits, cpus_without_vectors_and_simulators_of_everything_take_groups) {
  siam_device_traits traits = {0};
  siam_device_facts facts = {.type = CL_DEVICE_TYPE_CPU,
                             .native_width = 1,
                             .preferred_width = 1,
                             .group_limit = 1024,
                             .item_limit = 1024,
                             .platform = "rusticl",
                             .vendor = "Mesa"};
  siam_traits_derive(&facts, NULL, &traits);
  cr_expect(!traits.is_cpu);
  cr_expect_eq(traits.group_size, 64);
  cr_expect_eq(traits.vector_width, 1);
  facts.type = CL_DEVICE_TYPE_CPU | CL_DEVICE_TYPE_GPU | CL_DEVICE_TYPE_ACCELERATOR;
  facts.native_width = 16;
  siam_traits_derive(&facts, NULL, &traits);
  cr_expect(!traits.is_cpu);
  siam_traits_derive(&facts, "cpu", &traits);
  cr_expect(traits.is_cpu);
  cr_expect_eq(traits.group_size, 1);
}

Test(traits, other_devices_take_groups_that_fit_them) {
  siam_device_traits traits = {0};
  siam_device_facts facts = {.type = CL_DEVICE_TYPE_GPU,
                             .native_width = 4,
                             .preferred_width = 4,
                             .group_limit = 1024,
                             .item_limit = 1024,
                             .platform = "",
                             .vendor = "NVIDIA Corporation"};
  siam_traits_derive(&facts, NULL, &traits);
  cr_expect(!traits.is_cpu && traits.kept == SIAM_KEPT_NOTHING);
  cr_expect_eq(traits.group_size, 64);
  cr_expect_eq(traits.vector_width, 4);
  facts.item_limit = 48;
  facts.preferred_width = 1;
  siam_traits_derive(&facts, NULL, &traits);
  cr_expect_eq(traits.group_size, 32);
  cr_expect_eq(traits.vector_width, 1);
}
